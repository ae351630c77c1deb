import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  authorizeUrl,
  CALLBACK,
  clientCredentialsForm,
  codeForm,
  type Form,
  get,
  jwtForm,
  obtainCode,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

/** A parameter without a value counts as omitted: RFC 6749 section 3.1 and 3.2. */

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

test('an empty secret of a public app, in the body or by Basic, is none', async (t) => {
  const emulator = await startEmulator(t);
  const { clientId } = appOf(emulator, 'rotating');
  const attempt = async (changes: Form, headers: Record<string, string> = {}) => {
    const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
    return requestToken(emulator, refreshForm(emulator, 'rotating', token, changes), { headers });
  };
  assert.equal((await attempt({ client_secret: '' })).status, 200);
  assert.equal((await attempt({ client_secret: undefined }, basic(`${clientId}:`))).status, 200);
  assert.equal((await attempt({ client_secret: undefined, client_id: '' }, basic(`${clientId}:`))).status, 200);
  const mixed = await attempt({ client_secret: undefined }, basic(`${appOf(emulator, 'web').clientId}:`));
  assert.equal(mixed.body.error, 'invalid_client', 'the key of Basic is that of another app');
  assert.equal((await attempt({ client_secret: undefined }, basic(`${clientId}:wrong`))).body.error, 'invalid_client');
});

test('an app that needs a secret is refused with an empty one', async (t) => {
  const emulator = await startEmulator(t);
  const { clientId } = appOf(emulator, 'clientCredentials');
  const form = clientCredentialsForm(emulator, 'clientCredentials', { client_secret: '' });
  assert.equal((await requestToken(emulator, form, { host: 'mydomain' })).body.error, 'invalid_client');
  const headers = basic(`${clientId}:`);
  const byBasic = await requestToken(emulator, { grant_type: 'client_credentials' }, { host: 'mydomain', headers });
  assert.equal(byBasic.body.error, 'invalid_client');
});

test('an empty secret by Basic leaves the one in the body to decide', async (t) => {
  const emulator = await startEmulator(t);
  const { clientId } = appOf(emulator, 'clientCredentials');
  const attempt = (client_secret: string | undefined) => {
    const changes = client_secret === undefined ? {} : { client_secret };
    const form = clientCredentialsForm(emulator, 'clientCredentials', changes);
    return requestToken(emulator, form, { host: 'mydomain', headers: basic(`${clientId}:`) });
  };
  assert.equal((await attempt(undefined)).status, 200);
  assert.equal((await attempt('wrong')).body.error, 'invalid_client');
});

test('empty scope, redirect_uri, code_verifier and client_assertion at the token endpoint', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  const empty = { scope: '', redirect_uri: '', client_assertion: '', client_assertion_type: '', format: '' };
  assert.equal((await requestToken(emulator, { ...jwtForm(emulator), ...empty })).status, 200);
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'web', token, empty))).status, 200);
  const credentials = clientCredentialsForm(emulator, 'clientCredentials', empty);
  assert.equal((await requestToken(emulator, credentials, { host: 'mydomain' })).status, 200);
  const query = new URLSearchParams({ ...refreshForm(emulator, 'web', token), scope: '' });
  assert.equal((await get(`${emulator.loginUrl}/services/oauth2/token?${query}`)).status, 200, 'by GET too');

  const code = await obtainCode(emulator, 'web');
  const missing = await requestToken(emulator, codeForm(emulator, 'web', code, { redirect_uri: '' }));
  assert.equal(missing.body.error, 'redirect_uri_missing');
  const unproven = await requestToken(emulator, codeForm(emulator, 'web', code, { code_verifier: '' }));
  assert.equal(unproven.body.error, 'invalid_grant', 'the verifier is missing, not wrong');
});

test('at the authorize endpoint too, and an empty state comes back', async (t) => {
  const emulator = await startEmulator(t);
  const changes = { code_challenge: '', code_challenge_method: '', scope: '', nonce: '', prompt: '', state: '' };
  const location = new URL(await signIn(authorizeUrl(emulator, 'web', changes), ADMIN));
  assert.equal(location.searchParams.get('state'), '');
  const code = location.searchParams.get('code') ?? '';
  const { status } = await requestToken(emulator, codeForm(emulator, 'web', code, { code_verifier: '' }));
  assert.equal(status, 200);
  emulator.configureApp('web', { isPkceRequired: true });
  const refused = new URL((await get(authorizeUrl(emulator, 'web', changes))).headers.get('location') ?? '');
  assert.equal(`${refused.origin}${refused.pathname}`, CALLBACK);
  assert.equal(refused.searchParams.get('error_description'), 'missing required code challenge');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type EmulatorConfig } from '../src/index.ts';
import {
  authorizeUrl,
  clientCredentialsForm,
  codeForm,
  get,
  obtainCode,
  post,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

test('a configured description and status: of the natural refusal and of the fault', async (t) => {
  const texts = { A8: 'code_verifier <is> missing', V1: 'no such token', Z7: 'scope?', Z4: 'who?' };
  const errorDescriptions = { ...texts, K5: null, V5: null };
  const errorStatuses = { K5: 401, V5: 401, V1: 410, Z4: 403, Z7: 418 };
  const emulator = await startEmulator(t, { config: { errorDescriptions, errorStatuses } });
  const missing = async () => {
    const form = codeForm(emulator, 'rotating', await obtainCode(emulator, 'rotating'), { code_verifier: undefined });
    const { status, body } = await requestToken(emulator, form);
    return [status, body];
  };
  const expected = [400, { error: 'invalid_grant', error_description: 'code_verifier <is> missing' }];
  assert.deepEqual(await missing(), expected);
  emulator.fault({ match: { path: '/services/oauth2/token' }, action: { row: 'A8' } });
  assert.deepEqual(await missing(), expected);
  assert.equal(emulator.ledger().at(-1)?.description, 'code_verifier <is> missing');

  const wrongSecret = () =>
    requestToken(emulator, clientCredentialsForm(emulator, 'web', { client_secret: 'x' }), { host: 'mydomain' });
  const introspected = () =>
    post(`${emulator.loginUrl}/services/oauth2/introspect`, clientCredentialsForm(emulator, 'web', { client_secret: 'x' }));
  const revoked = () => post(`${emulator.loginUrl}/services/oauth2/revoke`, { token: 'nobody’s' });
  for (const isFault of [false, true]) {
    if (isFault) emulator.fault({ match: { path: '/services/oauth2/*' }, action: { row: 'K5' }, times: 2 });
    for (const ask of [wrongSecret, introspected]) {
      const { status, text } = await ask();
      assert.deepEqual([status, text], [401, '{"error":"invalid_client"}']);
    }
    if (isFault) emulator.fault({ action: { row: 'V1' } });
    const { status, text } = await revoked();
    assert.deepEqual([status, text], [410, 'error=invalid_token&error_description=no+such+token']);
    if (isFault) emulator.fault({ action: { row: 'Z7' } });
    const back = await get(authorizeUrl(emulator, 'web', { scope: 'everything' }));
    const location = new URL(back.headers.get('location') ?? '');
    assert.deepEqual([back.status, location.searchParams.get('error_description')], [302, 'scope?']);
    if (isFault) emulator.fault({ action: { row: 'Z4' } });
    const page = await get(authorizeUrl(emulator, 'web', { client_id: 'nobody' }));
    assert.deepEqual([page.status, page.text.includes('error=invalid_client_id&amp;error_description=who?<')], [403, true]);
  }
});

test('the description of a row is that of its first answer; a variant and an override keep theirs', async (t) => {
  const emulator = await startEmulator(t, { config: { errorDescriptions: { J7: 'not from here' } } });
  const description = async (action: object) => {
    emulator.fault({ action: { row: 'J7', ...action } });
    return (await requestToken(emulator, {})).body.error_description;
  };
  assert.equal(await description({}), 'not from here');
  assert.equal(await description({ variant: 'ip_or_login_hours' }), 'not from here');
  assert.equal(await description({ variant: 'ip' }), 'ip restricted');
  assert.equal(await description({ description: 'mine' }), 'mine');
});

test('natural redirects and pages without a description', async (t) => {
  const emulator = await startEmulator(t, { config: { errorDescriptions: { Z5: null, Z4: null } } });
  const { headers } = await get(authorizeUrl(emulator, 'web', { response_type: 'magic', state: 'a' }));
  assert.match(headers.get('location') ?? '', /\?error=unsupported_response_type&state=a$/);
  assert.match((await get(authorizeUrl(emulator, 'web', { client_id: 'x' }))).text, /<code>error=invalid_client_id<\/code>/);
});

test('wrong rows and values are refused with their place', async () => {
  const refused = (config: unknown, message: RegExp) =>
    assert.rejects(createEmulator({ config: config as EmulatorConfig }), { name: 'TypeError', message });
  await refused({ errorDescriptions: { J19: 'x' } }, /^config\.errorDescriptions\.J19: J19 is no row .*; there are J1 to J18$/);
  await refused({ errorDescriptions: { H1: 'x' } }, /^config\.errorDescriptions\.H1: H1 has no error_description$/);
  await refused({ errorDescriptions: { constructor: 'x' } }, /errorDescriptions\.constructor: constructor is no row/);
  await refused({ errorDescriptions: { A8: '' } }, /^config\.errorDescriptions\.A8: expected a text that is not empty/);
  await refused({ errorStatuses: { A8: 200 } }, /^config\.errorStatuses\.A8: expected an integer from 400 to 599/);
  await refused({ corsOrigins: ['https://app.example/path'] }, /^config\.corsOrigins\[0\]: expected an origin/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientCredentialsForm, INTEGRATION, isAccepted, requestToken, startEmulator } from './emulator-client.ts';

const MY_DOMAIN = { host: 'mydomain' } as const;

test('My Domain answers with a token of the run-as user, its scopes stripped', async (t) => {
  const emulator = await startEmulator(t);
  const { status, body } = await requestToken(emulator, clientCredentialsForm(emulator), MY_DOMAIN);
  assert.equal(status, 200);
  assert.equal(body.scope, 'api id');
  assert.equal('refresh_token' in body, false);
  assert.ok(body.id?.startsWith(`${emulator.loginUrl}/id/`) && body.id.endsWith(emulator.ready.users[1]?.id ?? 'none'));
  assert.ok(await isAccepted(emulator, body.access_token));
});

test('the login host refuses it, and token exchange too', async (t) => {
  const emulator = await startEmulator(t);
  const refused = { error: 'invalid_grant', error_description: 'request not supported on this domain' };
  const { status, body } = await requestToken(emulator, clientCredentialsForm(emulator));
  assert.equal(status, 400);
  assert.deepEqual(body, refused);
  const exchange = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' };
  assert.deepEqual((await requestToken(emulator, exchange)).body, refused);
  assert.equal((await requestToken(emulator, exchange, MY_DOMAIN)).body.error, 'unsupported_grant_type');
});

test('flow off, no run-as user, no scope left', async (t) => {
  const emulator = await startEmulator(t);
  const refusal = async (app: string) =>
    (await requestToken(emulator, clientCredentialsForm(emulator, app), MY_DOMAIN)).body.error_description;
  assert.equal(await refusal('web'), 'client credentials flow not enabled');
  emulator.configureApp('web', { isClientCredentialEnabled: true });
  assert.equal(await refusal('web'), 'no client credentials user enabled');
  emulator.configureApp('clientCredentials', { scopes: ['full', 'web', 'refresh_token'] });
  assert.equal(await refusal('clientCredentials'), 'no valid scopes defined');
  emulator.configureUser(INTEGRATION.username, { isActive: false });
  assert.equal(await refusal('all'), 'no client credentials user enabled');
});

test('a redirect_uri that was sent along must be registered', async (t) => {
  const emulator = await startEmulator(t);
  const form = clientCredentialsForm(emulator, 'clientCredentials', { redirect_uri: 'http://localhost:1717/OauthRedirect' });
  assert.equal((await requestToken(emulator, form, MY_DOMAIN)).body.error, 'redirect_uri_mismatch');
});

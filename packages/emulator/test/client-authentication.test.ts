import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADMIN,
  appOf,
  clientCredentialsForm,
  codeForm,
  type Form,
  obtainCode,
  privateKeyOf,
  refreshForm,
  requestToken,
  signAssertion,
  startEmulator,
} from './emulator-client.ts';

const MY_DOMAIN = { host: 'mydomain' } as const;
const WRONG = { error: 'invalid_client', error_description: 'invalid client credentials' };
const UNKNOWN = { error: 'invalid_client_id', error_description: 'client identifier invalid' };
const basic = (id = '', secret = '') => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });
const percent = (text = '') => text.replaceAll(/[^A-Za-z0-9]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

test('secret in the body: right, wrong, missing', async (t) => {
  const emulator = await startEmulator(t);
  const attempt = (changes: Form) =>
    requestToken(emulator, clientCredentialsForm(emulator, 'clientCredentials', changes), MY_DOMAIN);
  assert.equal((await attempt({})).status, 200);
  for (const secret of ['wrong', '', undefined]) {
    const { status, body } = await attempt({ client_secret: secret });
    assert.equal(status, 400, 'never 401');
    assert.deepEqual(body, WRONG);
  }
  for (const id of ['3MVG9nobody', '', undefined]) assert.deepEqual((await attempt({ client_id: id })).body, UNKNOWN);
});

test('Basic: as it is and form-encoded, with and without client_id in the body', async (t) => {
  const emulator = await startEmulator(t);
  const { clientId, clientSecret } = appOf(emulator, 'clientCredentials');
  const attempt = (headers: Record<string, string>, client_id?: string) =>
    requestToken(emulator, { grant_type: 'client_credentials', client_id }, { ...MY_DOMAIN, headers });
  assert.equal((await attempt(basic(clientId, clientSecret))).status, 200);
  assert.equal((await attempt(basic(percent(clientId), percent(clientSecret)))).status, 200);
  assert.equal((await attempt(basic(clientId, clientSecret), clientId)).status, 200);
  assert.deepEqual((await attempt(basic(clientId, 'wrong'))).body, WRONG);
  assert.deepEqual((await attempt(basic(appOf(emulator, 'all').clientId, clientSecret), clientId)).body, WRONG);
  assert.deepEqual((await attempt(basic('3MVG9nobody', clientSecret))).body, UNKNOWN);
  for (const authorization of ['Basic', 'Basic !', 'Basic bm9jb2xvbg==', 'basic Onh4']) {
    assert.equal((await attempt({ authorization })).body.error, 'invalid_basic_auth_header', authorization);
  }
});

test('a public app needs no secret, and a wrong one that is sent is refused all the same', async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'rotating');
  const wrong = await requestToken(emulator, codeForm(emulator, 'rotating', code, { client_secret: 'wrong' }));
  assert.deepEqual(wrong.body, WRONG);
  assert.equal((await requestToken(emulator, codeForm(emulator, 'rotating', code))).status, 200);
  const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  const refused = await requestToken(emulator, refreshForm(emulator, 'rotating', token, { client_secret: 'wrong' }));
  assert.deepEqual(refused.body, WRONG);
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'rotating', token))).status, 200);
});

test('the secret can be optional for codes and required for refreshing', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { isConsumerSecretOptional: true });
  const code = await obtainCode(emulator, 'web');
  const { status, body } = await requestToken(emulator, codeForm(emulator, 'web', code, { client_secret: undefined }));
  assert.equal(status, 200);
  const form = refreshForm(emulator, 'web', body.refresh_token ?? '', { client_secret: undefined });
  assert.deepEqual((await requestToken(emulator, form)).body, WRONG);
  emulator.configureApp('web', { isSecretRequiredForRefreshToken: false });
  assert.equal((await requestToken(emulator, form)).status, 200);
});

test('private_key_jwt', async (t) => {
  const emulator = await startEmulator(t);
  const app = appOf(emulator, 'all');
  const key = privateKeyOf(app);
  const claims = { iss: app.clientId, sub: app.clientId, aud: emulator.myDomainUrl, exp: Math.floor(Date.now() / 1000) + 60 };
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const attempt = (changes: object, form: Form = {}) =>
    requestToken(
      emulator,
      {
        grant_type: 'client_credentials',
        client_assertion_type: type,
        client_assertion: signAssertion({ ...claims, ...changes }, key),
        ...form,
      },
      MY_DOMAIN,
    );
  for (const aud of [emulator.myDomainUrl, `${emulator.myDomainUrl}/services/oauth2/token`, [emulator.loginUrl]]) {
    assert.equal((await attempt({ aud })).status, 200);
  }
  assert.equal((await attempt({}, { client_id: app.clientId })).status, 200);
  assert.deepEqual((await attempt({ aud: 'https://elsewhere.example' })).body, WRONG);
  assert.deepEqual((await attempt({ sub: 'somebody' })).body, WRONG);
  assert.deepEqual((await attempt({ exp: claims.exp - 400 })).body, WRONG);
  assert.deepEqual((await attempt({}, { client_assertion_type: 'jwt' })).body, WRONG);
  assert.deepEqual((await attempt({ iss: appOf(emulator, 'web').clientId })).body, WRONG, 'no certificate');
  assert.deepEqual((await attempt({}, { client_assertion: 'not.a.jwt' })).body, UNKNOWN);
});

test('an app is unknown until its propagation delay is over', async (t) => {
  const apps = {
    fresh: {
      scopes: ['api'],
      isClientCredentialEnabled: true,
      oauthClientCredentialUser: ADMIN.username,
      propagationDelaySeconds: 600,
    },
  };
  const emulator = await startEmulator(t, { config: { apps } });
  const attempt = () => requestToken(emulator, clientCredentialsForm(emulator, 'fresh'), MY_DOMAIN);
  assert.deepEqual((await attempt()).body, UNKNOWN);
  emulator.advanceClock(601);
  assert.equal((await attempt()).status, 200);
});

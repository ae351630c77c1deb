import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADMIN,
  appOf,
  authorizeUrl,
  clientCredentialsForm,
  get,
  jwtForm,
  obtainTokens,
  post,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

test('each request to either host is one line, in order, with names of parameters and no values', async (t) => {
  const emulator = await startEmulator(t);
  const started = Date.now();
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  const bearer = { authorization: `Bearer ${body.access_token}`, 'user-agent': 'a-client/1.0' };
  await get(`${emulator.myDomainUrl}//services/data/v66.0/query?columns=true&q=SELECT%20Id+FROM%20Account`, bearer);
  await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { authorization: 'Basic dXNlcjpwYXNz' });
  await get(`${emulator.controlUrl}/_emulator/requests`);
  const [, query, limits, ...more] = emulator.requests();
  assert.deepEqual(more, [], 'the control interface is not logged');
  const { startedAtMs = 0, ...rest } = query ?? {};
  assert.ok(startedAtMs >= started && startedAtMs <= Date.now() + 1);
  assert.deepEqual(rest, {
    seq: 2,
    host: 'mydomain',
    method: 'GET',
    path: '//services/data/v66.0/query',
    parameters: ['columns', 'q'],
    soql: 'SELECT Id FROM Account',
    authorization: 'Bearer',
    userAgent: 'a-client/1.0',
    status: 200,
  });
  assert.deepEqual([limits?.status, limits?.authorization, limits?.soql], [401, 'Basic', null]);
  const overHttp = await get(`${emulator.controlUrl}/_emulator/requests?after=2`);
  assert.deepEqual(JSON.parse(overHttp.text), [limits]);
});

test('no token, code, secret, password or assertion gets into it, wherever a client puts it', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: access = '', refresh_token: refresh = '' } = await obtainTokens(emulator, 'web');
  const jwt = jwtForm(emulator);
  await requestToken(emulator, jwt);
  await requestToken(emulator, refreshForm(emulator, 'web', refresh));
  const id = `${emulator.myDomainUrl}/services/oauth2/userinfo`;
  await get(`${id}?oauth_token=${access}&format=json`);
  await get(`${id}?${access}`);
  await get(`${id}?${refresh}=1`);
  await get(id, { authorization: access });
  await post(`${emulator.loginUrl}/services/oauth2/revoke?token=${refresh}`, { token: access, [access]: '' });
  const body = refresh;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  await fetch(`${emulator.loginUrl}/services/oauth2/token`, { method: 'POST', headers, body });
  const text = JSON.stringify(emulator.requests());
  const { clientSecret = '' } = appOf(emulator, 'web');
  for (const secret of [access, refresh, jwt['assertion'] ?? '', clientSecret, ADMIN.password]) {
    assert.ok(secret.length > 10);
    assert.equal(text.includes(secret), false);
  }
  const names = emulator.requests().map(({ path, parameters }) => `${path} ${parameters.join(' ')}`);
  assert.deepEqual(names.slice(3), [
    '/services/oauth2/token grant_type code redirect_uri client_id client_secret code_verifier',
    '/services/oauth2/token grant_type assertion',
    '/services/oauth2/token grant_type refresh_token client_id client_secret',
    '/services/oauth2/userinfo oauth_token format',
    '/services/oauth2/userinfo …',
    '/services/oauth2/userinfo …',
    '/services/oauth2/userinfo ',
    '/services/oauth2/revoke token token …',
    '/services/oauth2/token …',
  ]);
  assert.equal(emulator.requests().at(-3)?.authorization, '…');
});

test('a request without an answer has no status; a page of the login has one', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ match: { path: '/id/keys' }, action: { dropBefore: true } });
  await assert.rejects(get(`${emulator.loginUrl}/id/keys`));
  await get(authorizeUrl(emulator, 'web'));
  assert.deepEqual(
    emulator.requests().map(({ status }) => status),
    [null, 200],
  );
});

test('it remembers so many as the configuration says and none from before a reset, long texts cut', async (t) => {
  const emulator = await startEmulator(t, { config: { requestLogLimit: 3 } });
  for (let round = 0; round < 8; round++) await get(`${emulator.loginUrl}/id/keys?round=${round}`);
  assert.deepEqual(
    emulator.requests().map(({ seq }) => seq),
    [6, 7, 8],
  );
  const many = Array.from({ length: 90 }, (_, index) => `p${'x'.repeat(index % 9)}=1`).join('&');
  await get(`${emulator.loginUrl}/${'x'.repeat(5000)}?${many}`);
  const entry = emulator.requests().at(-1);
  assert.deepEqual([entry?.path.length, entry?.parameters.length], [2000, 50]);
  emulator.reset();
  await get(`${emulator.loginUrl}/id/keys`);
  assert.deepEqual(
    emulator.requests().map(({ seq }) => seq),
    [1],
    'a reset forgets them',
  );
  const none = await startEmulator(t, { config: { requestLogLimit: 0 } });
  await get(`${none.loginUrl}/id/keys`);
  assert.deepEqual(none.requests(), []);
});

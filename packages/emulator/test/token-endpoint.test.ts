import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ADMIN,
  appOf,
  clientCredentialsForm,
  get,
  isAccepted,
  JWT_BEARER,
  jwtForm,
  post,
  refreshForm,
  reply,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

test('GET and POST are taken, other methods are not; a doubled slash is normalised', async (t) => {
  const emulator = await startEmulator(t);
  const query = new URLSearchParams(Object.entries(clientCredentialsForm(emulator)).map(([k, v]) => [k, v ?? '']));
  const url = `${emulator.myDomainUrl}/services/oauth2/token`;
  assert.equal((await get(`${url}?${query}`)).status, 200);
  assert.equal((await post(`${emulator.myDomainUrl}//services/oauth2/token`, clientCredentialsForm(emulator))).status, 200);
  const put = await reply(await fetch(url, { method: 'PUT', body: query }));
  assert.equal(put.status, 400);
  assert.deepEqual(put.body, { error: 'invalid_request', error_description: 'must use HTTP POST' });
});

test('unknown, missing and misplaced grant types', async (t) => {
  const emulator = await startEmulator(t);
  const url = `${emulator.loginUrl}/services/oauth2/token`;
  const json = await reply(
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"grant_type":"refresh_token"}' }),
  );
  const almostForm = await post(url, { grant_type: 'refresh_token' }, { 'content-type': 'application/x-www-form-urlencoded2' });
  const inQuery = await post(`${url}?grant_type=refresh_token`, {});
  for (const { status, body } of [json, almostForm, inQuery, await post(url, {}), await post(url, { grant_type: 'implicit' })]) {
    assert.equal(status, 400);
    assert.deepEqual(body, { error: 'unsupported_grant_type', error_description: 'grant type not supported' });
  }
  const password = await post(url, { grant_type: 'password', username: 'a', password: 'b' });
  assert.deepEqual(password.body, { error: 'invalid_grant', error_description: 'authentication failure' });
});

test('scope is not supported, whatever the grant', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  const forms = [clientCredentialsForm(emulator), jwtForm(emulator), refreshForm(emulator, 'web', token)];
  for (const form of [...forms, { grant_type: 'authorization_code' }]) {
    const { body } = await requestToken(emulator, { ...form, scope: 'api' }, { host: 'mydomain' });
    assert.deepEqual(body, { error: 'invalid_request', error_description: 'scope parameter not supported' });
  }
});

test('every answer sets the cookie BrowserId', async (t) => {
  const emulator = await startEmulator(t);
  for (const form of [jwtForm(emulator), {}]) {
    const { headers } = await requestToken(emulator, form);
    assert.match(headers.get('set-cookie') ?? '', /^BrowserId=[\w.]{22}; path=\/; Max-Age=31536000$/);
  }
});

test('format beats Accept: json, urlencoded, xml', async (t) => {
  const emulator = await startEmulator(t);
  const attempt = (format: string | undefined, accept?: string) =>
    requestToken(
      emulator,
      { ...clientCredentialsForm(emulator), format },
      {
        host: 'mydomain',
        headers: accept === undefined ? {} : { accept },
      },
    );
  const urlencoded = await attempt('urlencoded', 'application/json');
  assert.match(urlencoded.headers.get('content-type') ?? '', /^application\/x-www-form-urlencoded/);
  assert.ok(await isAccepted(emulator, new URLSearchParams(urlencoded.text).get('access_token') ?? ''));
  const xml = await attempt('xml');
  assert.match(xml.text, /^<\?xml version="1.0" encoding="UTF-8"\?><OAuth><access_token>00D.*<\/issued_at><\/OAuth>$/);
  assert.match((await attempt(undefined, 'application/x-www-form-urlencoded')).text, /^access_token=/);
  assert.match((await attempt(undefined, 'text/xml')).text, /^<\?xml/);
  assert.equal((await attempt('json', 'text/xml')).body.token_type, 'Bearer');
  assert.equal((await attempt(undefined)).body.token_type, 'Bearer');
});

test('switches of the org: login limit, My Domain required, host of the identity URL', async (t) => {
  const emulator = await startEmulator(t, { config: { switches: { loginLimitPerHour: 2 } } });
  const attempt = () => requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  assert.deepEqual([(await attempt()).status, (await attempt()).status], [200, 200]);
  assert.deepEqual((await attempt()).body, { error: 'rate_limit_exceeded', error_description: 'login rate exceeded' });
  emulator.advanceClock(3600);
  assert.equal((await attempt()).status, 200);

  emulator.setSwitches({ loginLimitPerHour: 0, myDomainRequired: true, identityHost: 'mydomain' });
  const refused = await requestToken(emulator, jwtForm(emulator, 'jwt', { exp: Math.floor(Date.now() / 1000) + 7200 }));
  assert.equal(refused.body.error_description, 'request not supported on this domain');
  assert.ok((await attempt()).body.id?.startsWith(`${emulator.myDomainUrl}/id/`));
});

test('a body over the limit is refused', async (t) => {
  const emulator = await startEmulator(t);
  const { status } = await requestToken(emulator, { grant_type: 'x'.repeat(300_000) });
  assert.equal(status, 413);
});

test('arbitrary bodies get 400 or 200, never 401, 500 or silence', async (t) => {
  const emulator = await startEmulator(t);
  const [refreshToken = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  const { clientId, clientSecret = '' } = appOf(emulator, 'all');
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(clientId, clientSecret, refreshToken, '__proto__', 'a.b.c', 'e30.e30.e30', 'null', '-1'),
  );
  const grantType = fc.constantFrom('authorization_code', 'refresh_token', 'client_credentials', JWT_BEARER);
  const names = [
    'code',
    'refresh_token',
    'client_id',
    'client_secret',
    'redirect_uri',
    'assertion',
    'client_assertion',
    'format',
    'code_verifier',
  ];
  const form = fc
    .tuple(
      fc.oneof({ weight: 4, arbitrary: grantType }, text),
      fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), text), text), { maxLength: 8 }),
    )
    .map(([type, pairs]) => new URLSearchParams([['grant_type', type], ...pairs]).toString());
  const headers = fc.record(
    {
      'content-type': fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'text/plain', 'x'),
      authorization: fc.oneof(
        fc.constantFrom(
          'Basic',
          'Basic %%%',
          'Bearer x',
          'basic Og==',
          `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        ),
        fc.base64String().map((value) => `Basic ${value}`),
      ),
    },
    { requiredKeys: ['content-type'] },
  );
  const raw = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: form }, raw), headers, fc.boolean(), async (body, head, onLogin) => {
      const url = `${onLogin ? emulator.loginUrl : emulator.myDomainUrl}/services/oauth2/token`;
      const response = await fetch(url, { method: 'POST', body, headers: head });
      const answer = await response.text();
      assert.ok(response.status === 400 || response.status === 200, `${response.status} ${answer}`);
      assert.notEqual(answer, '');
    }),
    { numRuns: 500 },
  );
  const unfinished = emulator.ledger().filter(({ status }) => status !== 200 && status !== 400);
  assert.deepEqual(unfinished, []);
});

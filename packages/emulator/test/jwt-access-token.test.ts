import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Emulator } from '../src/index.ts';
import {
  appOf,
  clientCredentialsForm,
  get,
  isAccepted,
  jwtForm,
  obtainTokens,
  post,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const keysOf = (emulator: Emulator) => createRemoteJWKSet(new URL(`${emulator.myDomainUrl}/id/keys`), { cooldownDuration: 0 });

async function jwtAccessToken(emulator: Emulator): Promise<Record<string, string>> {
  const { body, text } = await requestToken(emulator, jwtForm(emulator));
  assert.match(body.access_token ?? '', /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, text);
  return body;
}

test('an app with JWT access tokens gets them from every grant, with the payload of Salesforce and a key at /id/keys', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('jwt', { isNamedUserJwtEnabled: true, namedUserJwtTimeoutMinutes: 5 });
  const tokens = await jwtAccessToken(emulator);
  assert.equal(tokens.token_format, 'jwt');
  assert.equal(tokens.api_instance_url, emulator.myDomainUrl);
  assert.equal('expires_in' in tokens, false);
  const { payload, protectedHeader } = await jwtVerify(tokens.access_token ?? '', keysOf(emulator), {
    issuer: emulator.myDomainUrl,
    audience: emulator.myDomainUrl,
  });
  const organization = emulator.ready.org.id;
  assert.match(protectedHeader.kid ?? '', new RegExp(`^CORE_ATJWT\\.${organization.slice(0, 15)}\\.\\d+$`));
  assert.equal(protectedHeader.tnk, `core/emu1/${organization}`);
  assert.deepEqual(
    [protectedHeader.alg, protectedHeader.typ, protectedHeader.ver, protectedHeader.tty],
    ['RS256', 'JWT', '1.0', 'sfdc-core-token'],
  );
  const integration = emulator.ready.users[1];
  const issuedAt = Math.floor(Number(tokens.issued_at) / 1000);
  const { sfi, ...rest } = payload;
  assert.equal(typeof sfi, 'string');
  assert.deepEqual(rest, {
    iss: emulator.myDomainUrl,
    aud: [emulator.myDomainUrl],
    sub: `uid:${integration?.id}`,
    client_id: appOf(emulator, 'jwt').clientId,
    scp: 'api refresh_token',
    iat: issuedAt,
    nbf: issuedAt - 15,
    exp: issuedAt + 300,
    mty: 'oauth',
    roles: [],
    hsc: false,
  });

  emulator.configureApp('clientCredentials', { isNamedUserJwtEnabled: true });
  const second = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  const verified = await jwtVerify(second.body.access_token ?? '', keysOf(emulator));
  assert.equal((verified.payload.exp ?? 0) - (verified.payload.iat ?? 0), 7200, 'no timeout of its own: the session timeout');
});

test('iat of a JWT access token is issued_at of its answer, however long the key takes', async (t) => {
  let nowMs = 1_795_000_000_900;
  // Every look at the clock takes 200 ms.
  const emulator = await startEmulator(t, { clock: () => (nowMs += 200) });
  emulator.configureApp('clientCredentials', { isNamedUserJwtEnabled: true });
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  assert.equal(decodeJwt(body.access_token ?? '').iat, Math.floor(Number(body.issued_at) / 1000));
});

test('two JWT access tokens of the same second are different tokens', async (t) => {
  const emulator = await startEmulator(t, { clock: () => 1_795_000_000_000 });
  emulator.configureApp('clientCredentials', { isNamedUserJwtEnabled: true });
  const ask = () => requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  const [first, second] = await Promise.all([ask(), ask()]);
  assert.notEqual(first.body.access_token, second.body.access_token);
});

test('a JWT access token ends at its exp, however often it is used', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('jwt', { isNamedUserJwtEnabled: true, namedUserJwtTimeoutMinutes: 10 });
  const { access_token: token } = await jwtAccessToken(emulator);
  emulator.advanceClock(360);
  assert.equal(await isAccepted(emulator, token), true);
  emulator.advanceClock(239);
  assert.equal(await isAccepted(emulator, token), true);
  emulator.advanceClock(1);
  assert.equal(await isAccepted(emulator, token), false);
});

test('a JWT access token can be introspected and revoked, and does not open a browser session', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { isNamedUserJwtEnabled: true });
  const { access_token: token = '' } = await obtainTokens(emulator, 'web');
  const { clientId, clientSecret } = appOf(emulator, 'web');
  const introspect = () =>
    post(`${emulator.myDomainUrl}/services/oauth2/introspect`, { token, client_id: clientId, client_secret: clientSecret });
  assert.equal(String((await introspect()).body.active), 'true');
  const single = await get(`${emulator.myDomainUrl}/services/oauth2/singleaccess`, { authorization: `Bearer ${token}` });
  assert.equal(single.status, 403);
  assert.equal((await post(`${emulator.myDomainUrl}/services/oauth2/revoke`, { token })).status, 200);
  assert.equal(await isAccepted(emulator, token), false);
  assert.equal(String((await introspect()).body.active), 'false');
});

test('keys rotate: tokens of before still verify, later ones name a new key', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('jwt', { isNamedUserJwtEnabled: true });
  const keyIds = async () => {
    const { keys } = JSON.parse((await get(`${emulator.loginUrl}/id/keys`)).text);
    return keys.map((key: { kid: string; kty: string; alg: string; use: string }) => {
      assert.deepEqual([key.kty, key.alg, key.use], ['RSA', 'RS256', 'sig']);
      return key.kid;
    });
  };
  const idToken = async () => (await obtainTokens(emulator, 'web')).id_token ?? '';
  const before = { access: (await jwtAccessToken(emulator)).access_token ?? '', id: await idToken() };
  assert.equal((await keyIds()).length, 2);
  emulator.rotateSigningKeys();
  const after = { access: (await jwtAccessToken(emulator)).access_token ?? '', id: await idToken() };
  assert.equal(new Set(await keyIds()).size, 4);
  const kinds = [before.access, before.id, after.access, after.id].map((token) => decodeProtectedHeader(token).kid);
  assert.equal(new Set(kinds).size, 4, 'four tokens, four keys');
  for (const token of [before.access, before.id, after.access, after.id]) await jwtVerify(token, keysOf(emulator));
  for (let round = 0; round < 5; round++) emulator.rotateSigningKeys();
  assert.equal((await keyIds()).length, 6, 'three of each purpose are kept');
  await assert.rejects(jwtVerify(before.access, keysOf(emulator)), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

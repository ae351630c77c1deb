import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  clientCredentialsForm,
  type Form,
  get,
  isAccepted,
  obtainTokens,
  post,
  refreshForm,
  reply,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const INACTIVE = { active: false };
const introspect = (emulator: Emulator, app: string, form: Form) => {
  const { clientId, clientSecret } = appOf(emulator, app);
  return post(`${emulator.myDomainUrl}/services/oauth2/introspect`, {
    client_id: clientId,
    client_secret: clientSecret,
    ...form,
  });
};
const revoke = (emulator: Emulator, form: Form, headers?: Record<string, string>) =>
  post(`${emulator.myDomainUrl}/services/oauth2/revoke`, form, headers);

test('introspection tells an app about its own tokens, in seconds', async (t) => {
  const emulator = await startEmulator(t);
  const tokens = await obtainTokens(emulator, 'web');
  const access = await introspect(emulator, 'web', { token: tokens.access_token, token_type_hint: 'access_token' });
  const issuedAt = Math.floor(Number(tokens.issued_at) / 1000);
  assert.deepEqual(access.body, {
    active: true,
    scope: tokens.scope,
    client_id: appOf(emulator, 'web').clientId,
    username: ADMIN.username,
    sub: tokens.id,
    token_type: 'access_token',
    exp: Math.floor(Number(tokens.issued_at) / 1000 + 7200),
    iat: issuedAt,
    nbf: issuedAt,
  });
  const refresh = await introspect(emulator, 'web', { token: tokens.refresh_token });
  assert.equal(refresh.body.token_type, 'refresh_token');
  assert.equal('exp' in refresh.body, false);
});

test("introspection: other apps' tokens, dead ones and unknown ones are inactive", async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token = '', refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'web');
  assert.deepEqual((await introspect(emulator, 'all', { token })).body, INACTIVE);
  assert.deepEqual((await introspect(emulator, 'all', { token: refreshToken })).body, INACTIVE);
  emulator.configureApp('all', { isIntrospectAllTokens: true });
  assert.equal((await introspect(emulator, 'all', { token })).body.active, true);
  assert.deepEqual((await introspect(emulator, 'web', { token: 'unknown' })).body, INACTIVE);
  emulator.advanceClock(7201);
  assert.deepEqual((await introspect(emulator, 'web', { token })).body, INACTIVE);
  emulator.revoke({ token: refreshToken });
  assert.deepEqual((await introspect(emulator, 'web', { token: refreshToken })).body, INACTIVE);
});

test('introspection needs a client that shows who it is; the switch hides living tokens', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token } = await obtainTokens(emulator, 'web');
  const wrong = await introspect(emulator, 'web', { token, client_secret: 'wrong' });
  assert.deepEqual([wrong.status, wrong.body.error], [400, 'invalid_client']);
  assert.equal((await introspect(emulator, 'rotating', { token })).body.error, 'invalid_client');
  assert.equal((await introspect(emulator, 'web', {})).body.error, 'invalid_request');
  emulator.setSwitches({ introspectionAlwaysInactive: true });
  assert.deepEqual((await introspect(emulator, 'web', { token })).body, INACTIVE);
  assert.ok(await isAccepted(emulator, token));
});

test('revoking a refresh token kills its access tokens; revoking an access token only that', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: first = '', refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'web');
  const { access_token: second = '' } = (await requestToken(emulator, refreshForm(emulator, 'web', refreshToken))).body;
  const one = await revoke(emulator, { token: first });
  assert.deepEqual([one.status, one.text], [200, '']);
  assert.deepEqual([await isAccepted(emulator, first), await isAccepted(emulator, second)], [false, true]);
  assert.equal((await get(`${emulator.loginUrl}/services/oauth2/revoke?token=${refreshToken}`)).status, 200);
  assert.equal(await isAccepted(emulator, second), false);
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'web', refreshToken))).status, 400);
});

test("revoking what isn't there is an error: form-encoded, JSON by Accept, JSONP by callback", async (t) => {
  const emulator = await startEmulator(t);
  const plain = await revoke(emulator, { token: 'unknown' });
  assert.equal(plain.status, 400);
  assert.equal(plain.text, 'error=invalid_token&error_description=invalid+token');
  assert.equal((await revoke(emulator, { token: 'unknown' }, { accept: 'application/json' })).body.error, 'invalid_token');
  assert.equal((await revoke(emulator, {})).status, 400);
  const url = `${emulator.loginUrl}/services/oauth2/revoke`;
  assert.equal(
    (await get(`${url}?token=unknown&callback=done`)).text,
    'done({"error":"invalid_token","error_description":"invalid token"})',
  );
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  assert.equal((await get(`${url}?token=${token}&callback=a.b$_1`)).text, 'a.b$_1({})');
  assert.match((await get(`${url}?token=unknown&callback=alert(1)`)).text, /^error=/, 'no script but a name');
});

test('a session ends after its timeout, and use in the second half begins it anew', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { sessionTimeoutMinutes: 30 });
  const early = (await obtainTokens(emulator, 'web')).access_token;
  const late = (await obtainTokens(emulator, 'web')).access_token;
  emulator.advanceClock(14 * 60);
  assert.ok(await isAccepted(emulator, early), 'use in the first half changes nothing');
  emulator.advanceClock(2 * 60);
  assert.ok(await isAccepted(emulator, late), 'use at minute 16 extends to minute 46');
  emulator.advanceClock(15 * 60);
  assert.deepEqual([await isAccepted(emulator, early), await isAccepted(emulator, late)], [false, true]);
  emulator.setSwitches({ extendSessions: false });
  emulator.advanceClock(14 * 60);
  assert.ok(await isAccepted(emulator, late));
  emulator.advanceClock(60 * 60);
  assert.equal(await isAccepted(emulator, late), false);
});

test('userinfo and identity describe the user to a living token', async (t) => {
  const emulator = await startEmulator(t);
  const tokens = await obtainTokens(emulator, 'web');
  const bearer = { authorization: `Bearer ${tokens.access_token}` };
  const userinfo = await get(`${emulator.loginUrl}/services/oauth2/userinfo`, bearer);
  const { sub, user_id, organization_id, preferred_username, email_verified } = userinfo.body;
  assert.deepEqual(
    [sub, user_id, organization_id, preferred_username, email_verified],
    [tokens.id, emulator.ready.users[0]?.id, emulator.ready.org.id, ADMIN.username, true],
  );
  assert.ok(userinfo.text.includes(`${emulator.myDomainUrl}/services/data/v{version}/query/`));
  const posted = await reply(await fetch(`${emulator.loginUrl}/services/oauth2/userinfo`, { method: 'POST', headers: bearer }));
  assert.equal(posted.body.sub, tokens.id);

  const identity = await get(`${tokens.id}?format=json&version=latest&oauth_token=${tokens.access_token}`);
  assert.equal(identity.body.username, ADMIN.username);
  assert.ok(identity.text.includes('/services/data/v67.0/sobjects/'));
  const xml = await get(`${tokens.id}?format=xml`, bearer);
  assert.match(xml.text, new RegExp(`<username>${ADMIN.username}</username>`));
  const odd = await get(`${tokens.id}?format=xml&version=%00%ef%bf%bf`, bearer);
  assert.equal(odd.text, xml.text, 'a version that is none changes nothing: XML has no place for some characters');
});

test('userinfo and identity answer 403 and one word to other tokens', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token, id = '' } = await obtainTokens(emulator, 'web');
  const [, org = ''] = /\/id\/(\w+)\/\w+$/.exec(id) ?? [];
  const bearer = (value: string | undefined) => ({ authorization: `Bearer ${value}` });
  const answers = [
    [`${emulator.loginUrl}/services/oauth2/userinfo`, bearer('wrong'), 'Bad_OAuth_Token'],
    [`${emulator.loginUrl}/services/oauth2/userinfo`, undefined, 'Missing_OAuth_Token'],
    [id, bearer('wrong'), 'Bad_OAuth_Token'],
    [id, undefined, 'Missing_OAuth_Token'],
    [id.replace(org, '00D000000000XXXEAA'), bearer(token), 'Wrong_Org'],
  ] as const;
  for (const [url, headers, word] of answers) {
    const { status, text, headers: got } = await get(url, headers);
    assert.deepEqual([status, text, got.get('content-type')], [403, word, 'text/plain;charset=UTF-8']);
  }
  assert.equal((await get(id.replace(org, org.slice(0, 15)), bearer(token))).status, 200, '15 characters name the org too');
});

test('discovery and keys: the issuer is the host that was asked', async (t) => {
  const emulator = await startEmulator(t);
  for (const origin of [emulator.loginUrl, emulator.myDomainUrl]) {
    const { body } = await get(`${origin}/.well-known/openid-configuration`);
    assert.equal(body.issuer, origin);
    for (const name of ['authorization', 'token', 'revocation', 'introspection', 'userinfo']) {
      assert.ok(body[`${name}_endpoint`]?.startsWith(`${origin}/services/oauth2/`));
    }
    const keys: { keys: Record<string, string>[] } = JSON.parse((await get(body.jwks_uri ?? '')).text);
    assert.deepEqual(Object.keys(keys.keys[0] ?? {}), ['kty', 'alg', 'use', 'kid', 'n', 'e']);
  }
});

test('a token of a grant that needs no browser ends with its session', async (t) => {
  const emulator = await startEmulator(t, { config: { org: { sessionTimeoutSeconds: 900 } } });
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  emulator.advanceClock(899);
  assert.ok(await isAccepted(emulator, body.access_token));
  emulator.advanceClock(901);
  assert.equal(await isAccepted(emulator, body.access_token), false);
});

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  ADMIN,
  appOf,
  assertionClaims,
  INTEGRATION,
  isAccepted,
  JWT_BEARER,
  jwtForm,
  obtainTokens,
  privateKeyOf,
  requestToken,
  signAssertion,
  startEmulator,
} from './emulator-client.ts';

const now = (): number => Math.floor(Date.now() / 1000);

test('an assertion is exchanged on either host; the answer has no refresh token', async (t) => {
  const emulator = await startEmulator(t);
  for (const host of ['login', 'mydomain'] as const) {
    const { status, body } = await requestToken(emulator, jwtForm(emulator), { host });
    assert.equal(status, 200);
    assert.equal('refresh_token' in body, false);
    assert.equal(body.scope, 'api refresh_token');
    assert.ok(await isAccepted(emulator, body.access_token));
  }
});

test("audiences: both origins, Salesforce's login host, configured ones, each with or without a slash; nothing else", async (t) => {
  const site = 'https://emulator.my.site.com/customers';
  const emulator = await startEmulator(t, { config: { audiences: [site] } });
  const { loginUrl, myDomainUrl } = emulator;
  const accepted = [loginUrl, myDomainUrl, 'https://login.salesforce.com', site];
  for (const aud of accepted.flatMap((one) => [one, `${one}/`])) {
    assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { aud }))).status, 200, aud);
  }
  for (const aud of [
    'https://test.salesforce.com',
    'https://emulator.lightning.force.com',
    `${loginUrl}//`,
    '',
    undefined,
    7,
    [loginUrl],
  ]) {
    const { status, body } = await requestToken(emulator, jwtForm(emulator, 'jwt', { aud }));
    assert.equal(status, 400);
    assert.deepEqual(body, { error: 'invalid_grant', error_description: 'audience is invalid' });
  }
  emulator.setSwitches({ acceptAudienceArray: true });
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { aud: [loginUrl] }))).status, 200);
});

test('a sandbox takes the audience test.salesforce.com, and not login.salesforce.com', async (t) => {
  const emulator = await startEmulator(t, { config: { org: { isSandbox: true } } });
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { aud: 'https://test.salesforce.com' }))).status, 200);
  const { body } = await requestToken(emulator, jwtForm(emulator, 'jwt', { aud: 'https://login.salesforce.com' }));
  assert.equal(body.error_description, 'audience is invalid');
});

test('exp: number, text and milliseconds are taken; three minutes of tolerance; later it is expired', async (t) => {
  const emulator = await startEmulator(t);
  for (const exp of [now() + 60, String(now() + 60), Date.now() + 300, now() + 10 * 365 * 86_400, now() - 170]) {
    assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { exp }))).status, 200, String(exp));
  }
  for (const exp of [now() - 190, String(now() - 190), 0]) {
    const { body } = await requestToken(emulator, jwtForm(emulator, 'jwt', { exp }));
    assert.deepEqual(body, { error: 'invalid_grant', error_description: 'expired authorization code' });
  }
  for (const exp of [undefined, 'soon', null, {}, '0x10']) {
    const { body } = await requestToken(emulator, jwtForm(emulator, 'jwt', { exp }));
    assert.equal(body.error_description, "Failed: : Couldn't validate jwt token");
  }
  emulator.setSwitches({ maxAssertionLifetimeSeconds: 180 });
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { exp: now() + 350 }))).status, 200);
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { exp: now() + 370 }))).status, 400);
});

test("the emulator's clock decides, not the machine's", async (t) => {
  const emulator = await startEmulator(t);
  emulator.advanceClock(600);
  const { body } = await requestToken(emulator, jwtForm(emulator, 'jwt', { exp: now() + 120 }));
  assert.equal(body.error_description, 'expired authorization code');
});

test('prn wins over sub; usernames know no case', async (t) => {
  const emulator = await startEmulator(t);
  const changes = { prn: ADMIN.username.toUpperCase(), sub: INTEGRATION.username };
  const { body } = await requestToken(emulator, jwtForm(emulator, 'jwt', changes));
  assert.ok(body.id?.endsWith(emulator.ready.users[0]?.id ?? 'none'));
});

test('signature: another key, another algorithm, and no JWT at all are invalid assertions', async (t) => {
  const emulator = await startEmulator(t);
  const key = privateKeyOf(appOf(emulator, 'jwt'));
  const claims = assertionClaims(emulator, 'jwt');
  const { privateKey: otherKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const good = signAssertion(claims, key);
  const assertions = [
    signAssertion(claims, otherKey),
    signAssertion(claims, key, { alg: 'RS384' }),
    signAssertion(claims, key, { alg: 'none' }),
    signAssertion(claims, key, { alg: 'RS256', crit: ['synthetic'], synthetic: true }),
    signAssertion(claims, key, {}),
    `${good}x.y`,
    good.slice(0, good.lastIndexOf('.')),
    good.replace('.', '..'),
    good.replace('.', '='),
    '',
    undefined,
  ];
  for (const assertion of assertions) {
    const { status, body } = await requestToken(emulator, { grant_type: JWT_BEARER, assertion });
    assert.equal(status, 400);
    assert.deepEqual(body, { error: 'invalid_grant', error_description: 'invalid assertion' }, assertion);
  }
});

test('unknown issuer, unknown user, inactive user', async (t) => {
  const emulator = await startEmulator(t);
  const refusal = async (changes: object) => (await requestToken(emulator, jwtForm(emulator, 'jwt', changes))).body;
  assert.deepEqual(await refusal({ iss: '3MVG9nobody' }), {
    error: 'invalid_client_id',
    error_description: 'client identifier invalid',
  });
  for (const sub of ['nobody@emulator.example', undefined, 7]) {
    assert.equal((await refusal({ sub })).error_description, "user hasn't approved this consumer");
  }
  emulator.configureUser(INTEGRATION.username, { isActive: false });
  assert.equal((await refusal({})).error_description, 'inactive user');
});

test("admin approval: a user who isn't among the approved", async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('jwt', { approvedUsers: [ADMIN.username] });
  const { body } = await requestToken(emulator, jwtForm(emulator));
  assert.deepEqual(body, {
    error: 'invalid_app_access',
    error_description: 'user is not admin approved to access this app',
  });
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { sub: ADMIN.username }))).status, 200);
});

test('self-authorisation: refused until the user approved once with refresh_token', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('all', { isAdminApproved: false });
  const asAdmin = () => requestToken(emulator, jwtForm(emulator, 'all', { sub: ADMIN.username }));
  assert.equal((await asAdmin()).body.error_description, "user hasn't approved this consumer");
  await obtainTokens(emulator, 'all', { scope: 'api' });
  assert.equal((await asAdmin()).body.error_description, "user hasn't approved this consumer");
  await obtainTokens(emulator, 'all', { scope: 'api refresh_token' });
  assert.equal((await asAdmin()).status, 200);
  emulator.revoke({ app: 'all', user: ADMIN.username });
  assert.equal((await asAdmin()).status, 400);
});

test('the app must have the refresh_token scope', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('jwt', { scopes: ['api'] });
  const { body } = await requestToken(emulator, jwtForm(emulator));
  assert.equal(body.error, 'invalid_request');
  assert.match(body.error_description ?? '', /^refresh_token scope is required/);
});

test('an app without certificate takes no assertion', async (t) => {
  const emulator = await startEmulator(t);
  const iss = appOf(emulator, 'web').clientId;
  const { body } = await requestToken(emulator, jwtForm(emulator, 'jwt', { iss }));
  assert.equal(body.error_description, 'invalid assertion');
});

test('jti is good for once, unless the switch is off', async (t) => {
  const emulator = await startEmulator(t);
  const attempt = () => requestToken(emulator, jwtForm(emulator, 'jwt', { jti: 'synthetic-jti' }));
  assert.equal((await attempt()).status, 200);
  assert.equal((await attempt()).body.error, 'bad_jti_claim');
  emulator.setSwitches({ jtiReplayCheck: false });
  assert.equal((await attempt()).status, 200);
});

test('switch sameSession: the same token while it lives', async (t) => {
  const emulator = await startEmulator(t, { config: { switches: { sameSession: true } } });
  const attempt = async () => (await requestToken(emulator, jwtForm(emulator, 'jwt', { exp: now() + 99_999 }))).body.access_token;
  const first = await attempt();
  assert.equal(await attempt(), first);
  emulator.revoke({ token: first ?? '' });
  const second = await attempt();
  assert.notEqual(second, first);
  emulator.advanceClock(7201);
  assert.notEqual(await attempt(), second);
});

test('switch refuseExpiredCertificate', async (t) => {
  const emulator = await startEmulator(t);
  emulator.advanceClock(3 * 365 * 86_400);
  const form = () => jwtForm(emulator, 'jwt', { exp: now() + 4 * 365 * 86_400 });
  assert.equal((await requestToken(emulator, form())).status, 200);
  emulator.setSwitches({ refuseExpiredCertificate: true });
  assert.equal((await requestToken(emulator, form())).body.error_description, 'invalid assertion');
});

test('a redirect_uri that was sent along must be registered', async (t) => {
  const emulator = await startEmulator(t);
  const form = jwtForm(emulator, 'all');
  const good = await requestToken(emulator, { ...form, redirect_uri: 'http://localhost:1717/OauthRedirect' });
  assert.equal(good.status, 200);
  const bad = await requestToken(emulator, { ...form, redirect_uri: 'http://localhost:1718/OauthRedirect' });
  assert.equal(bad.body.error, 'redirect_uri_mismatch');
});

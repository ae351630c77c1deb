import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn } from '../src/index.ts';
import {
  ADMIN,
  authorizeUrl,
  clientCredentialsForm,
  codeForm,
  get,
  INTEGRATION,
  isAccepted,
  jwtForm,
  obtainCode,
  obtainTokens,
  type Person,
  post,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

test("a freeze ends the user's sessions for good, whether anybody looked or not; the refresh token outlives it", async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token, refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'web');
  for (const setting of ['isFrozen', 'isActive'] as const) {
    emulator.configureUser(ADMIN.username, { [setting]: setting === 'isFrozen' });
    emulator.configureUser(ADMIN.username, { [setting]: setting !== 'isFrozen' });
    assert.equal(await isAccepted(emulator, token), false, setting);
    const { status, body } = await requestToken(emulator, refreshForm(emulator, 'web', refreshToken));
    assert.equal(status, 200);
    assert.equal(await isAccepted(emulator, body.access_token), true);
  }
});

test('re-use of a rotated token takes the approval along: the user must authorize again', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('all', { isAdminApproved: false, isRefreshTokenRotationEnabled: true });
  const { refresh_token: first = '' } = await obtainTokens(emulator, 'all');
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'all', { sub: ADMIN.username }))).status, 200);
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'all', first))).status, 200);
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'all', first))).status, 400);
  const { body } = await requestToken(emulator, jwtForm(emulator, 'all', { sub: ADMIN.username }));
  assert.equal(body.error_description, "user hasn't approved this consumer");
});

test('a revocation by app and user takes approvals that left no refresh token', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { refreshTokenPolicy: 'zero' });
  await obtainTokens(emulator, 'web');
  const login = await post(`${emulator.loginUrl}/login`, await firstForm(authorizeUrl(emulator, 'web'), ADMIN));
  assert.equal(login.status, 302, 'approved: no consent page');
  emulator.revoke({ app: 'web', user: ADMIN.username });
  const again = await post(`${emulator.loginUrl}/login`, await firstForm(authorizeUrl(emulator, 'web'), ADMIN));
  assert.equal(again.status, 200);
  assert.match(again.text, /Allow access\?/);
});

async function firstForm(url: string, user: Person): Promise<Record<string, string>> {
  const { text } = await get(url);
  return { ...user, transaction: /name="transaction" value="([^"]+)"/.exec(text)?.[1] ?? '' };
}

test('whom the admin no longer approves loses refresh token and code', async (t) => {
  const emulator = await startEmulator(t);
  const { refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'web');
  const code = await obtainCode(emulator, 'web');
  emulator.configureApp('web', { isAdminApproved: true, approvedUsers: [INTEGRATION.username] });
  for (const form of [refreshForm(emulator, 'web', refreshToken), codeForm(emulator, 'web', code)]) {
    assert.equal((await requestToken(emulator, form)).body.error, 'invalid_app_access');
  }
});

test('an app is new once: other settings do not make it unknown again', async (t) => {
  const emulator = await startEmulator(t);
  const form = clientCredentialsForm(emulator);
  const isKnown = async () => (await requestToken(emulator, form, { host: 'mydomain' })).status === 200;
  emulator.configureApp('clientCredentials', { propagationDelaySeconds: 600 });
  assert.equal(await isKnown(), false);
  emulator.advanceClock(601);
  assert.equal(await isKnown(), true);
  emulator.configureApp('clientCredentials', { sessionTimeoutMinutes: 30 });
  assert.equal(await isKnown(), true);
});

test('the scope web alone is no right to the REST API', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token } = await obtainTokens(emulator, 'web', { scope: 'web' });
  const { status, text } = await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { authorization: `Bearer ${token}` });
  assert.equal(status, 401);
  assert.equal(JSON.parse(text)[0].message, 'This session is not valid for use with the REST API');
});

test('with sessions locked to their address, a try from elsewhere is no use that prolongs them', async (t) => {
  const emulator = await startEmulator(t, {
    config: { org: { sessionTimeoutSeconds: 1800 }, switches: { lockSessionsToIp: true } },
  });
  const { body } = await requestToken(emulator, jwtForm(emulator));
  emulator.advanceClock(1000);
  const elsewhere = { authorization: `Bearer ${body.access_token}`, 'x-forwarded-for': '198.51.100.7' };
  assert.equal((await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, elsewhere)).status, 401);
  emulator.advanceClock(1000);
  assert.equal(await isAccepted(emulator, body.access_token), false);
});

test('sameSession shares the sessions of JWT bearer only: another grant has other scopes', async (t) => {
  const emulator = await startEmulator(t, { config: { switches: { sameSession: true } } });
  emulator.configureApp('all', { isAdminApproved: true });
  const code = await obtainCode(emulator, 'all', { scope: 'id' }, INTEGRATION);
  const { body: narrow } = await requestToken(emulator, codeForm(emulator, 'all', code));
  const { body: first } = await requestToken(emulator, jwtForm(emulator, 'all'));
  const { body: second } = await requestToken(emulator, jwtForm(emulator, 'all'));
  assert.notEqual(first.access_token, narrow.access_token);
  assert.equal(second.access_token, first.access_token);
});

test('auth_time of a refreshed ID token is the time of the login', async (t) => {
  const emulator = await startEmulator(t);
  const tokens = await obtainTokens(emulator, 'web');
  emulator.advanceClock(3600);
  const { body } = await requestToken(emulator, refreshForm(emulator, 'web', tokens.refresh_token ?? ''));
  const authTime = (token: string | undefined) =>
    JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString()).auth_time;
  assert.equal(authTime(body.id_token), authTime(tokens.id_token));
});

test('a browser session is no way round what the login page refuses', async (t) => {
  const emulator = await startEmulator(t);
  await signIn(authorizeUrl(emulator, 'web'), ADMIN);
  const login = await post(`${emulator.loginUrl}/login`, await firstForm(authorizeUrl(emulator, 'web'), ADMIN));
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  const url = authorizeUrl(emulator, 'web');
  const immediate = `${url}&immediate=true`;
  const errorOf = async (address: string) => {
    const { headers } = await get(address, { cookie });
    return new URL(headers.get('location') ?? 'http://nowhere.example').searchParams.get('error');
  };
  assert.equal((await get(url, { cookie })).status, 302);
  assert.equal(await errorOf(immediate), null);
  assert.equal(await errorOf(`${immediate}&prompt=login`), 'immediate_unsuccessful', 'no page is shown');

  emulator.configureUser(ADMIN.username, { loginIpRanges: [{ start: '10.0.0.1', end: '10.0.0.2' }] });
  assert.match((await get(url, { cookie })).text, /login IP ranges/);
  assert.equal(await errorOf(immediate), 'immediate_unsuccessful');
  emulator.configureUser(ADMIN.username, { loginIpRanges: [], isApiOnly: true });
  assert.match((await get(url, { cookie })).text, /OAUTH_APPROVAL_ERROR_GENERIC/);
  assert.equal(await errorOf(immediate), 'immediate_unsuccessful');
  emulator.configureUser(ADMIN.username, { isApiOnly: false });
  emulator.setSwitches({ myDomainRequired: true });
  assert.match((await get(url, { cookie })).text, /at its My Domain only/);
  emulator.setSwitches({ myDomainRequired: false });
  emulator.configureApp('web', { isAdminApproved: true, approvedUsers: [INTEGRATION.username] });
  assert.equal(await errorOf(immediate), 'immediate_unsuccessful');
});

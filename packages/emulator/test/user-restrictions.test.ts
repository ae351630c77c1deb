import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator } from '../src/index.ts';
import {
  ADMIN,
  clientCredentialsForm,
  codeForm,
  get,
  INTEGRATION,
  isAccepted,
  jwtForm,
  obtainCode,
  obtainTokens,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const OFFICE = [{ start: '203.0.113.1', end: '203.0.113.9' }];
const FROM_OFFICE = { 'x-forwarded-for': '203.0.113.7' };
const FROM_ELSEWHERE = { 'x-forwarded-for': '198.51.100.20' };
const limits = (emulator: Emulator) => `${emulator.myDomainUrl}/services/data/v66.0/limits`;

async function refused(answer: Promise<{ status: number; body: Record<string, string> }>): Promise<string> {
  const { status, body } = await answer;
  assert.equal(status, 400, JSON.stringify(body));
  return `${body.error}: ${body.error_description}`;
}

test('a frozen user gets no token from any grant, and living sessions end until the user is unfrozen', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token, refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'web');
  const code = await obtainCode(emulator, 'web');
  emulator.configureUser(ADMIN.username, { isFrozen: true });
  emulator.configureUser(INTEGRATION.username, { isFrozen: true });
  const failure = 'invalid_grant: authentication failure';
  assert.equal(await refused(requestToken(emulator, jwtForm(emulator))), failure);
  assert.equal(await refused(requestToken(emulator, codeForm(emulator, 'web', code))), failure);
  assert.equal(await refused(requestToken(emulator, refreshForm(emulator, 'web', refreshToken))), failure);
  const clientCredentials = requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  assert.equal(await refused(clientCredentials), 'invalid_grant: invalid user credentials');
  await assert.rejects(obtainCode(emulator, 'web'), /did not take the username and password/);
  assert.equal((await get(limits(emulator), { authorization: `Bearer ${token}` })).status, 401);

  emulator.configureUser(ADMIN.username, { isFrozen: false });
  assert.equal(
    (await requestToken(emulator, refreshForm(emulator, 'web', refreshToken))).status,
    200,
    'the grant outlived the freeze',
  );
});

test('a user without "API Enabled" gets 403 from the REST API, and no token by the grants that are for APIs only', async (t) => {
  const emulator = await startEmulator(t);
  const { body } = await requestToken(emulator, jwtForm(emulator));
  emulator.configureUser(INTEGRATION.username, { isApiEnabled: false });
  const answer = await get(limits(emulator), { authorization: `Bearer ${body.access_token}` });
  assert.equal(answer.status, 403);
  assert.equal(JSON.parse(answer.text)[0].errorCode, 'API_CURRENTLY_DISABLED');
  assert.equal(await refused(requestToken(emulator, jwtForm(emulator))), 'invalid_grant: authentication failure');
});

test('an API-only user cannot come in by the browser', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureUser(ADMIN.username, { isApiOnly: true });
  await assert.rejects(obtainCode(emulator, 'web'), /OAUTH_APPROVAL_ERROR_GENERIC/);
});

test('login IP ranges are enforced, and relaxed as the app says', async (t) => {
  const emulator = await startEmulator(t);
  const { refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'all');
  const [spare, inOffice] = [await obtainCode(emulator, 'all'), await obtainCode(emulator, 'all')];
  for (const { username } of [ADMIN, INTEGRATION]) emulator.configureUser(username, { loginIpRanges: OFFICE });
  const jwt = (headers: Record<string, string>) => requestToken(emulator, jwtForm(emulator, 'all'), { headers });
  const refresh = (headers: Record<string, string>) =>
    requestToken(emulator, refreshForm(emulator, 'all', refreshToken), { headers });
  const exchange = (code: string, headers: Record<string, string>) =>
    requestToken(emulator, codeForm(emulator, 'all', code), { headers });

  assert.equal(await refused(jwt(FROM_ELSEWHERE)), 'invalid_grant: ip restricted or invalid login hours');
  assert.equal(await refused(jwt({})), 'invalid_grant: ip restricted or invalid login hours', '127.0.0.1 is elsewhere too');
  assert.equal((await jwt(FROM_OFFICE)).status, 200);
  assert.equal(await refused(refresh(FROM_ELSEWHERE)), 'invalid_grant: ip restricted');
  assert.equal((await refresh(FROM_OFFICE)).status, 200);
  assert.equal(await refused(exchange(spare, FROM_ELSEWHERE)), 'invalid_grant: ip restricted');
  assert.equal((await exchange(inOffice, FROM_OFFICE)).status, 200);
  await assert.rejects(obtainCode(emulator, 'all'), /did not take the username/, 'the login page enforces them as well');

  emulator.configureApp('all', { ipRelaxation: 'ENFORCE_RELAXREFRESH' });
  assert.equal((await refresh(FROM_ELSEWHERE)).status, 200);
  assert.equal((await jwt(FROM_ELSEWHERE)).status, 400);
  for (const ipRelaxation of ['BYPASS', 'BYPASS_2FACTOR'] as const) {
    emulator.configureApp('all', { ipRelaxation });
    assert.equal((await jwt(FROM_ELSEWHERE)).status, 200);
    assert.equal((await refresh(FROM_ELSEWHERE)).status, 200);
  }
});

test("the refresh token allowlist blocks code and refresh from elsewhere whatever the user's ranges, and no other grant", async (t) => {
  const emulator = await startEmulator(t);
  const { refresh_token: refreshToken = '' } = await obtainTokens(emulator, 'all');
  const code = await obtainCode(emulator, 'all');
  emulator.configureApp('all', {
    tokenIpRanges: [...OFFICE, { start: '2001:db8::', end: '2001:db8::ffff' }],
    ipRelaxation: 'BYPASS',
  });
  const refresh = (headers: Record<string, string>) =>
    requestToken(emulator, refreshForm(emulator, 'all', refreshToken), { headers });
  assert.equal(await refused(refresh(FROM_ELSEWHERE)), 'invalid_grant: ip restricted');
  assert.equal((await refresh({ 'x-forwarded-for': '2001:db8::12, 10.0.0.1' })).status, 200);
  assert.equal(await refused(requestToken(emulator, codeForm(emulator, 'all', code))), 'invalid_grant: ip restricted');
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'all'), { headers: FROM_ELSEWHERE })).status, 200);
});

test('a refused code is not used up by an address that is not allowed', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { tokenIpRanges: OFFICE });
  const code = await obtainCode(emulator, 'web');
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', code))).status, 400);
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', code), { headers: FROM_OFFICE })).status, 200);
});

test('sessions locked to their address are invalid elsewhere', async (t) => {
  const emulator = await startEmulator(t);
  const { body } = await requestToken(emulator, jwtForm(emulator), { headers: FROM_OFFICE });
  const authorization = `Bearer ${body.access_token}`;
  assert.equal(await isAccepted(emulator, body.access_token), true);
  emulator.setSwitches({ lockSessionsToIp: true });
  assert.equal((await get(limits(emulator), { authorization, ...FROM_OFFICE })).status, 200);
  const elsewhere = await get(limits(emulator), { authorization, ...FROM_ELSEWHERE });
  assert.equal(elsewhere.status, 401);
  assert.equal(JSON.parse(elsewhere.text)[0].errorCode, 'INVALID_SESSION_ID');
  assert.equal((await get(`${emulator.myDomainUrl}/services/oauth2/userinfo`, { authorization })).status, 403);
});

test('ranges that are none are refused by name', async (t) => {
  const emulator = await startEmulator(t);
  const set = (start: string, end: string) => () => emulator.configureApp('web', { tokenIpRanges: [{ start, end }] });
  assert.throws(set('203.0.113.9', '203.0.113.1'), { name: 'TypeError', message: /settings\.tokenIpRanges\[0\].*ends before/ });
  assert.throws(set('office', '203.0.113.1'), {
    name: 'TypeError',
    message: /settings\.tokenIpRanges\[0\]\.start: expected an IP address/,
  });
  assert.throws(set('999.0.113.1', '203.0.113.1'), { name: 'TypeError', message: /settings\.tokenIpRanges\[0\].*no range/ });
  await assert.rejects(
    createEmulator({
      config: { users: [{ username: 'a', password: 'b', loginIpRanges: [{ start: '1.1', end: '1.1' }] }], apps: {} },
    }),
    { name: 'TypeError', message: /config\.users\[0\]\.loginIpRanges\[0\]/ },
  );
  assert.throws(set('203.0.113.1', '2001:db8::1'), { name: 'TypeError', message: /no range/ });
});

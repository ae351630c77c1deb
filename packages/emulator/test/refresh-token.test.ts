import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../src/index.ts';
import { ADMIN, isAccepted, obtainTokens, refreshForm, requestToken, startEmulator } from './emulator-client.ts';

const DEAD = { error: 'invalid_grant', error_description: 'expired access/refresh token' };

test('without rotation the same refresh token works again and again, and none is returned', async (t) => {
  const emulator = await startEmulator(t);
  const { refresh_token: refreshToken = '', access_token: first } = await obtainTokens(emulator, 'web');
  for (let round = 0; round < 3; round++) {
    const { status, body } = await requestToken(emulator, refreshForm(emulator, 'web', refreshToken));
    assert.equal(status, 200);
    assert.equal('refresh_token' in body, false);
    assert.notEqual(body.access_token, first);
    assert.ok(await isAccepted(emulator, body.access_token));
  }
});

test('with rotation every refresh returns a new token; re-use of an old one kills grant and access tokens', async (t) => {
  const emulator = await startEmulator(t);
  const { refresh_token: first = '', access_token: firstAccess } = await obtainTokens(emulator, 'rotating');
  const { body } = await requestToken(emulator, refreshForm(emulator, 'rotating', first));
  const { refresh_token: second = '', access_token: secondAccess } = body;
  assert.notEqual(second, first);
  assert.ok(await isAccepted(emulator, secondAccess));

  const reuse = await requestToken(emulator, refreshForm(emulator, 'rotating', first));
  assert.equal(reuse.status, 400);
  assert.deepEqual(reuse.body, DEAD);
  assert.equal(await isAccepted(emulator, firstAccess), false);
  assert.equal(await isAccepted(emulator, secondAccess), false);
  assert.deepEqual((await requestToken(emulator, refreshForm(emulator, 'rotating', second))).body, DEAD);
});

test('switch reuseCascade off: re-use is refused and nothing else happens', async (t) => {
  const emulator = await startEmulator(t, { config: { switches: { reuseCascade: false } } });
  const { refresh_token: first = '' } = await obtainTokens(emulator, 'rotating');
  const { body } = await requestToken(emulator, refreshForm(emulator, 'rotating', first));
  assert.deepEqual((await requestToken(emulator, refreshForm(emulator, 'rotating', first))).body, DEAD);
  assert.ok(await isAccepted(emulator, body.access_token));
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'rotating', body.refresh_token ?? ''))).status, 200);
});

for (const [concurrentRefresh, text] of [
  ['refuse', 'token request is already being processed'],
  ['refuse-legacy-text', 'expired authorization code'],
] as const) {
  test(`simultaneous requests with one token, switch concurrentRefresh ${concurrentRefresh}: one passes, the others get "${text}"`, async (t) => {
    const emulator = await startEmulator(t, { config: { switches: { concurrentRefresh, processingMs: 1000 } } });
    const { refresh_token: token = '' } = await obtainTokens(emulator, 'rotating');
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => requestToken(emulator, refreshForm(emulator, 'rotating', token))),
    );
    const passed = answers.filter(({ status }) => status === 200);
    assert.equal(passed.length, 1);
    for (const { body } of answers.filter(({ status }) => status !== 200)) {
      assert.deepEqual(body, { error: 'invalid_grant', error_description: text });
    }
    emulator.setSwitches({ processingMs: 0 });
    const next = await requestToken(emulator, refreshForm(emulator, 'rotating', passed[0]?.body.refresh_token ?? ''));
    assert.equal(next.status, 200, 'being refused as busy is no re-use');
  });
}

test('switch concurrentRefresh allow: without rotation all simultaneous requests pass', async (t) => {
  const config = { switches: { concurrentRefresh: 'allow', processingMs: 100 } } as const;
  const emulator = await startEmulator(t, { config });
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  const answers = await Promise.all(Array.from({ length: 4 }, () => requestToken(emulator, refreshForm(emulator, 'web', token))));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
});

test('the delay of a fault holds the token as well', async (t) => {
  const emulator = await startEmulator(t, { config: { switches: { processingMs: 0 } } });
  const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  emulator.fault({ match: { grantType: 'refresh_token' }, action: { delayMs: 1000 } });
  const answers = await Promise.all([0, 1].map(() => requestToken(emulator, refreshForm(emulator, 'rotating', token))));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  assert.ok(answers.some(({ body }) => body.error_description === 'token request is already being processed'));
});

test('a token of another app is refused as a wrong client, an unknown one as dead', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  const foreign = await requestToken(emulator, refreshForm(emulator, 'all', token));
  assert.equal(foreign.body.error, 'invalid_client_id');
  for (const unknown of ['5Aep861.nobody', '', undefined]) {
    assert.deepEqual((await requestToken(emulator, { ...refreshForm(emulator, 'web', ''), refresh_token: unknown })).body, DEAD);
  }
});

test('a user who was deactivated', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  emulator.configureUser(ADMIN.username, { isActive: false });
  const { body } = await requestToken(emulator, refreshForm(emulator, 'web', token));
  assert.deepEqual(body, { error: 'invalid_grant', error_description: 'inactive user' });
});

const HOUR = 3600;
for (const [refreshTokenPolicy, isEnforceRefreshTokenTTL, steps] of [
  [
    'specific_lifetime:2:HOURS',
    false,
    [
      [HOUR, 200],
      [HOUR + 1, 400],
    ],
  ],
  [
    'specific_inactivity:2:HOURS',
    false,
    [
      [HOUR + 1, 200],
      [HOUR + 1, 200],
      [2 * HOUR + 1, 400],
    ],
  ],
  [
    'infinite',
    true,
    [
      [29 * 24 * HOUR, 200],
      [29 * 24 * HOUR, 200],
      [30 * 24 * HOUR + 1, 400],
    ],
  ],
  ['infinite', false, [[10_000 * HOUR, 200]]],
] as const) {
  test(`policy ${refreshTokenPolicy}${isEnforceRefreshTokenTTL ? ' with the 30-day idle limit' : ''}`, async (t) => {
    const emulator = await startEmulator(t);
    emulator.configureApp('web', { refreshTokenPolicy, isEnforceRefreshTokenTTL });
    const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
    for (const [seconds, status] of steps) {
      emulator.advanceClock(seconds);
      assert.equal((await requestToken(emulator, refreshForm(emulator, 'web', token))).status, status);
    }
  });
}

test('rotation can be switched on for an app while its tokens live', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'all', user: ADMIN.username });
  assert.equal('refresh_token' in (await requestToken(emulator, refreshForm(emulator, 'all', token))).body, false);
  emulator.configureApp('all', { isRefreshTokenRotationEnabled: true });
  const { body } = await requestToken(emulator, refreshForm(emulator, 'all', token));
  assert.equal(typeof body.refresh_token, 'string');
  const [before, after] = emulator.ledger().slice(-2);
  assert.deepEqual([before?.consumed, before?.issued], [false, null]);
  assert.deepEqual([after?.consumed, after?.issued], [true, fingerprint(body.refresh_token ?? '')]);
});

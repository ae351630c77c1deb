import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppSettings, Emulator } from '../src/index.ts';
import { ADMIN, appOf, post, refreshForm, requestToken, startEmulator } from './emulator-client.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

const grantToken = (emulator: Emulator): string => emulator.grant({ app: 'web', user: ADMIN.username })[0] ?? '';

async function introspect(emulator: Emulator, token: string): Promise<unknown> {
  const { clientId, clientSecret } = appOf(emulator, 'web');
  const form = { client_id: clientId, client_secret: clientSecret, token };
  return (await post(`${emulator.loginUrl}/services/oauth2/introspect`, form)).body;
}

async function isActive(emulator: Emulator, token: string): Promise<boolean> {
  const body = await introspect(emulator, token);
  if (typeof body === 'object' && body !== null && 'active' in body && body.active === true) return true;
  assert.deepEqual(body, { active: false });
  return false;
}

const POLICIES: readonly (readonly [what: string, settings: AppSettings, livesSeconds: number])[] = [
  ['its lifetime', { refreshTokenPolicy: 'specific_lifetime:2:HOURS' }, 2 * HOUR],
  ['inactivity', { refreshTokenPolicy: 'specific_inactivity:2:DAYS' }, 2 * DAY],
  ['30 idle days', { isEnforceRefreshTokenTTL: true }, 30 * DAY],
];

for (const [what, settings, livesSeconds] of POLICIES) {
  test(`a refresh token ended by ${what} is inactive, as it is refused`, async (t) => {
    const emulator = await startEmulator(t, { clock: () => Date.UTC(2026, 0, 1) });
    emulator.configureApp('web', settings);
    const token = grantToken(emulator);
    emulator.advanceClock(livesSeconds);
    assert.equal(await isActive(emulator, token), true);
    emulator.advanceClock(1);
    assert.equal(await isActive(emulator, token), false);
    assert.equal((await requestToken(emulator, refreshForm(emulator, 'web', token))).status, 400);
  });
}

test('introspection is no use of a refresh token', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { refreshTokenPolicy: 'specific_inactivity:2:HOURS' });
  const token = grantToken(emulator);
  emulator.advanceClock(1.5 * HOUR);
  assert.equal(await isActive(emulator, token), true);
  emulator.advanceClock(HOUR);
  assert.equal(await isActive(emulator, token), false);
});

test('the policy zero ends refresh tokens that were issued before', async (t) => {
  const emulator = await startEmulator(t);
  const token = grantToken(emulator);
  emulator.configureApp('web', { refreshTokenPolicy: 'zero' });
  assert.equal(await isActive(emulator, token), false);
});

test('refresh tokens of frozen and deactivated users are inactive', async (t) => {
  const emulator = await startEmulator(t);
  const token = grantToken(emulator);
  emulator.configureUser(ADMIN.username, { isFrozen: true });
  assert.equal(await isActive(emulator, token), false);
  emulator.configureUser(ADMIN.username, { isFrozen: false, isActive: false });
  assert.equal(await isActive(emulator, token), false);
  emulator.configureUser(ADMIN.username, { isActive: true });
  assert.equal(await isActive(emulator, token), true);
});

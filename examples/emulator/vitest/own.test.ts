import { createEmulator } from '@forcemint/emulator';
import { test as base, expect } from 'vitest';
import { query, requestToken, type Token } from './salesforce.ts';

// An emulator for each test: right for tests that turn the clock, set faults or look at the whole ledger.

const test = base
  .extend('emulator', async ({ onTestFinished }) => {
    const emulator = await createEmulator();
    onTestFinished(() => emulator.close());
    return emulator;
  })
  .extend('refreshToken', ({ emulator }) => {
    const [refreshToken = ''] = emulator.grant({ app: 'rotating', user: 'admin@emulator.example' });
    return refreshToken;
  })
  .extend('refresh', ({ emulator }) => (refreshToken: string): Promise<Token> => {
    const { clientId } = emulator.ready.apps.rotating;
    return requestToken(emulator.loginUrl, {
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: refreshToken,
    });
  });

test('a session that has expired', async ({ emulator, refresh, refreshToken }) => {
  const token = await refresh(refreshToken);
  emulator.advanceClock(2 * 60 * 60 + 1); // the session timeout is two hours, nobody waits for it
  await expect(query(token, 'SELECT Id FROM Account')).rejects.toThrow('INVALID_SESSION_ID');
});

test('a refresh token that is refused', async ({ emulator, refresh, refreshToken }) => {
  emulator.fault({ match: { grantType: 'refresh_token' }, action: { row: 'R1' } });
  await expect(refresh(refreshToken)).rejects.toThrow(
    'invalid_grant: expired access/refresh token',
  );
});

test('rotation: each refresh token works once', async ({ emulator, refresh, refreshToken }) => {
  const renewed = await refresh(refreshToken);
  expect(renewed.refresh_token).not.toBe(refreshToken);
  await expect(refresh(refreshToken)).rejects.toThrow('invalid_grant');

  // The ledger has one line for each token request, with fingerprints instead of tokens.
  expect(emulator.ledger()).toMatchObject([
    { grantType: 'refresh_token', outcome: 'ok', consumed: true },
    { grantType: 'refresh_token', outcome: 'invalid_grant', consumed: false },
  ]);
});

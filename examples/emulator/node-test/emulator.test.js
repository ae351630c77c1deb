import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator } from '@forcemint/emulator';
import { query, requestToken } from './salesforce.js';

// Each test starts an emulator of its own: free ports, own clock, own faults. Tests may run in parallel.

function clientCredentials({ clientId, clientSecret }) {
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
}

function refresh({ clientId }, refreshToken) {
  return { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken };
}

test('a token that works', async () => {
  await using emulator = await createEmulator();
  const { apps } = emulator.ready;
  const token = await requestToken(emulator.myDomainUrl, clientCredentials(apps.clientCredentials));
  const { status, body } = await query(token, 'SELECT Id, Name FROM Account LIMIT 2');
  assert.equal(status, 200);
  assert.equal(body.records.length, 2);
});

test('a session that has expired', async () => {
  await using emulator = await createEmulator();
  const { apps } = emulator.ready;
  const token = await requestToken(emulator.myDomainUrl, clientCredentials(apps.clientCredentials));
  emulator.advanceClock(2 * 60 * 60 + 1); // the session timeout is two hours, nobody waits for it
  const { status, body } = await query(token, 'SELECT Id FROM Account');
  assert.equal(status, 401);
  assert.equal(body[0].errorCode, 'INVALID_SESSION_ID');
});

test('a refresh token that is refused', async () => {
  await using emulator = await createEmulator();
  const { rotating } = emulator.ready.apps;
  const [refreshToken] = emulator.grant({ app: 'rotating', user: rotating.username });
  emulator.fault({ match: { grantType: 'refresh_token' }, action: { row: 'R1' } });
  const refused = await requestToken(emulator.loginUrl, refresh(rotating, refreshToken));
  assert.deepEqual(refused, {
    error: 'invalid_grant',
    error_description: 'expired access/refresh token',
  });
});

test('rotation: each refresh token works once', async () => {
  await using emulator = await createEmulator();
  const { rotating } = emulator.ready.apps;
  const [first] = emulator.grant({ app: 'rotating', user: rotating.username });

  const renewed = await requestToken(emulator.loginUrl, refresh(rotating, first));
  assert.notEqual(renewed.refresh_token, first);
  const replayed = await requestToken(emulator.loginUrl, refresh(rotating, first));
  assert.equal(replayed.error, 'invalid_grant');
  const successor = await requestToken(emulator.loginUrl, refresh(rotating, renewed.refresh_token));
  assert.equal(successor.error, 'invalid_grant', 'the replay has revoked the whole family');

  // The ledger has one line for each token request, with fingerprints instead of tokens.
  const ledger = emulator.ledger();
  assert.deepEqual(
    ledger.map(({ outcome, consumed }) => ({ outcome, consumed })),
    [
      { outcome: 'ok', consumed: true },
      { outcome: 'invalid_grant', consumed: false },
      { outcome: 'invalid_grant', consumed: false },
    ],
  );
  assert.equal(ledger[0].issued, ledger[2].presented);
});

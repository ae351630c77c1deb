import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator } from '@forcemint/emulator';
import { newRefreshToken, refreshesOf } from './emulated-org.ts';
import { connect, type JsforceConnection, type JsforceLibrary, logIn, type RefreshFunction } from './jsforce-library.ts';

const SESSION_SECONDS = 7200;

async function fiveCalls(connection: JsforceConnection): Promise<void> {
  await Promise.all(Array.from({ length: 5 }, () => connection.query('SELECT Id FROM Account')));
}

/** The refresh tokens that a connection is told of by its event. */
function toldTokens(connection: JsforceConnection): (string | undefined)[] {
  const told: (string | undefined)[] = [];
  connection.on('refresh', (_accessToken, response) => told.push(response?.refresh_token));
  return told;
}

/** A refreshFn that keeps what rotates, as an application has to write one. */
function keeper(connection: () => JsforceConnection, first: string): RefreshFunction {
  let refreshToken = first;
  return (_connection, callback) => {
    connection()
      .oauth2.refreshToken(refreshToken)
      .then(
        (response) => {
          refreshToken = response.refresh_token ?? refreshToken;
          callback(null, response.access_token, response);
        },
        (error: Error) => callback(error),
      );
  };
}

/** What the library does when a session is over. */
export function judgeRefresh(name: string, library: JsforceLibrary): void {
  for (const rotation of ['off', 'on'] as const) {
    test(`${name}: five calls after expiry make one refresh, rotation ${rotation}`, async () => {
      await using emulator = await createEmulator();
      const connection = await logIn(library, emulator, rotation === 'on' ? 'rotating' : 'web');
      const before = connection.refreshToken;
      const told = toldTokens(connection);
      await fiveCalls(connection);
      assert.deepEqual(refreshesOf(emulator), []);
      emulator.advanceClock(SESSION_SECONDS + 1);
      await fiveCalls(connection);
      assert.deepEqual(refreshesOf(emulator), ['ok']);
      assert.equal(told.length, 1);
      assert.equal(told[0] === undefined, rotation === 'off', 'only rotation brings a refresh token');
      assert.notEqual(told[0], before);
    });
  }

  test(`${name}: its own refresh keeps presenting a token that doesn’t rotate`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web');
    for (let count = 1; count <= 3; count++) {
      emulator.advanceClock(SESSION_SECONDS + 1);
      await connection.query('SELECT Id FROM Account');
    }
    assert.deepEqual(refreshesOf(emulator), ['ok', 'ok', 'ok']);
  });

  test(`${name}: its own refresh forgets a rotated token: the second one re-uses it, and that is the end of the grant`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'rotating');
    const before = connection.refreshToken;
    const told = toldTokens(connection);
    emulator.advanceClock(SESSION_SECONDS + 1);
    await connection.query('SELECT Id FROM Account');
    assert.equal(connection.refreshToken, before, 'the rotated token is in the event alone');
    emulator.advanceClock(SESSION_SECONDS + 1);
    await assert.rejects(async () => connection.query('SELECT Id FROM Account'), {
      message: 'Unable to refresh session due to: expired access/refresh token',
    });
    await assert.rejects(connection.oauth2.refreshToken(told[0] ?? ''), {
      name: 'invalid_grant',
      message: 'expired access/refresh token',
    });
    const [first, second, third] = emulator.ledger().slice(-3);
    assert.equal(second?.presented, first?.presented);
    assert.equal(third?.presented, first?.issued);
    assert.deepEqual([first?.consumed, second?.consumed, third?.consumed], [true, false, false]);
  });

  test(`${name}: a refreshFn that keeps the rotated token lives on`, async () => {
    await using emulator = await createEmulator();
    const refreshFn = keeper(() => connection, newRefreshToken(emulator, 'rotating'));
    const connection = connect(library, emulator, 'rotating', {
      instanceUrl: emulator.myDomainUrl,
      accessToken: 'an-access-token-from-long-ago',
      useVerifier: false,
      refreshFn,
    });
    for (let count = 1; count <= 3; count++) {
      await fiveCalls(connection);
      assert.deepEqual(refreshesOf(emulator), Array(count).fill('ok'));
      emulator.advanceClock(SESSION_SECONDS + 1);
    }
  });

  test(`${name}: two connections that refresh one token at once: one is told to wait, and says so`, async () => {
    await using emulator = await createEmulator({ config: { switches: { processingMs: 1000 } } });
    const options = { instanceUrl: emulator.myDomainUrl, refreshToken: newRefreshToken(emulator, 'rotating') };
    const [one, two] = [connect(library, emulator, 'rotating', options), connect(library, emulator, 'rotating', options)];
    const settled = await Promise.allSettled([one, two].map(async (connection) => connection.query('SELECT Id FROM User')));
    const messages = settled.flatMap((result) => (result.status === 'rejected' ? [String(result.reason.message)] : []));
    assert.deepEqual(messages, ['Unable to refresh session due to: token request is already being processed']);
    assert.deepEqual(refreshesOf(emulator).sort(), ['ok', 'token request is already being processed']);
  });

  test(`${name}: a session that has no right to the REST API is an error, not a reason to refresh`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web', 'id refresh_token');
    await assert.rejects(async () => connection.query('SELECT Id FROM Account'), {
      errorCode: 'INVALID_SESSION_ID',
      message: 'This session is not valid for use with the REST API',
    });
    assert.deepEqual(refreshesOf(emulator), []);
  });

  test(`${name}: JWT access tokens work and expire like the others, only that use doesn’t prolong them`, async () => {
    await using emulator = await createEmulator();
    emulator.configureApp('web', { isNamedUserJwtEnabled: true, namedUserJwtTimeoutMinutes: 30 });
    const connection = await logIn(library, emulator, 'web');
    assert.match(connection.accessToken ?? '', /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);
    emulator.advanceClock(1200);
    await fiveCalls(connection);
    assert.deepEqual(refreshesOf(emulator), []);
    emulator.advanceClock(601);
    await fiveCalls(connection);
    assert.deepEqual(refreshesOf(emulator), ['ok']);
  });
}

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fingerprint, type NewConnection } from '@forcemint/core';
import { createEmulator, type Emulator, type FaultAction } from '@forcemint/emulator';
import { type Forcemint, openForcemint } from '@forcemint/node';
import {
  clientCredentialsConnection,
  extraHosts,
  PATIENT,
  QUICK,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';
import { HOLDING_FAULTS, passingFaults } from './fault-table.ts';

const DURATIONS = { ...QUICK, callerWaitMs: 490, exchangeDeadlineMs: 500, unknownWaitMs: 510, leaseMs: 600 };
const ROTATING_SECRET_APP = 'web';
const TOKEN_REQUESTS = { path: '/services/oauth2/token' };

let emulator: Emulator;
let forcemint: Forcemint;
/** The same store, in no hurry: for what is to succeed on a machine however busy. */
let patient: Forcemint;
let home: string;
const received: string[] = [];
const elsewhere = createServer((request, response) => {
  received.push(`${request.method} ${request.url}`);
  response.end('{}');
});
let elsewhereUrl = '';
const cleanUps: (() => unknown)[] = [];

before(async () => {
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const address = elsewhere.address();
  elsewhereUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  emulator = await createEmulator();
  emulator.configureApp(ROTATING_SECRET_APP, { isRefreshTokenRotationEnabled: true });
  home = temporaryHome({ after: (cleanUp) => cleanUps.push(cleanUp) });
  // The redirects' target is a trusted origin here, so that only "never follow" keeps secrets from it.
  const options = { home, extraHosts: [...extraHosts(emulator), elsewhereUrl], env: {} };
  forcemint = await openForcemint({ ...options, durations: DURATIONS });
  patient = await openForcemint({ ...options, durations: PATIENT });
});

after(async () => {
  await forcemint[Symbol.asyncDispose]();
  await patient[Symbol.asyncDispose]();
  await emulator.close();
  await new Promise((resolve) => elsewhere.close(resolve));
  for (const cleanUp of cleanUps) cleanUp();
});

let names = 0;
/** A connection that has its first token, and the ledger from there on. */
async function connected(connection: NewConnection) {
  emulator.clearFaults();
  names += 1;
  const name = `acme-${names}`;
  await forcemint.administration.connect(name, connection);
  const { value } = await patient.getToken(name);
  const seq = emulator.ledger().at(-1)?.seq ?? 0;
  return { name, living: value, requests: () => emulator.ledger(seq), state: async () => (await forcemint.status(name)).state };
}

/** What renewing fails with once nobody waits any more. */
async function renewalFailure(name: string, action: FaultAction) {
  emulator.fault({ match: TOKEN_REQUESTS, action });
  const first = await failure(forcemint.renew(name));
  if (first.code !== 'renewal_in_progress') return first;
  await forcemint.idle();
  const { failure: kept } = await forcemint.status(name);
  assert.ok(kept !== undefined);
  return { ...kept, name: kept.kind === 'transport' ? 'TransportError' : kept.kind };
}

/** Waits out what must be waited out: the probe of an unknown outcome. */
async function renewedOrVerdict(name: string): Promise<string> {
  return until('an outcome', () =>
    forcemint.renew(name).then(
      ({ value }) => value,
      (error: { code: string; retryable: boolean }) => !error.retryable && error.code,
    ),
  );
}

for (const { name: what, action, fate, error: expected } of passingFaults('http://placeholder.invalid')) {
  const located = (): FaultAction =>
    action.headers?.['location'] === undefined
      ? action
      : { ...action, headers: { location: action.headers['location'].replace('http://placeholder.invalid', elsewhereUrl) } };

  test(`rotating grant, ${what}: the outcome is unknown, the token lives on, one repetition tells`, async () => {
    const { name, living, requests, state } = await connected(refreshTokenConnection(emulator));
    const before = await readStoredRow(home, name);
    const error = await renewalFailure(name, located());
    assert.deepEqual([error.name, error.code, error.retryable], ['TransportError', 'outcome_unknown', true]);
    assert.equal(await state(), 'unknown');
    assert.equal((await forcemint.getToken(name)).value, living, 'the living token is served');
    assert.equal(requests().length, 1);
    assert.equal(requests()[0]?.consumed, fate === 'spent');

    const outcome = await renewedOrVerdict(name);
    const [first, second, ...more] = requests();
    assert.deepEqual(more, []);
    assert.equal(second?.presented, first?.presented);
    const waitedMs = (second?.startedAtMs ?? 0) - (first?.startedAtMs ?? 0);
    assert.ok(waitedMs > 0.75 * DURATIONS.unknownWaitMs, `repeated after ${waitedMs} ms`);
    const stored = await readStoredRow(home, name);
    if (fate === 'spared') {
      assert.equal(fingerprint(outcome), stored.accessToken);
      assert.equal(stored.refreshToken, second?.issued);
      assert.equal(await state(), 'ready');
    } else {
      assert.equal(outcome, 'refresh_token_dead');
      assert.equal(stored.refreshToken, before.refreshToken);
      assert.equal(await state(), 'reauthorization-required');
      const verdict = await failure(forcemint.renew(name));
      assert.equal(verdict.name, 'ReauthorizationRequired');
      assert.match(verdict.diagnosis?.fix.join() ?? '', /forcemint update acme-\d+ --refresh-token-file/);
      assert.equal(requests().length, 2, 'a dead token is not posted again');
    }
    assert.deepEqual(received, [], 'nothing reached the other host');
  });

  test(`client credentials, ${what}: a clear error, and the next call gets a token`, async () => {
    const { name, living, requests, state } = await connected(clientCredentialsConnection(emulator));
    const error = await renewalFailure(name, located());
    assert.ok(error.name === expected.name || error.name === 'malformed');
    assert.equal(error.code, expected.code);
    assert.equal(await state(), 'failing');
    assert.equal((await forcemint.getToken(name)).value, living, 'the living token is served');
    const { value } = await patient.renew(name);
    assert.notEqual(value, living);
    assert.equal(await state(), 'ready');
    assert.equal(requests().length, 2);
    assert.deepEqual(received, [], 'nothing reached the other host');
  });
}

for (const { name: what, patch, says } of HOLDING_FAULTS) {
  const grants: Readonly<Record<string, () => NewConnection>> = {
    'rotating grant': () => refreshTokenConnection(emulator, ROTATING_SECRET_APP),
    'client credentials': () => clientCredentialsConnection(emulator),
  };
  for (const [grant, connect] of Object.entries(grants)) {
    test(`${grant}, ${what}: the answer is held, its refresh token is kept, and an honest answer ends it`, async () => {
      const { name, living, requests, state } = await connected(connect());
      emulator.fault({ match: TOKEN_REQUESTS, action: { tamper: { jsonPatch: patch(emulator) } } });
      const error = await failure(patient.renew(name));
      assert.deepEqual([error.name, error.code, error.retryable], ['ConfigurationError', 'answer_held', false]);
      assert.match(error.message, says);
      assert.equal(await state(), 'held');
      const held = await readStoredRow(home, name);
      assert.equal(held.accessToken, fingerprint(living), 'the access token of before stays');
      if (requests()[0]?.issued !== null) assert.equal(held.refreshToken, requests()[0]?.issued, 'the new refresh token counts');

      const { value } = await patient.renew(name);
      assert.equal(await state(), 'ready');
      const stored = await readStoredRow(home, name);
      assert.equal(stored.accessToken, fingerprint(value));
      const [first, second, ...more] = requests();
      assert.deepEqual(more, []);
      assert.equal(second?.presented, first?.issued);
      if (second?.issued !== null) assert.equal(stored.refreshToken, second?.issued);
    });
  }
}

test('a slow answer within the deadline is taken', async () => {
  for (const connection of [refreshTokenConnection(emulator), clientCredentialsConnection(emulator)]) {
    const { name, living, requests } = await connected(connection);
    emulator.fault({ match: TOKEN_REQUESTS, action: { delayMs: 150 } });
    assert.notEqual((await patient.renew(name)).value, living);
    assert.equal(requests().length, 1);
  }
});

test('an app that rotates leaves out the refresh token: the old one is kept, and its death is told when it shows', async () => {
  const { name, requests, state } = await connected(refreshTokenConnection(emulator));
  const before = await readStoredRow(home, name);
  emulator.fault({ match: TOKEN_REQUESTS, action: { tamper: { jsonPatch: { refresh_token: null } } } });
  await patient.renew(name);
  assert.equal(await state(), 'ready');
  assert.equal((await readStoredRow(home, name)).refreshToken, before.refreshToken);
  const error = await failure(patient.renew(name));
  assert.deepEqual([error.name, error.code], ['ReauthorizationRequired', 'refresh_token_dead']);
  assert.equal(requests().length, 2);
});

test('an app that does not rotate leaves out the refresh token, or sends the same again: both go on with it', async () => {
  const connection = refreshTokenConnection(emulator, 'PlatformCLI');
  const { name, requests, state } = await connected(connection);
  const adopted = fingerprint(connection.refreshToken);
  emulator.fault({ match: TOKEN_REQUESTS, action: { tamper: { jsonPatch: { refresh_token: connection.refreshToken } } } });
  for (let renewal = 0; renewal < 3; renewal += 1) {
    await patient.renew(name);
    const stored = await readStoredRow(home, name);
    assert.deepEqual([stored.refreshToken, stored.row.version, stored.row.exchange.rotation], [adopted, 1, 'no']);
  }
  assert.equal(await state(), 'ready');
  assert.deepEqual(
    requests().map(({ presented }) => presented),
    [adopted, adopted, adopted],
  );
});

test('refusals keep their meaning, and a grant that Salesforce revoked is not asked for again', async () => {
  const revoked = await connected(refreshTokenConnection(emulator));
  emulator.revoke({ fingerprint: (await readStoredRow(home, revoked.name)).refreshToken ?? '' });
  const dead = await failure(patient.renew(revoked.name));
  assert.deepEqual([dead.name, dead.code], ['ReauthorizationRequired', 'refresh_token_dead']);
  await failure(patient.renew(revoked.name));
  assert.equal(revoked.requests().length, 1);

  const busy = await connected(refreshTokenConnection(emulator));
  emulator.fault({ match: TOKEN_REQUESTS, action: { row: 'R2' } });
  assert.equal((await failure(patient.renew(busy.name))).code, 'outcome_unknown');
  assert.equal(await busy.state(), 'unknown');
  assert.equal(fingerprint(await renewedOrVerdict(busy.name)), (await readStoredRow(home, busy.name)).accessToken);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Durations, NewConnection } from '@forcemint/core';
import type { Emulator, LedgerEntry } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import type { Outcomes, ToldError } from '../support/commands.ts';
import {
  clientCredentialsConnection,
  emulatedSalesforce,
  extraHosts,
  jwtConnection,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { IS_LONG, sized } from '../support/length.ts';
import { type StoreKind, storeKinds } from '../support/store-kinds.ts';
import { expireStoredToken, readStoredRow } from '../support/stored-row.ts';
import type { Ending } from '../support/temporary-home.ts';

const PROCESSES = 4;
const CALLERS = 500;
/** Rounds of the race without any delay in it. */
const ROUNDS = 60;
/** Long enough for every process to have joined while the one request is under way. */
const SLOW_MS = 1_200;

const GRANTS: Readonly<Record<string, (emulator: Emulator) => NewConnection>> = {
  'rotating refresh token': (emulator) => refreshTokenConnection(emulator),
  'client credentials': (emulator) => clientCredentialsConnection(emulator),
  'JWT bearer': jwtConnection,
};

/** What a refused client secret is called at each. */
const REFUSED: Readonly<Record<string, string>> = {
  'rotating refresh token': 'R4',
  'client credentials': 'K5',
  'JWT bearer': 'A5',
};

/** A connection whose access token has run out, and the processes that share its store; of a database, each as a replica of its own. */
async function expiredConnection(t: Ending, kind: StoreKind, emulator: Emulator, connection: NewConnection, processes: number) {
  const { machine } = await kind.place(t);
  const home = machine();
  {
    await using forcemint = await openForcemint({ ...home, extraHosts: extraHosts(emulator), env: {} });
    await forcemint.administration.connect('acme', connection);
    await forcemint.getToken('acme');
  }
  await expireStoredToken(home, 'acme');
  const children = await Promise.all(Array.from({ length: processes }, () => ForcemintProcess.start(t)));
  const open = (durations?: Partial<Durations>) =>
    Promise.all(
      children.map((child, index) =>
        child.ask({ do: 'open', ...machine(`m${index}`), extraHosts: extraHosts(emulator), ...(durations && { durations }) }),
      ),
    );
  await open();
  return { home, children, open };
}

/** In `npm test` a database has the grant that a second exchange would end, and the closest race. */
function isWhole({ name }: StoreKind): boolean {
  return IS_LONG || name === 'SQLite';
}

function together(all: readonly Outcomes[], kind: keyof Outcomes): Map<string, number> {
  const sum = new Map<string, number>();
  for (const outcomes of all)
    for (const [key, count] of Object.entries(outcomes[kind])) sum.set(key, (sum.get(key) ?? 0) + count);
  return sum;
}

function lastSeq(ledger: readonly LedgerEntry[]): number {
  return ledger.at(-1)?.seq ?? 0;
}

for (const kind of storeKinds()) {
  const { skip } = kind;
  const rounds = kind.name === 'SQLite' ? ROUNDS : sized(15, ROUNDS);
  for (const [grant, connect] of Object.entries(GRANTS)) {
    if (!isWhole(kind) && grant !== 'rotating refresh token') continue;
    test(`${kind.name}, ${grant}: ${CALLERS} callers in each of ${PROCESSES} processes on one expired connection lead to one exchange`, {
      skip,
    }, async (t) => {
      const emulator = await emulatedSalesforce(t);
      const { home, children } = await expiredConnection(t, kind, emulator, connect(emulator), PROCESSES);
      const before = lastSeq(emulator.ledger());
      emulator.fault({ action: { delayMs: SLOW_MS }, times: 'always' });
      const outcomes = await Promise.all(children.map((child) => child.getTokens('acme', CALLERS)));
      const servedAtMs = performance.timeOrigin + performance.now();

      const requests = emulator.ledger(before);
      assert.deepEqual(
        requests.map(({ outcome }) => outcome),
        ['ok'],
      );
      const waitedMs = servedAtMs - (requests[0]?.endedAtMs ?? Number.NaN);
      t.diagnostic(
        `the last of ${PROCESSES * CALLERS} was served, and counted here, ${waitedMs.toFixed(0)} ms after the exchange`,
      );
      assert.deepEqual([...together(outcomes, 'errors')], []);
      const stored = await readStoredRow(home, 'acme');
      assert.deepEqual([...together(outcomes, 'tokens')], [[stored.accessToken, PROCESSES * CALLERS]]);
      if (requests[0]?.issued !== null) assert.equal(stored.refreshToken, requests[0]?.issued);
    });

    if (!isWhole(kind)) continue;
    test(`${kind.name}, ${grant}: when the one request is refused, everybody gets its error and nobody asks again`, {
      skip,
    }, async (t) => {
      const emulator = await emulatedSalesforce(t);
      const { children } = await expiredConnection(t, kind, emulator, connect(emulator), PROCESSES);
      const before = lastSeq(emulator.ledger());
      emulator.fault({ action: { delayBeforeMs: SLOW_MS, row: 'A5' }, times: 'always' });
      const outcomes = await Promise.all(children.map((child) => child.getTokens('acme', CALLERS)));

      assert.equal(emulator.ledger(before).length, 1);
      assert.deepEqual([...together(outcomes, 'tokens')], []);
      const errors = [...together(outcomes, 'errors')];
      assert.equal(errors.length, 1, JSON.stringify(errors, null, 1));
      const [[text = '', count] = []] = errors;
      assert.equal(count, PROCESSES * CALLERS);
      const error: ToldError = JSON.parse(text);
      assert.equal(error.name, 'OAuthResponseError');
      assert.equal(error.diagnosis?.id, REFUSED[grant]);
      assert.ok((error.diagnosis?.fix.length ?? 0) > 0);
    });
  }

  test(`${kind.name}: when the answer to the one request is lost, 100 waiters are told so, and nobody asks again`, {
    skip,
  }, async (t) => {
    const emulator = await emulatedSalesforce(t);
    const { home, children } = await expiredConnection(t, kind, emulator, refreshTokenConnection(emulator), PROCESSES);
    const before = lastSeq(emulator.ledger());
    emulator.fault({ action: { delayMs: SLOW_MS, dropAfter: true }, times: 'always' });
    const outcomes = await Promise.all(children.map((child) => child.getTokens('acme', 100 / PROCESSES)));

    assert.deepEqual(
      emulator.ledger(before).map(({ consumed, written }) => ({ consumed, written })),
      [{ consumed: true, written: false }],
    );
    assert.deepEqual([...together(outcomes, 'tokens')], []);
    const errors = [...together(outcomes, 'errors')];
    assert.equal(errors.length, 1, JSON.stringify(errors, null, 1));
    const [[text = '', count] = []] = errors;
    assert.equal(count, 100);
    assert.equal((JSON.parse(text) as ToldError).code, 'outcome_unknown');
    assert.equal((await readStoredRow(home, 'acme')).row.exchange.phase, 'unknown');
  });

  test(`${kind.name}: ${rounds} times in a row, without any delay: a token that has run out is renewed once, however closely the processes follow each other`, {
    skip,
  }, async (t) => {
    const emulator = await emulatedSalesforce(t);
    const { home, children, open } = await expiredConnection(t, kind, emulator, refreshTokenConnection(emulator), PROCESSES);
    await Promise.all(children.map((child) => child.ask({ do: 'close' })));
    await open({ budgetRequests: 1_000, cacheTrustMs: 1, pollMs: 5 });
    for (let round = 0; round < rounds; round += 1) {
      await expireStoredToken(home, 'acme');
      const before = lastSeq(emulator.ledger());
      const outcomes = await Promise.all(children.map((child) => child.getTokens('acme', 3)));
      assert.equal(emulator.ledger(before).length, 1, `round ${round}`);
      const { accessToken } = await readStoredRow(home, 'acme');
      assert.deepEqual([...together(outcomes, 'tokens')], [[accessToken, PROCESSES * 3]], `round ${round}`);
    }
  });

  if (!isWhole(kind)) continue;
  test(`${kind.name}: forced renewals from 8 processes at once stay 30 seconds apart: one leaves, the others take its token or are told to wait`, {
    skip,
  }, async (t) => {
    const emulator = await emulatedSalesforce(t);
    const { home, children } = await expiredConnection(t, kind, emulator, refreshTokenConnection(emulator), 8);
    const before = lastSeq(emulator.ledger());
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.allSettled(children.map((child) => child.ask({ do: 'renew', name: 'acme' })));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.match(String(outcome.reason), /budget_exhausted/);
      }
      if (round === 0) assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
    }
    const requests = emulator.ledger(before);
    assert.deepEqual(
      requests.map(({ outcome }) => outcome),
      ['ok'],
    );
    assert.equal((await readStoredRow(home, 'acme')).refreshToken, requests[0]?.issued);
  });

  test(`${kind.name}: 8 processes that renew by force without pause send 4 requests a minute together, each with the newest refresh token`, {
    skip,
  }, async (t) => {
    const emulator = await emulatedSalesforce(t);
    const { home, children, open } = await expiredConnection(t, kind, emulator, refreshTokenConnection(emulator), 8);
    await Promise.all(children.map((child) => child.ask({ do: 'close' })));
    await open({ forcedIntervalMs: 1 });
    for (let round = 0; round < 6; round += 1) {
      const outcomes = await Promise.allSettled(children.map((child) => child.ask({ do: 'renew', name: 'acme' })));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.match(String(outcome.reason), /budget_exhausted/);
      }
    }
    const requests = emulator.ledger();
    assert.deepEqual(
      requests.map(({ outcome }) => outcome),
      ['ok', 'ok', 'ok', 'ok'],
    );
    assert.deepEqual(
      requests.slice(1).map(({ presented }) => presented),
      requests.slice(0, -1).map(({ issued }) => issued),
    );
    assert.equal((await readStoredRow(home, 'acme')).refreshToken, requests.at(-1)?.issued);
  });
}

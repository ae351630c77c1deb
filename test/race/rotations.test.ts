import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { historyOf, misplaced, violations } from '../support/ledger-history.ts';
import { sized } from '../support/length.ts';
import { quickStart } from '../support/quick-start.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const PROCESSES = 8;
const CONNECTIONS = sized(10, 50);
const ROTATIONS = sized(5, 100);
/** Of each connection, at least. */
const ROTATIONS_OF_EACH = PROCESSES * ROTATIONS;
const AT_A_TIME = 4;
const DURATIONS = { ...PATIENT, budgetRequests: 1_000_000 };

test(`${PROCESSES} processes × ${CONNECTIONS} connections × ${ROTATIONS} rotations: every history is one chain, and its end is stored`, async (t) => {
  const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 1_000_000_007);
  // Long enough for two requests with one token to meet at the server, if ever two leave.
  const emulator = await emulatedSalesforce(t, { config: { switches: { processingMs: 10 } } });
  const home = temporaryHome(t);
  const hosts = extraHosts(emulator);
  const adopted = new Map<string, string>();
  {
    await using operator = await openForcemint({ home, extraHosts: hosts, durations: PATIENT, env: {} });
    for (let index = 0; index < CONNECTIONS; index += 1) {
      const connection = refreshTokenConnection(emulator);
      adopted.set(`acme-${index}`, fingerprint(connection.refreshToken));
      await operator.administration.connect(`acme-${index}`, connection);
    }
  }
  const names = [...adopted.keys()];
  const env = await quickStart(t);
  const children = await Promise.all(Array.from({ length: PROCESSES }, () => ForcemintProcess.start(t, { env })));
  await Promise.all(children.map((child) => child.ask({ do: 'open', home, extraHosts: hosts, durations: DURATIONS })));

  const rotated = (name: string) => historyOf(emulator.ledger(), adopted.get(name) ?? '').requests.length;
  const startedMs = performance.now();
  const failures: unknown[] = [];
  for (let turn = 0, rounds = ROTATIONS; rounds > 0 && failures.length === 0; turn += 1) {
    const turns = children.map((child, index) =>
      child.ask({ do: 'renew-all', names, rounds, atATime: AT_A_TIME, seed: seed + turn * PROCESSES + index }),
    );
    for (const outcome of await Promise.allSettled(turns)) if (outcome.status === 'rejected') failures.push(outcome.reason);
    // Who waits for another's renewal takes its token and makes none.
    rounds = Math.ceil((ROTATIONS_OF_EACH - Math.min(...names.map(rotated))) / PROCESSES);
  }
  const seconds = (performance.now() - startedMs) / 1000;

  const ledger = emulator.ledger();
  const histories = new Map([...adopted].map(([name, first]) => [name, historyOf(ledger, first)]));
  // No time is long enough: here nothing is ever to be repeated.
  const found = [...histories].flatMap(([name, history]) =>
    violations(history, Number.POSITIVE_INFINITY).map((what) => `${name} ${what}`),
  );
  assert.deepEqual(found, [], `seed ${seed}`);
  assert.deepEqual(failures, [], `seed ${seed}: a renewal failed`);
  for (const [name, history] of histories) {
    assert.ok(history.requests.length >= ROTATIONS_OF_EACH, `${name} was rotated ${history.requests.length} times`);
    assert.ok(
      history.requests.every(({ outcome }) => outcome === 'ok'),
      `${name} was refused`,
    );
    const { refreshToken, row } = await readStoredRow(home, name);
    assert.deepEqual(misplaced(history, { stored: refreshToken, isNamed: false }), [], name);
    assert.equal(row.version, history.issued.length, `${name}: each rotation is one version`);
  }
  t.diagnostic(
    `seed ${seed}: ${ledger.length} rotations of ${names.length} connections by ${PROCESSES} processes in ${seconds.toFixed(1)} s ` +
      `(${(ledger.length / seconds).toFixed(0)} /s, emulator and test on the same machine), 0 violations`,
  );
});

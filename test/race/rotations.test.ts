import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { historyOf, misplaced, violations } from '../support/ledger-history.ts';
import { sized } from '../support/length.ts';
import { quickStart } from '../support/quick-start.ts';
import { type StoreKind, storeKinds } from '../support/store-kinds.ts';
import { readStoredRow } from '../support/stored-row.ts';

const CONNECTIONS = sized(10, 50);
const ROTATIONS = sized(5, 100);
const AT_A_TIME = 4;
/** Who waits for another looks again so seldom that the waiting leaves a machine with two cores the time to renew. */
const DURATIONS = { ...PATIENT, budgetRequests: 1_000_000, pollMs: 60 };

for (const kind of storeKinds()) {
  const processes = kind.name === 'SQLite' ? 8 : sized(4, 8);
  test(
    `${kind.name}: ${processes} processes × ${CONNECTIONS} connections × ${ROTATIONS} rotations: every history is one chain, and its end is stored`,
    {
      skip: kind.skip,
    },
    (t) => rotate(t, kind, processes),
  );
}

/** Where the store is a database, each process is on a machine of its own. */
async function rotate(t: TestContext, kind: StoreKind, processes: number): Promise<void> {
  const leastOfEach = processes * ROTATIONS;
  const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 1_000_000_007);
  // Long enough for two requests with one token to meet at the server, if ever two leave.
  const emulator = await emulatedSalesforce(t, { config: { switches: { processingMs: 10 } } });
  const { machine } = await kind.place(t);
  const hosts = extraHosts(emulator);
  const adopted = new Map<string, string>();
  {
    await using operator = await openForcemint({ ...machine(), extraHosts: hosts, durations: PATIENT, env: {} });
    for (let index = 0; index < CONNECTIONS; index += 1) {
      const connection = refreshTokenConnection(emulator);
      adopted.set(`acme-${index}`, fingerprint(connection.refreshToken));
      await operator.administration.connect(`acme-${index}`, connection);
    }
  }
  const names = [...adopted.keys()];
  const env = await quickStart(t);
  const children = await Promise.all(Array.from({ length: processes }, () => ForcemintProcess.start(t, { env })));
  const open = { do: 'open', extraHosts: hosts, durations: DURATIONS } as const;
  await Promise.all(children.map((child, index) => child.ask({ ...open, ...machine(`m${index}`) })));

  const rotated = (name: string) => historyOf(emulator.ledger(), adopted.get(name) ?? '').requests.length;
  const startedMs = performance.now();
  const failures: unknown[] = [];
  for (let turn = 0, rounds = ROTATIONS; rounds > 0 && failures.length === 0; turn += 1) {
    const turns = children.map((child, index) =>
      child.ask({ do: 'renew-all', names, rounds, atATime: AT_A_TIME, seed: seed + turn * processes + index }),
    );
    for (const outcome of await Promise.allSettled(turns)) if (outcome.status === 'rejected') failures.push(outcome.reason);
    // Who waits for another's renewal takes its token and makes none.
    rounds = Math.ceil((leastOfEach - Math.min(...names.map(rotated))) / processes);
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
    assert.ok(history.requests.length >= leastOfEach, `${name} was rotated ${history.requests.length} times`);
    assert.ok(
      history.requests.every(({ outcome }) => outcome === 'ok'),
      `${name} was refused`,
    );
    const { refreshToken, row } = await readStoredRow(machine(), name);
    assert.deepEqual(misplaced(history, { stored: refreshToken, isNamed: false }), [], name);
    assert.equal(row.version, history.issued.length, `${name}: each rotation is one version`);
  }
  t.diagnostic(
    `${kind.name}, seed ${seed}: ${ledger.length} rotations of ${names.length} connections by ${processes} processes in ${seconds.toFixed(1)} s ` +
      `(${(ledger.length / seconds).toFixed(0)} /s, emulator and test on the same machine), 0 violations`,
  );
}

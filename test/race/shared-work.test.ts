import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BRISK } from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { replicaScene } from '../support/replica-scene.ts';
import { postgresKind } from '../support/store-kinds.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { until } from '../support/until.ts';

const CONNECTIONS = 12;
/** Looks at what is to be done come often; nothing else asks. */
const AHEAD = { ...BRISK, renewalTickMs: 100 };

const kind = postgresKind();

test(`PostgreSQL: ${CONNECTIONS} renewals of a replica that died are taken over by the others, each by one of them, without anybody asking`, {
  skip: kind.skip,
}, async (t) => {
  const names = Array.from({ length: CONNECTIONS }, (_, index) => `acme-${index}`);
  const { emulator, place, hosts, requests, start, end } = await replicaScene(t, await kind.server(), names);
  emulator.fault({ action: { dropBefore: true, delayBeforeMs: 1_000 }, times: CONNECTIONS });
  const victim = await start('victim');
  victim.ask({ do: 'renew-all', names, rounds: 1, atATime: CONNECTIONS, seed: 1 }).catch(() => 'it dies');
  await until('its requests', () => requests().length === CONNECTIONS);
  await victim.kill();
  await place.letLeaseRunOut('victim');

  const phaseOf = async (name: string) => (await readStoredRow(place.machine('one'), name)).row.exchange.phase;
  const witness = await start('witness', BRISK);
  assert.equal((await witness.failure({ do: 'renew', name: 'acme-0' })).code, 'outcome_unknown');
  assert.equal(requests().length, CONNECTIONS, 'while it may come back with answers nobody repeats its requests');
  await place.letFallSilent('victim');
  const others = await Promise.all(
    ['one', 'two', 'three'].map(async (machine) => {
      const child = await ForcemintProcess.start(t);
      await child.ask({ do: 'open', ...place.machine(machine), extraHosts: hosts, durations: AHEAD });
      return child;
    }),
  );
  for (const name of names) await until(`${name} to come to rest`, async () => (await phaseOf(name)) === 'idle');
  for (const child of others) await child.kill();
  for (const name of names) assert.equal(await end(name, 0.75 * AHEAD.unknownWaitMs), 'newest-stored', name);
  const outcomes = Map.groupBy(requests(), ({ outcome }) => outcome);
  assert.deepEqual([outcomes.get('dropped')?.length, outcomes.get('ok')?.length], [CONNECTIONS, CONNECTIONS]);
});

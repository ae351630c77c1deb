import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATIENT } from '../support/emulated-salesforce.ts';
import { ForcemintProcess, ToldFailure } from '../support/forcemint-process.ts';
import { embeddedPostgres } from '../support/postgres-binaries.ts';
import { PostgresRelay } from '../support/postgres-relay.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { replicaScene } from '../support/replica-scene.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { until } from '../support/until.ts';
import { debianPostgres } from './find-engines.ts';
import { Standby } from './standby.ts';

const REPLICAS = ['one', 'two', 'three'] as const;
const CONNECTIONS = 12;
/** Rotations of each connection that the standby never hears of. */
const UNHEARD = 3;

const debian = await debianPostgres();
const embedded = embeddedPostgres();
const binDir = debian.missing === false ? debian.path : undefined;
const skip = binDir === undefined && 'missing' in embedded ? embedded.missing : false;

test(`a standby that lags behind is promoted: no spent token is presented, and every newest one comes back from the replica that has it, the others wait for it`, {
  skip,
}, async (t) => {
  const primary = await PostgresServer.start({ ...(binDir !== undefined && { binDir }), fsync: false });
  t.after(() => primary.stop());
  const standby = await Standby.of(primary, binDir);
  t.after(() => standby.server.stop());
  const relay = await PostgresRelay.start(t, primary.port);
  const names = Array.from({ length: CONNECTIONS }, (_, index) => `acme-${index}`);
  const through = (database: string) => primary.url(database).replace(`:${primary.port}/`, `:${relay.port}/`);
  const { emulator, place, hosts, requests, end } = await replicaScene(t, primary, names, through);
  // What set the connections up will not come back: nobody is to wait for it.
  await place.letFallSilent('operator');
  const children = await Promise.all(
    REPLICAS.map(async (machine) => {
      const child = await ForcemintProcess.start(t);
      await child.ask({ do: 'open', ...place.machine(machine), extraHosts: hosts, durations: PATIENT });
      return child;
    }),
  );
  /** Connections that this replica has renewed last. */
  const ownNames = (replica: number) => names.filter((_, index) => index % REPLICAS.length === replica);
  await standby.catchUp();
  await standby.fallBehind();
  for (let round = 0; round < UNHEARD; round += 1) {
    const turns = children.map((child, replica) =>
      child.ask({ do: 'renew-all', names: ownNames((replica + round + 1) % REPLICAS.length), rounds: 1, atATime: 4, seed: 1 }),
    );
    await Promise.all(turns);
  }
  assert.equal(requests().length, CONNECTIONS * UNHEARD);
  const newest = new Map(await Promise.all(names.map(async (name) => [name, await storedToken(name)] as const)));

  const [first, , last] = children;
  assert.ok(first !== undefined && last !== undefined);
  last.process.kill('SIGSTOP');
  await primary.kill();
  await standby.promote();
  relay.pointTo(standby.server.port);
  const [awaited = ''] = ownNames(2);
  // The first time it may be content with the answer that it brings back itself, which is not the newest.
  const refused = async () => {
    try {
      await first.ask({ do: 'renew', name: awaited });
      return false;
    } catch (error) {
      if (error instanceof ToldFailure && error.told.retryable === true) return error.told.code === 'store_failed_over';
      throw error;
    }
  };
  await until('the failover to be noticed', refused);
  const healed = async (wanted: readonly string[]) => {
    for (const name of wanted) if ((await storedToken(name)) !== newest.get(name)) return false;
    return true;
  };
  await until('what the living replicas have to come back', () => healed([...ownNames(0), ...ownNames(1)]));
  assert.ok(await refused(), 'one replica has not been heard');
  assert.notEqual(await storedToken(awaited), newest.get(awaited));
  assert.equal(requests().length, CONNECTIONS * UNHEARD, 'nothing is sent meanwhile');

  last.process.kill('SIGCONT');
  await until('everything to come back', () => healed(names));
  assert.ok(await refused(), 'a request may be under way whose intent the new primary lacks');
  // As if the five minutes were over that such a request may take.
  await standby.server.query(
    "UPDATE forcemint.meta SET failed_over_at = failed_over_at - interval '300 seconds'",
    [],
    place.database,
  );
  await until('renewals to begin again', async () => !(await refused()));
  for (const child of children) await child.ask({ do: 'renew-all', names, rounds: 1, atATime: 4, seed: 2 });
  for (const name of names) assert.equal(await end(name), 'newest-stored', name);
  assert.ok(emulator.ledger().every(({ outcome }) => outcome === 'ok'));
  t.diagnostic(
    `${CONNECTIONS} connections, ${CONNECTIONS * UNHEARD} rotations lost by the database, all brought back, 0 violations`,
  );

  async function storedToken(name: string): Promise<string | undefined> {
    return (await readStoredRow(place.machine('operator'), name)).refreshToken;
  }
});

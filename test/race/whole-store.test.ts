import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { copyStore } from '@forcemint/core/maintenance/copy-store';
import { rotateKeys } from '@forcemint/core/maintenance/rotate-keys';
import { verifyStore } from '@forcemint/core/maintenance/verify-store';
import { openForcemint } from '@forcemint/node';
import { systemClock as clock } from '@forcemint/node/clock';
import { openMaintenance } from '@forcemint/node/open-maintenance';
import { systemRandom as random } from '@forcemint/node/random';
import { parseStoreLocation } from '@forcemint/node/store-location';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { ForcemintProcess, ToldFailure } from '../support/forcemint-process.ts';
import { historyOf, violations } from '../support/ledger-history.ts';
import { type StoreKind, type StorePlace, storeKinds } from '../support/store-kinds.ts';
import type { StoreHome } from '../support/stored-row.ts';

const CONNECTIONS = 6;
const report = () => undefined;

/** As the environment of a process says it. */
function environment({ home, store }: StoreHome, key?: Uint8Array): Record<string, string> {
  return {
    FORCEMINT_HOME: home,
    ...(store === undefined ? {} : { FORCEMINT_STORE: store }),
    ...(key === undefined ? {} : { FORCEMINT_MASTER_KEY: Buffer.from(key).toString('base64') }),
  };
}

/** Two processes, each on a machine of its own where the store has several, that renew all connections until they are told to stop. */
async function renewing(t: TestContext, place: StorePlace) {
  const emulator = await emulatedSalesforce(t, { config: { switches: { approvalLimit: 0, processingMs: 0 } } });
  const hosts = extraHosts(emulator);
  const open = { extraHosts: hosts, durations: PATIENT };
  const adopted = new Map<string, string>();
  await using operator = await openForcemint({ ...open, ...place.machine(), env: {}, renewAhead: false });
  for (let n = 0; n < CONNECTIONS; n += 1) {
    const connection = refreshTokenConnection(emulator);
    await operator.administration.connect(`c${n}`, connection);
    adopted.set(`c${n}`, fingerprint(connection.refreshToken));
  }
  const processes = await Promise.all([ForcemintProcess.start(t), ForcemintProcess.start(t)]);
  const failures: string[] = [];
  let [renewals, isOver] = [0, false];
  const loops = processes.map(async (process, shift) => {
    await process.ask({ do: 'open', ...open, ...place.machine(`machine ${shift}`) });
    for (let n = shift; !isOver; n += 1) {
      try {
        await process.ask({ do: 'renew', name: `c${n % CONNECTIONS}` });
        renewals += 1;
      } catch (error) {
        if (!(error instanceof ToldFailure)) throw error;
        failures.push(`${error.told.code}: ${error.told.message}`);
        if (error.told.code === 'store_moved') return;
      }
    }
  });
  const stopped = Promise.all(loops);
  stopped.catch(() => 'judged below');
  return {
    emulator,
    hosts,
    adopted,
    failures,
    renewals: () => renewals,
    async stop() {
      isOver = true;
      await stopped;
    },
    /** Resolves when both have been told that the store has moved. */
    async told() {
      await stopped;
    },
    /** Resolves when so many more renewals have been done. */
    async more(count: number) {
      const wanted = renewals + count;
      while (renewals < wanted) await Promise.race([clock.sleep(5), stopped]);
    },
  };
}

/** Judged by the ledger: nothing was presented twice, and the store has the newest of each grant: it renews once more. */
async function mustBeSound(
  { emulator, hosts, adopted }: Awaited<ReturnType<typeof renewing>>,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  for (const token of adopted.values()) assert.deepEqual(violations(historyOf(emulator.ledger(), token), 0), []);
  const options = { extraHosts: hosts, durations: PATIENT, env, renewAhead: false, onWarning: report };
  await using forcemint = await openForcemint(options);
  for (const name of adopted.keys()) await forcemint.renew(name);
}

const kinds = storeKinds();

for (const kind of kinds) {
  const title = `${kind.name}: while every key is replaced, twice, renewals of two processes go on without one that fails`;
  test(title, { skip: kind.skip }, async (t) => {
    const place = await kind.place(t);
    const running = await renewing(t, place);
    await running.more(10);
    await using store = await openMaintenance({ env: environment(place.machine()), warn: report, alone: true });
    // Nobody is waited for: rows that have tokens are safe without, since who writes them has read them.
    const ports = { ...store, clock, random, report, othersUseStore: async () => false };
    const newMasterKey = random.bytes(32);
    for (const given of [undefined, newMasterKey]) {
      const { dataKey } = await rotateKeys({ ...ports, newMasterKey: given });
      assert.equal(dataKey, 'replaced');
      await running.more(10);
    }
    const { outstanding } = await rotateKeys({ ...ports, masterKey: newMasterKey, newMasterKey });
    assert.ok(
      outstanding.length > 0 && outstanding.every(({ what }) => what === 'processes' || what === 'replica' || what === 'spool'),
    );
    await running.stop();
    assert.deepEqual(running.failures, []);
    assert.ok(running.renewals() >= 30);
    assert.equal((await store.store.readKeys()).dataKeys.length, 1);
    await mustBeSound(running, environment(place.machine(), newMasterKey));
  });
}

/** Where a store of the other kind can be made, opened with the same master key. */
async function target(t: TestContext, from: StoreHome, to: StoreKind): Promise<string> {
  if (to.name === 'SQLite') return `sqlite:${join(from.home, 'moved', 'store.db')}`;
  const { store } = (await to.place(t)).machine();
  return store ?? '';
}

for (const [index, kind] of kinds.entries()) {
  const other = kinds[1 - index];
  if (other === undefined) continue;
  const title = `${kind.name} to ${other.name}: a store that is moved while two processes renew loses no grant, and they are told where it is`;
  test(title, { skip: kind.skip || other.skip }, async (t) => {
    const place = await kind.place(t);
    const running = await renewing(t, place);
    await running.more(10);
    const here = place.machine();
    const url = await target(t, here, other);
    const key = Buffer.from(readFileSync(join(here.home, 'master.key'), 'latin1'), 'base64');
    const options = { env: environment(here), warn: report, alone: true };
    await using from = await openMaintenance(options);
    await using to = await openMaintenance({ ...options, location: parseStoreLocation(url, 'TO'), mayCreate: true });
    await copyStore({ from, to, clock, settle: (names) => from.settle(names), report });
    await running.told();
    assert.ok(
      running.failures.every((failure) => failure.startsWith('store_moved:') && failure.includes(to.url)),
      running.failures.join('\n'),
    );
    assert.equal(running.failures.length, 2);
    assert.deepEqual((await verifyStore({ store: to.store, keys: to.keys, report })).findings, []);
    await mustBeSound(running, environment({ home: here.home, store: url }, key));
  });
}

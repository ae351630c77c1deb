import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MasterKey } from '@forcemint/core/seal/seal';
import { openKeys, replacement } from '@forcemint/core/seal/stored-keys';
import { announceUse, isInUse } from '@forcemint/store/sqlite/presence';
import { createKernelLock } from '../src/kernel-lock.ts';
import type { OpenedStore, ReplicaReport } from '../src/opened-store.ts';
import { systemRandom } from '../src/random.ts';
import { ReplicaDuties } from '../src/replica-duties.ts';
import { createSpool } from '../src/spool.ts';
import type { StoreGuard } from '../src/store-guard.ts';
import { addConnection, openWith } from './support/filled-store.ts';
import { present, temporaryDirectory } from './support/machine.ts';

test('a replica with the new master key seals its spool anew and reports what is left; one with the former says so', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const [key, nextKey] = [systemRandom.bytes(32), systemRandom.bytes(32)];
  const { store, keys, seal } = await openWith(path, key);
  const { storeId } = store;
  const spool = createSpool({ directory: `${path}.spool` });
  const lock = createKernelLock({ storePath: path, condition: () => store.condition() });
  t.after(async () => {
    lock[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
  });
  for (const [name, version] of [
    ['stored', 2],
    ['wanted', 3],
  ] as const) {
    const { id } = await addConnection({ store, keys, seal }, name);
    const place = { connectionId: id, attemptId: 'attempt', version, stagedAtMs: 5 };
    await spool.write({ ...place, sealed: seal.sealForSpool(place, Buffer.from('answer')) });
  }
  const reports: ReplicaReport[] = [];
  const opened: OpenedStore = {
    store,
    url: `sqlite:${path}`,
    lock,
    spool,
    replicas: undefined,
    beat: async (report) => {
      reports.push(report);
      return { condition: { is: 'active' }, generation: 1, replay: undefined } as const;
    },
    announce: (id) => announceUse(path, id),
    isInUse: (id) => isInUse(path, id),
    close: async () => undefined,
  };
  const guard = { noticed: async () => false } as unknown as StoreGuard;
  const beatWith = async (masterKey: Uint8Array) => {
    const mine = openKeys(storeId, await store.readKeys(), masterKey, systemRandom);
    await new ReplicaDuties({ opened, guard, keys: mine, replaySpool: async () => true }).beat();
    return { report: present(reports.at(-1)), mine };
  };
  assert.equal((await beatWith(key)).report.formerEntries, 0);
  const stored = await store.readKeys();
  const next = new MasterKey(nextKey, systemRandom);
  const { next: written, former } = replacement(storeId, stored, keys.master, next, 5);
  await store.replaceMasterKey(written, former, present(stored.check));

  const before = await beatWith(key);
  assert.deepEqual([before.report.masterKeyId, before.report.formerEntries], [keys.master.id, 0]);
  const { report, mine } = await beatWith(nextKey);
  assert.deepEqual([report.masterKeyId, report.formerEntries], [next.id, 1]);
  const late = opened.announce(keys.master.id);
  assert.equal((await beatWith(nextKey)).report.masterKeyId, keys.master.id, 'a process beside it works with the former key');
  late[Symbol.dispose]();
  assert.equal((await beatWith(nextKey)).report.masterKeyId, next.id);
  for await (const entry of spool.entries()) {
    assert.equal(mine.seal.isFormerEntry(entry.sealed), entry.version === 3);
    assert.equal(Buffer.from(mine.seal.openFromSpool(entry)).toString(), 'answer');
  }
});

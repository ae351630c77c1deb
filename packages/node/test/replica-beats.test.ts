import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { MasterKey } from '@forcemint/core/seal/seal';
import { type OpenedKeys, openKeys } from '@forcemint/core/seal/stored-keys';
import type { FormerMasterKey, StoredKeys } from '@forcemint/core/store-maintenance';
import type { Beat, OpenedStore, ReplicaReport } from '../src/opened-store.ts';
import { systemRandom as random } from '../src/random.ts';
import { ReplicaDuties } from '../src/replica-duties.ts';
import { createSpool } from '../src/spool.ts';
import type { StoreGuard } from '../src/store-guard.ts';
import { type Ending, temporaryDirectory } from './support/machine.ts';

const STORE = 'synthetic-store';

function keysOf(key: Uint8Array): { keys: OpenedKeys; stored: StoredKeys } {
  const master = new MasterKey(key, random);
  const stored = { check: master.makeCheck(STORE), dataKeys: [master.makeDataKey(STORE, 1, 0)], former: [] };
  return { keys: openKeys(STORE, stored, key, random), stored };
}

/** A replica whose database answers its signs of life as told; what happens is written down in its order. */
function replica(
  t: Ending,
  answer: Omit<Beat, 'condition'> & Partial<Pick<Beat, 'condition'>>,
  options: { readonly former?: readonly FormerMasterKey[]; readonly fails?: Error } = {},
) {
  const answers: Beat = { condition: { is: 'active' }, ...answer };
  const happened: string[] = [];
  const reports: ReplicaReport[] = [];
  const { keys, stored } = keysOf(randomBytes(32));
  const spool = createSpool({ directory: `${temporaryDirectory(t)}/spool` });
  const opened = {
    spool,
    store: { readKeys: async () => ({ ...stored, former: options.former ?? [] }) },
    beat: async (report: ReplicaReport) => {
      reports.push(report);
      happened.push(report.replayed === undefined ? 'beat' : `said: ${report.replayed} replayed`);
      return answers;
    },
  } as unknown as OpenedStore;
  const guard = {
    noticed: async (generation: number) => {
      happened.push(`generation ${generation}`);
      return false;
    },
  } as unknown as StoreGuard;
  const replaySpool = async (): Promise<boolean> => {
    happened.push('replays');
    if (options.fails) throw options.fails;
    return true;
  };
  return { happened, reports, keys, spool, opened, duties: new ReplicaDuties({ opened, guard, keys, replaySpool }) };
}

test('a sign of life says which master key is used, and looks at the generation that it is answered', async (t) => {
  const { duties, happened, reports, keys } = replica(t, { generation: 7, replay: undefined });
  await duties.beat();
  assert.deepEqual(happened, ['beat', 'generation 7']);
  assert.deepEqual(reports, [{ masterKeyId: keys.master.id, formerEntries: 0 }]);
});

test('after a failover what the spool has is brought back first, and only then said so', async (t) => {
  const { duties, happened } = replica(t, { generation: 7, replay: 'synthetic-timeline' });
  await duties.beat();
  assert.deepEqual(happened, ['beat', 'generation 7', 'replays', 'said: synthetic-timeline replayed']);
});

test('into a store that was restored what the spool has is brought back once, before anybody adopts it; a clone gets nothing', async (t) => {
  const restored = { is: 'quarantined', why: 'restored', evidence: 'synthetic', sinceMs: 5 } as const;
  const { duties, happened } = replica(t, { condition: restored, generation: 7, replay: undefined });
  await duties.beat();
  await duties.beat();
  assert.deepEqual(happened, ['beat', 'generation 7', 'replays', 'beat', 'generation 7']);
  const clone = replica(t, { condition: { ...restored, why: 'clone' }, generation: 7, replay: undefined });
  await clone.duties.beat();
  assert.deepEqual(clone.happened, ['beat', 'generation 7']);
});

test('what could not be brought back is not said to be', async (t) => {
  const { duties, happened } = replica(t, { generation: 7, replay: 'synthetic-timeline' }, { fails: new Error('synthetic') });
  await assert.rejects(duties.beat(), /synthetic/);
  assert.deepEqual(happened, ['beat', 'generation 7', 'replays']);
});

test('a store that is used by one machine is told nothing', async (t) => {
  const { opened, keys, happened } = replica(t, { generation: 1, replay: undefined });
  const guard = { noticed: () => assert.fail() } as unknown as StoreGuard;
  const alone = { ...opened, beat: undefined };
  await new ReplicaDuties({ opened: alone, guard, keys, replaySpool: () => assert.fail() }).beat();
  assert.deepEqual(happened, []);
});

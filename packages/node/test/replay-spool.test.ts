import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembleForcemint } from '../src/assemble.ts';
import { openPorts } from '../src/open-ports.ts';
import type { Beat, OpenedStore, ReplicaReport } from '../src/opened-store.ts';
import { ReplicaDuties } from '../src/replica-duties.ts';
import type { StoreGuard } from '../src/store-guard.ts';
import { present, temporaryDirectory } from './support/machine.ts';

const CLIENT = { grant: 'refresh-token', loginUrl: 'https://login.salesforce.com', clientId: 'synthetic' } as const;

async function replica(home: string) {
  const { ports, opened, keys, close } = await openPorts({ home, env: {} });
  return { ports, opened, keys, forcemint: assembleForcemint({ ports, close, renewAhead: false }) };
}

test('what another holds the lock of is not brought back, and that is said', async (t) => {
  const { ports, forcemint } = await replica(temporaryDirectory(t));
  t.after(() => forcemint[Symbol.asyncDispose]());
  for (const name of ['free', 'held']) {
    const { id } = await forcemint.administration.connect(name, {
      settings: CLIENT,
      secrets: {},
      refreshToken: `synthetic-${name}`,
    });
    const place = { connectionId: id, attemptId: 'a1', version: 1, stagedAtMs: 0 };
    await ports.spool.write({ ...place, sealed: ports.seal.sealForSpool(place, Buffer.from('{}')) });
  }
  const { id } = present(await ports.store.getConnection('held'));
  const lease = present(await ports.lock.tryAcquire(id, 60_000));
  assert.equal(await forcemint.replaySpool(), false);
  await lease.release();
  assert.equal(await forcemint.replaySpool(), true);
});

test('a replica says that it has brought back everything only when it has, and tries again with the next sign of life', async (t) => {
  const { opened, keys, forcemint } = await replica(temporaryDirectory(t));
  t.after(() => forcemint[Symbol.asyncDispose]());
  const reports: ReplicaReport[] = [];
  const answer: Beat = { condition: { is: 'active' }, generation: 1, replay: '00000002' };
  const beating: OpenedStore = {
    ...opened,
    beat: async (report) => {
      reports.push(report);
      return answer;
    },
  };
  const outcomes = [false, true];
  const guard = { noticed: async () => false } as unknown as StoreGuard;
  const duties = new ReplicaDuties({ opened: beating, guard, keys, replaySpool: async () => outcomes.shift() === true });
  await duties.beat();
  assert.deepEqual(
    reports.map(({ replayed }) => replayed),
    [undefined],
  );
  await duties.beat();
  assert.deepEqual(
    reports.map(({ replayed }) => replayed),
    [undefined, undefined, '00000002'],
  );
});

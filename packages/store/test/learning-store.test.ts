import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '@forcemint/core/ports';
import { KEYS_TRUST_MS, learningStore } from '@forcemint/core/seal/learning-store';
import { MasterKey } from '@forcemint/core/seal/seal';
import { openKeys } from '@forcemint/core/seal/stored-keys';
import { clock, open, random, temporaryDirectory } from './support/machine.ts';
import { pendingRevocation } from './support/revocations.ts';
import { connectionRow, present, tokenRow } from './support/rows.ts';

const PLACE = { table: 'tokens', row: 'a', column: 'refresh_token', version: 1 };

/** A store, a process that has read its keys, and another one that is a data key ahead. */
async function twoProcesses(t: { after(done: () => unknown): void }) {
  const path = `${temporaryDirectory(t)}/store.db`;
  const [store, other] = [await open(t, path), await open(t, path)];
  const key = random.bytes(32);
  const master = new MasterKey(key, random);
  await store.initialise({ check: master.makeCheck(store.storeId), dataKey: master.makeDataKey(store.storeId, 1, 0) });
  const ours = openKeys(store.storeId, await store.readKeys(), key, random);
  let elapsedMs = 0;
  const manual: Clock = { ...clock, monotonicMs: () => elapsedMs };
  let looks = 0;
  const counted = new Proxy(store, {
    get(target, property) {
      if (property === 'readKeys') looks += 1;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const learning = learningStore(counted, { seal: ours.seal, master: ours.master, clock: manual });
  await other.addDataKey(master.makeDataKey(store.storeId, 2, 0), new Map());
  const theirs = openKeys(store.storeId, await other.readKeys(), key, random);
  return {
    other,
    learning,
    ours: ours.seal,
    theirs: theirs.seal,
    looks: () => looks,
    pass: (ms: number) => {
      elapsedMs += ms;
    },
  };
}

test('a row under a data key that came later is given out with the key learned', async (t) => {
  const { other, learning, ours, theirs, looks } = await twoProcesses(t);
  const one = connectionRow({ name: 'one', secrets: theirs.seal(PLACE, 'one') });
  await other.insertConnection(one, tokenRow(one.id, { refreshToken: theirs.seal(PLACE, 'token') }), []);
  const token = await learning.getToken(one.id);
  assert.equal(ours.open(PLACE, present(token?.refreshToken)), 'token');
  assert.equal(looks(), 1);
  const found = await learning.getConnection('one');
  assert.equal(ours.open(PLACE, present(found).secrets), 'one');
  assert.equal(looks(), 1);
});

for (const [what, read] of [
  ['a connection', async ({ learning }) => present(await learning.getConnection('acme')).secrets],
  ['a list of connections', async ({ learning }) => present((await learning.listConnections())[0]).secrets],
  [
    'a due revocation',
    async ({ learning }) => present((await learning.listDueRevocations(Number.MAX_SAFE_INTEGER, 1))[0]).sealed,
  ],
  ['a revocation', async ({ learning }) => present((await learning.listRevocations('gone'))[0]).sealed],
] as readonly (readonly [string, (process: Awaited<ReturnType<typeof twoProcesses>>) => Promise<Uint8Array>])[]) {
  test(`a key is learned with ${what}`, async (t) => {
    const both = await twoProcesses(t);
    const connection = connectionRow({ secrets: both.theirs.seal(PLACE, 'sealed') });
    await both.other.insertConnection(connection, tokenRow(connection.id), []);
    await both.other.addRevocations([pendingRevocation('gone', { sealed: both.theirs.seal(PLACE, 'sealed') })]);
    assert.equal(both.ours.open(PLACE, await read(both)), 'sealed');
  });
}

test('a row under a key that nobody knows is given out as it is, and does not open', async (t) => {
  const { other, learning, ours } = await twoProcesses(t);
  const stranger = openKeys('x', await strangeKeys('x', 77), new Uint8Array(32), random).seal;
  const connection = connectionRow();
  await other.insertConnection(connection, tokenRow(connection.id, { refreshToken: stranger.seal(PLACE, 'strange') }), []);
  const token = await learning.getToken(connection.id);
  assert.throws(() => ours.open(PLACE, present(token?.refreshToken)), { code: 'unsealing_failed' });
});

async function strangeKeys(storeId: string, id: number) {
  const master = new MasterKey(new Uint8Array(32), random);
  return { check: master.makeCheck(storeId), dataKeys: [master.makeDataKey(storeId, id, 0)], former: [] };
}

test('what was sealed by an older data key is not written once that may be late', async (t) => {
  const { learning, ours, pass, looks } = await twoProcesses(t);
  const early = connectionRow({ name: 'early', secrets: ours.seal(PLACE, 'early') });
  assert.equal(await learning.insertConnection(early, tokenRow(early.id), []), true);
  assert.equal(looks(), 0);
  const sealed = ours.seal(PLACE, 'late');
  pass(KEYS_TRUST_MS);
  const late = connectionRow({ name: 'late', secrets: sealed });
  await assert.rejects(learning.insertConnection(late, tokenRow(late.id), []), { name: 'StoreError', retryable: true });
  const anew = connectionRow({ name: 'late', secrets: ours.seal(PLACE, 'late') });
  assert.equal(await learning.insertConnection(anew, tokenRow(anew.id), []), true);
  const revocation = pendingRevocation('gone', { sealed });
  await assert.rejects(learning.addRevocations([revocation]), { retryable: true });
  const row = tokenRow(early.id, { revision: 2, accessToken: sealed });
  await assert.rejects(learning.updateToken(row, 1, []), { retryable: true });
  assert.equal(looks(), 1);
});

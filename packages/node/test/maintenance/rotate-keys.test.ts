import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeLock, Spool, SpooledAnswer } from '@forcemint/core';
import type { Progress } from '@forcemint/core/maintenance/progress';
import { type KeyRotationPorts, rotateKeys } from '@forcemint/core/maintenance/rotate-keys';
import { envelopeKeys } from '@forcemint/core/seal/envelope';
import { openKeys } from '@forcemint/core/seal/stored-keys';
import { newExchangeRecord } from '@forcemint/core/tokens/exchange';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { createKernelLock } from '../../src/kernel-lock.ts';
import { systemRandom } from '../../src/random.ts';
import { createSpool } from '../../src/spool.ts';
import { addConnection, everythingOpened, fill, type OpenedHere, openWith } from '../support/filled-store.ts';
import { temporaryDirectory } from '../support/machine.ts';

const ATTEMPT = { id: 'attempt', kind: 'renewal', startedAtMs: 1, version: 3 } as const;

interface Machine extends OpenedHere {
  readonly path: string;
  readonly key: Uint8Array;
  readonly spool: Spool;
  readonly lock: ExchangeLock;
  rotate(changes?: Partial<KeyRotationPorts>): ReturnType<typeof rotateKeys>;
}

async function machine(t: { after(done: () => unknown): void }): Promise<Machine> {
  const path = `${temporaryDirectory(t)}/store.db`;
  const key = systemRandom.bytes(32);
  const opened = await openWith(path, key);
  const { store } = opened;
  const spool = createSpool({ directory: `${path}.spool` });
  const lock = createKernelLock({ storePath: path, condition: () => store.condition() });
  t.after(async () => {
    lock[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
  });
  const rotate = (changes: Partial<KeyRotationPorts> = {}) =>
    rotateKeys({
      store,
      spool,
      lock,
      clock: systemClock,
      random: systemRandom,
      masterKey: key,
      othersUseStore: async () => false,
      isInUse: () => false,
      report: () => undefined,
      patienceMs: 0,
      ...changes,
    });
  return { ...opened, path, key, spool, lock, rotate };
}

/** As a process sees the store that is started now. */
async function reopened({ store, path: _path }: Machine, key: Uint8Array): Promise<OpenedHere> {
  const keys = openKeys(store.storeId, await store.readKeys(), key, systemRandom);
  return { store, keys, seal: keys.seal };
}

async function dataKeysInUse({ store }: OpenedHere): Promise<Set<number | undefined>> {
  const rows = await store.pageRows(undefined, 1_000_000);
  const sealed = rows.flatMap(({ connection, token }) => [
    connection?.secrets,
    token.refreshToken,
    token.accessToken,
    token.heldAnswer,
  ]);
  const revocations = (await store.pageRevocations(undefined, 1_000_000)).map((revocation) => revocation.sealed);
  return new Set([...sealed, ...revocations].flatMap((bytes) => (bytes === undefined ? [] : [envelopeKeys(bytes)?.dekId])));
}

test('everything is sealed by a new data key, opens as before, and the old key is gone', async (t) => {
  const here = await machine(t);
  await fill(here, 300);
  const before = await everythingOpened(here);
  const steps: Progress[] = [];
  const rotation = await here.rotate({ report: (progress) => steps.push(progress) });
  assert.deepEqual(rotation, { dataKey: 'replaced', masterKey: 'unchanged', outstanding: [] });
  const keys = await here.store.readKeys();
  assert.deepEqual(
    keys.dataKeys.map(({ id }) => id),
    [2],
  );
  const now = await reopened(here, here.key);
  assert.deepEqual(await everythingOpened(now), before);
  assert.deepEqual(await dataKeysInUse(now), new Set([2]));
  assert.ok(steps.some(({ step, done, total }) => step === 'sealing anew' && done === total));
});

test('a connection whose exchange is under way is left alone, keeps the old key alive, and is done next time', async (t) => {
  const here = await machine(t);
  const busy = await addConnection(here, 'busy', { exchange: { phase: 'intent', attempt: ATTEMPT } });
  await addConnection(here, 'login', { exchange: { login: { ...ATTEMPT, kind: 'login' } } });
  await addConnection(here, 'resting');
  const row = await here.store.getToken(busy.id);
  const { dataKey } = await here.rotate();
  if (typeof dataKey === 'string') throw new TypeError(dataKey);
  assert.deepEqual([[...dataKey.underway].sort(), dataKey.unreadable], [['busy', 'login'], []]);
  assert.deepEqual(await here.store.getToken(busy.id), row);
  assert.equal((await here.store.readKeys()).dataKeys.length, 2);
  for (const name of ['busy', 'login']) {
    const connection = await here.store.getConnection(name);
    const token = connection && (await here.store.getToken(connection.id));
    if (token === undefined) throw new TypeError(name);
    await here.store.updateToken({ ...token, revision: token.revision + 1, exchange: newExchangeRecord() }, token.revision, []);
  }
  assert.equal((await here.rotate()).dataKey, 'replaced');
  assert.deepEqual(await dataKeysInUse(here), new Set([2]));
  assert.deepEqual(
    (await here.store.readKeys()).dataKeys.map(({ id }) => id),
    [2],
  );
});

test('what does not open is named, and the key that may have sealed it stays', async (t) => {
  const here = await machine(t);
  const { id } = await addConnection(here, 'damaged');
  await addConnection(here, 'sound');
  const token = await here.store.getToken(id);
  if (token?.refreshToken === undefined) throw new TypeError('filled');
  const flipped = Uint8Array.from(token.refreshToken);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  await here.store.updateToken({ ...token, revision: token.revision + 1, refreshToken: flipped }, token.revision, []);
  assert.deepEqual((await here.rotate()).dataKey, { underway: [], unreadable: ['damaged'] });
  assert.equal((await here.store.readKeys()).dataKeys.length, 2);
});

test('a new master key: the former one opens everything until nothing needs it any more', async (t) => {
  const here = await machine(t);
  await fill(here, 30);
  const before = await everythingOpened(here);
  const newMasterKey = systemRandom.bytes(32);
  const first = await here.rotate({ newMasterKey });
  assert.deepEqual(first, { dataKey: 'replaced', masterKey: 'replaced', outstanding: [{ what: 'configuration' }] });
  for (const key of [here.key, newMasterKey]) assert.deepEqual(await everythingOpened(await reopened(here, key)), before);
  const users = await here.rotate({ masterKey: newMasterKey, newMasterKey, isInUse: () => true });
  assert.deepEqual(users, { dataKey: 'unchanged', masterKey: 'unchanged', outstanding: [{ what: 'processes' }] });
  const last = await here.rotate({ masterKey: newMasterKey });
  assert.deepEqual(last, { dataKey: 'unchanged', masterKey: 'unchanged', outstanding: [] });
  assert.deepEqual((await here.store.readKeys()).former, []);
  assert.deepEqual(await everythingOpened(await reopened(here, newMasterKey)), before);
  await assert.rejects(reopened(here, here.key), { code: 'wrong_master_key' });
});

test('the former master key is not forgotten while an answer that it sealed is wanted, and other answers are sealed anew', async (t) => {
  const here = await machine(t);
  const wanted = await addConnection(here, 'wanted', { exchange: { phase: 'unknown', attempt: ATTEMPT, unknownSinceMs: 1 } });
  const stored = await addConnection(here, 'stored');
  const spooled = (connectionId: string, version: number): SpooledAnswer => {
    const place = { connectionId, attemptId: 'attempt', version, stagedAtMs: 5 };
    return { ...place, sealed: here.seal.sealForSpool(place, Buffer.from(`answer for ${connectionId}`)) };
  };
  await here.spool.write(spooled(wanted.id, 3));
  await here.spool.write(spooled(stored.id, 2));
  const newMasterKey = systemRandom.bytes(32);
  const ports = { masterKey: newMasterKey, newMasterKey };
  await here.rotate({ newMasterKey });
  assert.deepEqual((await here.rotate(ports)).outstanding, [{ what: 'spool', entries: 1 }]);
  const now = await reopened(here, newMasterKey);
  for (const { id } of [wanted, stored]) {
    const [entry] = await here.spool.read(id, []);
    if (entry === undefined) throw new TypeError('spooled');
    assert.equal(Buffer.from(now.seal.openFromSpool(entry)).toString(), `answer for ${id}`);
    assert.equal(now.seal.isFormerEntry(entry.sealed), id === wanted.id);
  }
  await here.spool.clear(wanted.id);
  assert.deepEqual((await here.rotate(ports)).outstanding, []);
});

test('keys are not changed with a former master key, or a strange one', async (t) => {
  const here = await machine(t);
  await addConnection(here, 'acme');
  const [second, third] = [systemRandom.bytes(32), systemRandom.bytes(32)];
  await assert.rejects(here.rotate({ masterKey: third }), { code: 'wrong_master_key' });
  await assert.rejects(here.rotate({ masterKey: third, newMasterKey: second }), { code: 'wrong_master_key' });
  await here.rotate({ newMasterKey: second });
  const keys = await here.store.readKeys();
  await assert.rejects(here.rotate(), { code: 'wrong_master_key', message: /was replaced/ });
  await assert.rejects(here.rotate({ newMasterKey: third }), { code: 'wrong_master_key' });
  await assert.rejects(here.rotate({ masterKey: second, newMasterKey: here.key }), { code: 'wrong_master_key' });
  assert.deepEqual(await here.store.readKeys(), keys);
});

test('while others use the store, an old key is not deleted before they have had time to hear of the new one', async (t) => {
  const here = await machine(t);
  await addConnection(here, 'acme');
  let nowMs = systemClock.nowMs();
  let sleptMs = 0;
  const clock = {
    ...systemClock,
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (durationMs: number) => {
      assert.equal((await here.store.readKeys()).dataKeys.length, 2);
      nowMs += durationMs;
      sleptMs += durationMs;
    },
  };
  await here.rotate({ clock, othersUseStore: async () => true });
  assert.equal(sleptMs, 90_000);
  assert.equal((await here.store.readKeys()).dataKeys.length, 1);
});

test('property: whatever is written while keys rotate, everything opens, and nothing is sealed by a key that is gone', async (t) => {
  const here = await machine(t);
  await fill(here, 20);
  let newest = here.key;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(19), { maxLength: 30 }), fc.boolean(), async (touched, withMaster) => {
      const writer = await reopened(here, newest);
      const newMasterKey = withMaster ? systemRandom.bytes(32) : undefined;
      const [rotation] = await Promise.all([here.rotate({ masterKey: newest, newMasterKey }), touch(writer, touched)]);
      assert.equal(rotation.dataKey, 'replaced');
      newest = newMasterKey ?? newest;
      if (withMaster) await here.rotate({ masterKey: newest });
      const now = await reopened(here, newest);
      const opened = await everythingOpened(now);
      for (let n = 0; n < 20; n += 1) assert.equal(opened.get(`c${n} refreshToken`), `refresh-token-of-c${n}`);
      const { dataKeys, former } = await here.store.readKeys();
      assert.deepEqual(former, []);
      assert.deepEqual(await dataKeysInUse(now), new Set(dataKeys.map(({ id }) => id)));
    }),
    { numRuns: 15 },
  );
});

/** Writes rows as an exchange does that changes nothing of what is sealed. */
async function touch({ store }: OpenedHere, indices: readonly number[]): Promise<void> {
  for (const index of indices) {
    const connection = await store.getConnection(`c${index}`);
    const row = connection && (await store.getToken(connection.id));
    if (row !== undefined) await store.updateToken({ ...row, revision: row.revision + 1 }, row.revision, []);
  }
}

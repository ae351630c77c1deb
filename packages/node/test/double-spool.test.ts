import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import type { SpooledAnswer } from '@forcemint/core/ports';
import { type DatabaseStaging, doubleSpool } from '../src/double-spool.ts';
import { createSpool } from '../src/spool.ts';
import { type Ending, failure, temporaryDirectory } from './support/machine.ts';

const answer = (attemptId: string): SpooledAnswer => ({
  connectionId: 'c1',
  attemptId,
  version: 3,
  stagedAtMs: 1_700_000_000_000,
  sealed: new Uint8Array([1, 2, 3]),
});
const DOWN = new StoreError('store_unavailable', 'synthetic: the database is down', { retryable: true });
const FULL = new StoreError('store_full', 'synthetic: the disk is full');

/** A database that stages in memory. `patience`: ends the wait for it. */
function places(t: Ending) {
  const local = createSpool({ directory: `${temporaryDirectory(t)}/spool` });
  const rows = new Map<string, SpooledAnswer>();
  const durable: boolean[] = [];
  const faults: { database?: StoreError; disk?: StoreError; hangs: boolean } = { hangs: false };
  const inDatabase = async (): Promise<void> => {
    if (faults.hangs) await new Promise(() => undefined);
    if (faults.database) throw faults.database;
  };
  const staging: DatabaseStaging = {
    write: async (row, options) => {
      durable.push(options.durable);
      await inDatabase();
      rows.set(row.connectionId, row);
    },
    read: async (id) => {
      await inDatabase();
      return rows.get(id);
    },
    clear: async (id) => {
      await inDatabase();
      rows.delete(id);
    },
  };
  const onDisk = new Proxy(local, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...input: unknown[]) => (faults.disk ? Promise.reject(faults.disk) : member.apply(target, input));
    },
  });
  let endPatience = (): void => undefined;
  const patience = { wasAborted: false };
  const clock = {
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        endPatience = resolve;
        signal?.addEventListener('abort', () => {
          patience.wasAborted = true;
          reject(signal.reason);
        });
      }),
  };
  return { local, rows, durable, faults, patience, spool: doubleSpool(onDisk, staging, clock), endPatience: () => endPatience() };
}

test('an answer is staged here and in the database, and read from here first', async (t) => {
  const { spool, rows, durable, patience } = places(t);
  await spool.write(answer('a1'));
  assert.deepEqual(rows.get('c1'), answer('a1'));
  assert.deepEqual(durable, [false]);
  assert.equal(patience.wasAborted, true);
  rows.set('c1', answer('of another machine'));
  assert.deepEqual(
    (await spool.read('c1', ['a1'])).map(({ attemptId }) => attemptId),
    ['a1', 'of another machine'],
  );
});

test('what this disk has is not held up by a database that hangs for longer than a moment', async (t) => {
  const { spool, local, faults, endPatience } = places(t);
  faults.hangs = true;
  let isDone = false;
  const written = spool.write(answer('a1')).then(() => {
    isDone = true;
  });
  while ((await local.read('c1', [])).length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isDone, false);
  while (!isDone) {
    endPatience();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await written;
});

test('one of the two places is enough; where this disk fails, the database must have it on its own', async (t) => {
  const { spool, rows, durable, faults } = places(t);
  faults.database = DOWN;
  await spool.write(answer('a1'));
  faults.disk = FULL;
  delete faults.database;
  durable.length = 0;
  await spool.write(answer('a2'));
  assert.deepEqual(durable, [false, true]);
  assert.deepEqual(rows.get('c1'), answer('a2'));
});

test('where both places fail, the error is this disk’s', async (t) => {
  const { spool, faults } = places(t);
  faults.database = DOWN;
  faults.disk = FULL;
  assert.equal(await failure(() => spool.write(answer('a1'))), FULL);
});

test('a place that cannot be read does not hide what the other has; where nothing is found, it is an error', async (t) => {
  const { spool, rows, faults } = places(t);
  await spool.write(answer('a1'));
  faults.database = DOWN;
  assert.deepEqual(await spool.read('c1', ['a1']), [answer('a1')]);
  assert.equal(await failure(() => spool.read('c2', ['a1'])), DOWN);
  delete faults.database;
  faults.disk = FULL;
  assert.deepEqual(await spool.read('c1', ['a1']), [answer('a1')]);
  rows.clear();
  assert.equal(await failure(() => spool.read('c1', ['a1'])), FULL);
  delete faults.disk;
  assert.deepEqual(await spool.read('c2', ['a1']), []);
});

test('an older answer in one place does not stand for the one that the other may have', async (t) => {
  const { spool, local, rows, faults } = places(t);
  rows.set('c1', answer('older'));
  faults.disk = FULL;
  assert.equal(await failure(() => spool.read('c1', ['a1'])), FULL);
  assert.equal(await failure(() => spool.read('c1', [])), FULL, 'it may have what an older state of the store lacks');
  delete faults.disk;
  await local.write(answer('older'));
  rows.set('c1', answer('a1'));
  faults.database = DOWN;
  assert.equal(await failure(() => spool.read('c1', ['a1'])), DOWN);
  assert.deepEqual(await spool.read('c1', []), [answer('older')], 'nothing is looked for in the database');
});

test('cleared and discarded is gone from both places', async (t) => {
  for (const end of ['clear', 'discard'] as const) {
    const { spool, local, rows } = places(t);
    await spool.reserve('c1');
    await spool.write(answer('a1'));
    await spool[end]('c1');
    assert.deepEqual([await local.read('c1', []), rows.size], [[], 0], end);
  }
});

test('entries are those of this machine’s own place', async (t) => {
  const { spool, rows } = places(t);
  await spool.write(answer('a1'));
  rows.set('c2', { ...answer('of another machine'), connectionId: 'c2' });
  const found: string[] = [];
  for await (const { attemptId } of spool.entries()) found.push(attemptId);
  assert.deepEqual(found, ['a1']);
});

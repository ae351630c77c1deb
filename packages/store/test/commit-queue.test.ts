import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Clock } from '@forcemint/core/ports';
import { CommitQueue } from '../src/sqlite/commit-queue.ts';
import { asStoreError, lockedError } from '../src/sqlite/sqlite-errors.ts';
import { clock, open, random, temporaryDirectory } from './support/machine.ts';
import { connectionRow, tokenRow } from './support/rows.ts';

interface Table {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly values: () => unknown[];
  readonly insert: (value: number) => () => number;
}

function table(t: { after(done: () => unknown): void }): Table {
  const path = `${temporaryDirectory(t)}/queue.db`;
  const database = new DatabaseSync(path, { timeout: 0 });
  t.after(() => database.close());
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE numbers (value INTEGER CHECK (value >= 0), padding BLOB)');
  const statement = database.prepare('INSERT INTO numbers (value, padding) VALUES (?, NULL)');
  const select = database.prepare('SELECT value FROM numbers ORDER BY value');
  return {
    path,
    database,
    values: () => select.all().map(({ value }) => value),
    insert: (value) => () => {
      statement.run(value);
      return value;
    },
  };
}

function queueOn({ database, path }: Table, time: Clock = clock): CommitQueue {
  return new CommitQueue({
    database,
    clock: time,
    random,
    lockWaitMs: 10_000,
    mapError: (error) => asStoreError(error, path),
    lockedError: () => lockedError(path, 10_000),
  });
}

test('writes of one turn share one commit, and none settles before it', async (t) => {
  const numbers = table(t);
  const queue = queueOn(numbers);
  const other = new DatabaseSync(numbers.path, { readOnly: true });
  t.after(() => other.close());
  const count = other.prepare('SELECT count(*) AS n FROM numbers');
  const seen = await Promise.all(
    Array.from({ length: 50 }, async (_, value) => {
      await queue.submit(numbers.insert(value));
      return count.get()?.['n'];
    }),
  );
  assert.deepEqual(new Set(seen), new Set([50]));
  assert.equal(queue.commits, 1);
});

test('a turn with very many writes is spread over several commits', async (t) => {
  const numbers = table(t);
  const queue = queueOn(numbers);
  await Promise.all(Array.from({ length: 300 }, (_, value) => queue.submit(numbers.insert(value))));
  assert.equal(numbers.values().length, 300);
  assert.ok(queue.commits > 1 && queue.commits < 10, `${queue.commits}`);
});

test('a write that throws is undone alone', async (t) => {
  const numbers = table(t);
  const queue = queueOn(numbers);
  const results = await Promise.allSettled([
    queue.submit(numbers.insert(1)),
    queue.submit(() => {
      numbers.insert(2)();
      throw new RangeError('synthetic');
    }),
    queue.submit(numbers.insert(-3)),
    queue.submit(numbers.insert(4)),
  ]);
  assert.deepEqual(numbers.values(), [1, 4]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.ok(results[1]?.status === 'rejected' && results[1].reason instanceof RangeError);
  assert.equal(queue.commits, 1);
});

test('a write that fills the disk fails alone, though SQLite rolls the whole transaction back', async (t) => {
  const numbers = table(t);
  numbers.database.exec('PRAGMA max_page_count = 20');
  const queue = queueOn(numbers);
  const huge = numbers.database.prepare('INSERT INTO numbers (value, padding) VALUES (?, zeroblob(200000))');
  const results = await Promise.allSettled([
    queue.submit(numbers.insert(1)),
    queue.submit(() => huge.run(2)),
    queue.submit(numbers.insert(3)),
    queue.submit(() => huge.run(4)),
    queue.submit(numbers.insert(5)),
  ]);
  assert.deepEqual(numbers.values(), [1, 3, 5]);
  const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : result.status));
  assert.deepEqual(codes, ['fulfilled', 'store_full', 'fulfilled', 'store_full', 'fulfilled']);
});

test('a commit that fails acknowledges nothing, and nothing stays', async (t) => {
  const numbers = table(t);
  numbers.database.exec(`PRAGMA foreign_keys = ON;
    CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE parents (id INTEGER PRIMARY KEY)`);
  const queue = queueOn(numbers);
  const results = await Promise.allSettled([
    queue.submit(numbers.insert(1)),
    queue.submit(() => numbers.database.exec('INSERT INTO children VALUES (7)')),
    queue.submit(numbers.insert(2)),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(numbers.values(), []);
  assert.equal(queue.commits, 0);
  await queue.submit(numbers.insert(3));
  assert.deepEqual(numbers.values(), [3]);
});

test('while others hold the store, writes wait and the event loop turns', async (t) => {
  const numbers = table(t);
  const queue = queueOn(numbers);
  const other = new DatabaseSync(numbers.path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  let done = false;
  const write = queue.submit(numbers.insert(1)).finally(() => {
    done = true;
  });
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(done, false);
  other.exec('COMMIT');
  assert.equal(await write, 1);
});

test('a store that stays locked is an error that can be retried, and later writes still work', async (t) => {
  const numbers = table(t);
  let nowMs = 0;
  const queue = queueOn(numbers, {
    ...clock,
    monotonicMs: () => nowMs,
    sleep: async (durationMs) => {
      assert.ok(durationMs >= 5 && durationMs < 25);
      nowMs += 1_000;
    },
  });
  const other = new DatabaseSync(numbers.path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(queue.submit(numbers.insert(1)), { name: 'StoreError', code: 'store_locked', retryable: true });
  assert.ok(nowMs >= 10_000 && nowMs <= 12_000, `${nowMs}`);
  other.exec('ROLLBACK');
  await queue.submit(numbers.insert(2));
  assert.deepEqual(numbers.values(), [2]);
});

test('the store groups its writes: a hundred updates of a hundred connections cost one change', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const store = await open(t, path);
  const rows = Array.from({ length: 100 }, (_, index) => connectionRow({ name: `c${index}` }));
  await Promise.all(rows.map((row) => store.insertConnection(row, tokenRow(row.id), [])));
  const before = (await store.changeMarks()).of('any');
  await Promise.all(rows.map((row) => store.updateToken(tokenRow(row.id, { revision: 2 }), 1, [])));
  assert.equal((await store.changeMarks()).of('any') - before, 1);
});

test('a transaction that cannot even be rolled back takes its own writes down, not the queue', async (t) => {
  const numbers = table(t);
  let broken = true;
  const database = new Proxy(numbers.database, {
    get: (target, key) => {
      if (key === 'exec' && broken) {
        return () => {
          throw new Error('disk I/O error');
        };
      }
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const queue = queueOn({ ...numbers, database });
  const failing = queue.submit(() => {
    throw new RangeError('this write fails, and so does undoing it');
  });
  await assert.rejects(failing);
  await queue.settled();
  broken = false;
  assert.equal(await queue.submit(numbers.insert(7)), 7);
  assert.deepEqual(numbers.values(), [7]);
});

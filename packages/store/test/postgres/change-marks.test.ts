import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeMarksOf, shardOf } from '../../src/postgres/change-marks.ts';
import { connectionRow, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();

test('every connection has one of 256 marks', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (id) => {
      const shard = shardOf(id);
      assert.ok(Number.isInteger(shard) && shard >= 0 && shard < 256);
    }),
  );
});

test('the shard of an id is for ever: other versions look for its changes there', () => {
  assert.deepEqual(['', 'a', '3f2b8c1e-0000-4000-8000-000000000001', 'ü'].map(shardOf), [217, 32, 144, 215]);
});

test('ids are spread evenly enough over the marks', () => {
  const counts = new Array<number>(256).fill(0);
  for (let n = 0; n < 25_600; n += 1) {
    const shard = shardOf(`connection-${n}`);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  assert.ok(Math.min(...counts) >= 50 && Math.max(...counts) <= 150);
});

test('who reads a mark and then the row has at least what was committed under that mark', { skip }, async (t) => {
  const { store, connect } = await there.store(t);
  const others = [await connect({ poolSize: 3 }), await connect({ poolSize: 3 })];
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  const seen = new Map<number, number>();
  let isWriting = true;
  const read = async () => {
    while (isWriting) {
      const mark = (await store.changeMarks()).of(connection.id);
      const revision = (await store.getToken(connection.id))?.revision ?? 0;
      seen.set(mark, Math.min(revision, seen.get(mark) ?? Number.POSITIVE_INFINITY));
    }
  };
  const reading = Promise.all([read(), read()]);
  const markOfRevision = new Map<number, number>();
  for (let revision = 1; revision <= 100; revision += 1) {
    const tries = others.map((other) => other.updateToken(tokenRow(connection.id, { revision: revision + 1 }), revision, []));
    assert.equal((await Promise.all(tries)).filter(Boolean).length, 1);
    markOfRevision.set((await store.changeMarks()).of(connection.id), revision + 1);
  }
  isWriting = false;
  await reading;
  assert.equal(markOfRevision.size, 100);
  for (const [mark, revision] of markOfRevision) assert.ok((seen.get(mark) ?? revision) >= revision);
});

test('marks are read from one row', () => {
  const marks = changeMarksOf({ marks: Array.from({ length: 256 }, (_, n) => n * 10).join(' ') });
  assert.equal(marks.of('a'), shardOf('a') * 10);
});

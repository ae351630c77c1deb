import assert from 'node:assert/strict';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { open, temporaryDirectory } from './support/machine.ts';
import { connectionRow, event, tokenRow } from './support/rows.ts';

test('what is damaged in the file is found', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const writer = await open(t, path);
  for (let n = 0; n < 300; n += 1) {
    const row = connectionRow({ name: `c${n}` });
    await writer.insertConnection(row, tokenRow(row.id), [event(row.id, 'connected', n)]);
  }
  assert.deepEqual(await writer.checkIntegrity(), []);
  await writer[Symbol.asyncDispose]();
  const file = openSync(path, 'r+');
  const page = Math.floor(statSync(path).size / 4_096 / 2);
  writeSync(file, Buffer.alloc(64, 0xee), 0, 64, page * 4_096);
  closeSync(file);
  const store = await open(t, path);
  const found = await store.checkIntegrity().catch((error: unknown) => error);
  assert.ok(Array.isArray(found) ? found.length > 0 : (found as { code?: string }).code === 'store_corrupt', String(found));
});

test('a connection that lost its token row is found', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const store = await open(t, path);
  const row = connectionRow();
  await store.insertConnection(row, tokenRow(row.id), []);
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM tokens');
  database.close();
  assert.deepEqual(await store.checkIntegrity(), ['the connection acme has no token row']);
});

test('a row that is no row of ours is found, and the others are not in doubt', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const store = await open(t, path);
  const rows = Array.from({ length: 150 }, (_, n) => connectionRow({ name: `c${n}` }));
  await Promise.all(rows.map((row) => store.insertConnection(row, tokenRow(row.id), [])));
  const [bad, worse] = [rows[70], rows[140]];
  const database = new DatabaseSync(path);
  database.prepare("UPDATE tokens SET exchange = '7' WHERE connection_id = ?").run(bad?.id ?? '');
  database.prepare("UPDATE connections SET settings = '7' WHERE id = ?").run(worse?.id ?? '');
  database.close();
  const found = await store.checkIntegrity();
  assert.equal(found.length, 2, found.join('\n'));
  assert.ok(found.some((line) => line.includes(bad?.id ?? '') && line.includes('exchange')));
  assert.ok(found.some((line) => line.includes(worse?.id ?? '') && line.includes('settings')));
});

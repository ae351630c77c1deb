import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { child } from './support/child.ts';
import { open, temporaryDirectory } from './support/machine.ts';
import { connectionRow, present, tokenRow } from './support/rows.ts';

const WRITER = new URL('./support/writer.ts', import.meta.url);

test('four processes that update one row by compare and set lose no update', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const store = await open(t, path);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  const children = Array.from({ length: 4 }, () => child(t, WRITER, [path, 'increment', 'acme', '150']));
  for (const one of children) assert.equal(await one.ended, 0);
  const row = present(await store.getToken(connection.id));
  assert.deepEqual([row.generation, row.revision, row.version], [600, 601, 601]);
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`${signal} in the middle of writing loses nothing that was acknowledged and leaves a sound file`, async (t) => {
    const path = `${temporaryDirectory(t)}/store.db`;
    const store = await open(t, path);
    let acknowledged = 0;
    for (let round = 1; round <= 3; round += 1) {
      const writers = [child(t, WRITER, [path, 'endless']), child(t, WRITER, [path, 'endless'])];
      for (const [index, writer] of writers.entries()) {
        await writer.line(`committed ${10 * round + index}`);
        writer.process.kill(signal);
        assert.equal(await writer.ended, signal);
        acknowledged += writer.lines.filter((line) => line.startsWith('committed ')).length;
      }
    }
    const stored = (await store.listConnections()).length;
    assert.ok(stored >= acknowledged && stored <= acknowledged + 6, `${acknowledged} acknowledged, ${stored} stored`);
    await store[Symbol.asyncDispose]();
    const database = new DatabaseSync(path);
    t.after(() => database.close());
    assert.deepEqual(
      database
        .prepare('PRAGMA integrity_check')
        .all()
        .map((row) => row['integrity_check']),
      ['ok'],
    );
  });
}

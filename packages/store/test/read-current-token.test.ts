import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MasterKey, Seal } from '@forcemint/core/seal/seal';
import { MIGRATIONS } from '../src/sqlite/migrations/index.ts';
import { readCurrentToken } from '../src/sqlite/read-current-token.ts';
import { child } from './support/child.ts';
import { clock, open, random, temporaryDirectory } from './support/machine.ts';
import { connectionRow, present, tokenRow } from './support/rows.ts';

/** A store with a sealed token, still open. */
async function storeWithToken(t: { after(done: () => unknown): void }) {
  const directory = temporaryDirectory(t);
  const path = `${directory}/store.db`;
  const store = await open(t, path);
  const master = new MasterKey(random.bytes(32), random);
  await store.initialise({
    check: master.makeCheck(store.storeId),
    dataKey: master.makeDataKey(store.storeId, 1, clock.nowMs()),
  });
  const seal = new Seal(store.storeId, master, (await store.readKeys()).dataKeys, random);
  const connection = connectionRow();
  const accessToken = (revision: number) =>
    seal.seal({ table: 'tokens', row: connection.id, column: 'access_token', version: revision }, `synthetic-token-${revision}`);
  await store.insertConnection(connection, tokenRow(connection.id, { generation: 1, accessToken: accessToken(1) }), []);
  const read = () => readCurrentToken({ storePath: path, connectionName: 'acme' });
  const value = () => {
    const current = present(read());
    master.verifyCheck(current.storeId, current.check);
    const place = { table: 'tokens', row: current.connection.id, column: 'access_token', version: current.token.generation };
    return new Seal(current.storeId, master, current.dataKeys, random).open(place, present(current.token.accessToken));
  };
  return { directory, path, store, connection, accessToken, read, value };
}

test('the current token is read beside an open store, and from a closed one without making a file', async (t) => {
  const { directory, store, connection, accessToken, read, value } = await storeWithToken(t);
  assert.equal(value(), 'synthetic-token-1');
  await store.updateToken(tokenRow(connection.id, { revision: 2, generation: 2, accessToken: accessToken(2) }), 1, []);
  assert.equal(value(), 'synthetic-token-2');
  await store[Symbol.asyncDispose]();
  const before = readdirSync(directory);
  assert.equal(value(), 'synthetic-token-2');
  assert.deepEqual(read()?.connection, { id: connection.id, name: 'acme', settings: connection.settings });
  assert.deepEqual(readdirSync(directory), before);
  assert.deepEqual(
    before.filter((name) => name.startsWith('store.db-')),
    [],
  );
});

test('after a crash of the writer, what it had committed to the log is read', async (t) => {
  const { path, store, read } = await storeWithToken(t);
  await store[Symbol.asyncDispose]();
  const writer = child(t, new URL('./support/writer.ts', import.meta.url), [path, 'endless']);
  await writer.line('committed 3');
  writer.process.kill('SIGKILL');
  await writer.ended;
  assert.notEqual(read(), undefined);
  const last = present(readCurrentToken({ storePath: path, connectionName: `${writer.process.pid}-3` }));
  assert.equal(present(last.token.heldAnswer).length, 3_000);
});

test('whatever is in the way, the answer is undefined and nothing is created', async (t) => {
  const { directory, path, store, read } = await storeWithToken(t);
  assert.equal(readCurrentToken({ storePath: path, connectionName: 'nobody' }), undefined);
  assert.equal(readCurrentToken({ storePath: `${directory}/none.db`, connectionName: 'acme' }), undefined);
  await store[Symbol.asyncDispose]();
  const whole = readFileSync(path);
  chmodSync(path, 0o640);
  assert.equal(read(), undefined, 'a store that others can read');
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  database.close();
  assert.equal(read(), undefined, 'a newer schema');
  writeFileSync(path, whole);
  assert.notEqual(read(), undefined);
  writeFileSync(path, 'garbage');
  assert.equal(read(), undefined, 'garbage');
  writeFileSync(path, whole.subarray(0, whole.length / 2));
  assert.equal(read(), undefined, 'half a file');
  writeFileSync(path, '');
  assert.equal(read(), undefined, 'an empty file');
  assert.deepEqual(readdirSync(directory).sort(), ['store.db', 'store.db.locks']);
});

test('beside four writing processes every read gives a whole row', async (t) => {
  const { path, store, connection, value, read } = await storeWithToken(t);
  const file = new URL('./support/writer.ts', import.meta.url);
  await store[Symbol.asyncDispose]();
  const children = Array.from({ length: 4 }, () => child(t, file, [path, 'increment', 'acme', '60']));
  let ended = 0;
  for (const one of children) {
    void one.ended.then(() => {
      ended += 1;
    });
  }
  const generations: number[] = [];
  while (ended < children.length) {
    const current = read();
    if (current !== undefined) generations.push(current.token.generation);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(generations.length > 50, `${generations.length} reads`);
  assert.deepEqual(
    generations,
    [...generations].sort((a, b) => a - b),
    'no read goes back',
  );
  const last = present(read());
  assert.equal(last.token.generation, 241);
  assert.equal(last.connection.id, connection.id);
  assert.throws(value, { code: 'unsealing_failed' }, 'the writers gave the row generations that its token is not bound to');
});

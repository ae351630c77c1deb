import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from '../../src/postgres/database.ts';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import { clock, random } from '../support/machine.ts';
import { missing, TestServer } from './support/server.ts';

const shared = new TestServer();

async function opened() {
  const address = parsePostgresUrl(shared.server.url(await shared.server.createDatabase()));
  return Database.create({ address, clock, random, poolSize: 1 });
}

const PREPARED = "SELECT count(*)::int AS count FROM pg_prepared_statements WHERE name LIKE 'fm\\_%'";

test('a statement is parsed once for each connection', { skip: missing }, async () => {
  const database = await opened();
  for (let times = 0; times < 3; times += 1)
    assert.deepEqual(await database.read('SELECT $1::int AS n', [times]), [{ n: times }]);
  assert.deepEqual(await database.read(PREPARED), [{ count: 2 }], 'that one, and this');
  await database.close();
});

test('what a pooler has lost is sent again without a name, once, and nothing is named from then on', {
  skip: missing,
}, async () => {
  const database = await opened();
  await database.send('CREATE TABLE counted (n int)');
  const insert = 'INSERT INTO counted VALUES ($1)';
  await database.send(insert, [1]);
  // As PgBouncer before 1.21 does in transaction mode: the next transaction meets a connection that knows nothing.
  await database.send('DEALLOCATE ALL');
  await database.send(insert, [2]);
  await database.send(insert, [3]);
  assert.deepEqual(await database.read('SELECT array_agg(n ORDER BY n) AS all FROM counted'), [{ all: [1, 2, 3] }]);
  assert.deepEqual(await database.read(PREPARED), [{ count: 0 }]);
  await database.close();
});

test('a table that has changed since its statement was parsed is read all the same', { skip: missing }, async () => {
  const database = await opened();
  await database.send('CREATE TABLE changing (a int)');
  await database.send('INSERT INTO changing VALUES (1)');
  assert.deepEqual(await database.read('SELECT * FROM changing'), [{ a: 1 }]);
  await database.send('ALTER TABLE changing ADD COLUMN b int DEFAULT 2');
  assert.deepEqual(await database.read('SELECT * FROM changing'), [{ a: 1, b: 2 }]);
  await database.close();
});

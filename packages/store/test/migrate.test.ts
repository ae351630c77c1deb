import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { APPLICATION_ID, type Migration, migrate, schemaState } from '../src/sqlite/migrate.ts';
import { tables } from '../src/sqlite/migrations/0001-tables.ts';
import { MIGRATIONS } from '../src/sqlite/migrations/index.ts';
import { networkFileSystem } from '../src/sqlite/network-file-system.ts';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { clock, open, random, temporaryDirectory } from './support/machine.ts';
import { present } from './support/rows.ts';

/** A store as the first release left it: its schema, and one row in each table, written by hand. */
function storeOfTheFirstRelease(path: string): void {
  const database = new DatabaseSync(path);
  chmodSync(path, 0o600);
  database.exec('PRAGMA journal_mode=WAL');
  migrate(database, [tables], path, () => {
    database.exec(`
      INSERT INTO meta VALUES (1, '00112233445566778899aabbccddeeff', x'0102', 1700000000000);
      INSERT INTO data_keys VALUES (1, x'0a0b', 1700000000000);
      INSERT INTO connections VALUES ('id-1', 'acme', 3, '{"grant":"jwt-bearer","labels":{}}', x'0c', 1700000000000, 1700000000001);
      INSERT INTO tokens VALUES ('id-1', 9, 4, 7, '{"phase":"idle","epoch":2}', '{"fingerprint":"ff","issuedAt":1700000000}', x'0d', x'0e', NULL);
      INSERT INTO events VALUES (1, 'id-1', 1, 1700000000000, 'connected', '{"n":1}');
    `);
  });
  database.close();
}

const later: Migration = {
  version: MIGRATIONS.length + 1,
  sql: 'ALTER TABLE connections ADD COLUMN note TEXT; CREATE TABLE extra (a INTEGER) STRICT',
};
const broken: Migration = { version: MIGRATIONS.length + 2, sql: 'CREATE TABLE half (a INTEGER) STRICT; this is no SQL' };

test('migrations are numbered from 1 without gaps', () => {
  assert.deepEqual(
    MIGRATIONS.map(({ version }) => version),
    MIGRATIONS.map((_, index) => index + 1),
  );
});

test('a store of the first release opens with everything in it', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  storeOfTheFirstRelease(path);
  const store = await open(t, path);
  assert.equal(store.storeId, '00112233445566778899aabbccddeeff');
  const { check, dataKeys, former } = await store.readKeys();
  assert.deepEqual(Buffer.from(present(check)), Buffer.from([1, 2]));
  assert.deepEqual(
    dataKeys.map(({ id }) => id),
    [1],
  );
  assert.deepEqual(former, []);
  assert.deepEqual(await store.standing(), {
    storeId: store.storeId,
    label: undefined,
    generation: 0,
    condition: { is: 'active' },
  });
  assert.equal((await store.getConnection('acme'))?.revision, 3);
  assert.equal((await store.getToken('id-1'))?.version, 4);
  assert.deepEqual(
    (await store.listEvents('id-1', 5)).map(({ type }) => type),
    ['connected'],
  );
  assert.deepEqual(await store.listIdle(1_700_000_001, 5), ['acme']);
  assert.deepEqual(await store.listRevocations('id-1'), []);
});

test('a later migration keeps every row, and runs once', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  storeOfTheFirstRelease(path);
  for (let round = 0; round < 2; round += 1) {
    const options = {
      path,
      clock,
      random,
      readOnly: false,
      maxPages: undefined,
      migrations: [...MIGRATIONS, later],
      networkFileSystem,
    };
    const database = await openDatabase(options);
    assert.deepEqual(schemaState(database, path), { is: 'store', version: later.version, wal: true });
    assert.deepEqual({ ...database.prepare('SELECT name, note FROM connections').get() }, { name: 'acme', note: null });
    assert.equal(database.prepare('SELECT count(*) AS n FROM tokens, events, data_keys, meta').get()?.['n'], 1);
    database.close();
  }
});

test('a migration that fails changes nothing', (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  storeOfTheFirstRelease(path);
  const database = new DatabaseSync(path);
  t.after(() => database.close());
  assert.throws(() => migrate(database, [...MIGRATIONS, later, broken], path, () => {}));
  assert.deepEqual(schemaState(database, path), { is: 'store', version: 1, wal: true });
  assert.equal(database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('extra', 'half')").get()?.['n'], 0);
});

test('a store of a newer release is refused and left alone', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  storeOfTheFirstRelease(path);
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  database.close();
  await assert.rejects(open(t, path), { name: 'StoreError', code: 'store_newer', message: /newer Forcemint/ });
});

test('a store that was switched out of WAL is switched back', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  storeOfTheFirstRelease(path);
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=DELETE');
  database.close();
  const store = await open(t, path);
  assert.equal((await store.getToken('id-1'))?.revision, 9);
  const look = new DatabaseSync(path);
  t.after(() => look.close());
  assert.deepEqual(schemaState(look, path), { is: 'store', version: MIGRATIONS.length, wal: true });
  assert.equal(look.prepare('PRAGMA application_id').get()?.['application_id'], APPLICATION_ID);
});

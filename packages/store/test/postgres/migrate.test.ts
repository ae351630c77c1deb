import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import { openPostgresStore } from '../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import { schemaSql } from '../../src/postgres/schema-sql.ts';
import { clock, random } from '../support/machine.ts';
import { pendingRevocation } from '../support/revocations.ts';
import { connectionRow, event, present, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();

const refusedAs =
  (code: string, retryable = false) =>
  (error: unknown) =>
    error instanceof StoreError && error.code === code && error.retryable === retryable && error.diagnosis !== undefined;

test('of many processes that open a new database at once, each gets the same store', { skip }, async (t) => {
  const database = await there.server.createDatabase();
  const stores = await Promise.all(Array.from({ length: 12 }, () => there.open(database, { poolSize: 2 })));
  t.after(() => Promise.all(stores.map((store) => store[Symbol.asyncDispose]())));
  assert.equal(new Set(stores.map(({ storeId }) => storeId)).size, 1);
  const [meta] = await there.server.query<{ n: number }>('SELECT count(*)::int AS n FROM forcemint.meta', [], database);
  assert.equal(meta?.n, 1);
});

test('what an administrator runs is enough: the run-time role makes nothing and lacks nothing', { skip }, async () => {
  const database = await there.server.createDatabase();
  await there.server.query("CREATE ROLE owner_role; CREATE ROLE runtime LOGIN PASSWORD 'synthetic-runtime'");
  await there.server.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC; GRANT CONNECT ON DATABASE ${database} TO runtime`);
  const url = parsePostgresUrl(there.server.url(database, 'runtime', 'synthetic-runtime'));
  await assert.rejects(openPostgresStore({ url, clock, random }), refusedAs('store_schema_older'));
  await there.server.query(schemaSql({ owner: 'owner_role', runtimeRole: 'runtime' }), [], database);

  await using store = await openPostgresStore({ url, clock, random });
  const connection = connectionRow();
  const { id } = connection;
  assert.equal(await store.insertConnection(connection, tokenRow(id), [event(id, 'connected')]), true);
  const lease = present(await store.exchangeLock('r').tryAcquire(id, 1_000));
  const revocation = pendingRevocation(id);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 2 }), 1, [], { lease, revocations: [revocation] }), true);
  await lease.release();
  assert.equal(await store.claimRevocation(revocation, 1), true);
  assert.equal(await store.deleteRevocation(revocation.id, [event(id, 'revoked')]), true);
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'r', forMs: 1_000 }), []);
  assert.equal(await store.updateConnection({ ...connection, revision: 2 }, 1, tokenRow(id, { revision: 3 }), []), true);
  assert.equal(await store.deleteConnection(id, tokenRow(id, { revision: 4 }), [event(id, 'removed')]), true);

  const asRuntime = (sql: string) => there.server.query(`SET ROLE runtime; ${sql}`, [], database);
  for (const forbidden of [
    'DROP TABLE forcemint.tokens',
    'TRUNCATE forcemint.tokens',
    'CREATE TABLE forcemint.mine (a int)',
    'DELETE FROM forcemint.meta',
    "UPDATE forcemint.events SET detail = '{}'",
    'DELETE FROM forcemint.changes',
  ]) {
    await assert.rejects(asRuntime(forbidden), { code: '42501' }, forbidden);
  }
});

test('the schema that is printed is the one that is made', { skip }, async (t) => {
  const { database: made } = await there.store(t);
  const printed = await there.server.createDatabase();
  await there.server.query('CREATE ROLE printed_owner; CREATE ROLE printed_runtime');
  await there.server.query(schemaSql({ owner: 'printed_owner', runtimeRole: 'printed_runtime' }), [], printed);
  const columns = (database: string) =>
    there.server.query(
      `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'forcemint' ORDER BY table_name, ordinal_position`,
      [],
      database,
    );
  assert.deepEqual(await columns(printed), await columns(made));
});

test('a role name is quoted, whatever stands in it', () => {
  assert.match(schemaSql({ owner: 'o"; DROP TABLE x', runtimeRole: 'r' }), /AUTHORIZATION "o""; DROP TABLE x";/);
  assert.throws(() => schemaSql({ owner: '', runtimeRole: 'r' }), TypeError);
});

test('a schema from the future is left alone', { skip }, async (t) => {
  const { database } = await there.store(t);
  await there.server.query('UPDATE forcemint.meta SET schema_version = 999', [], database);
  await assert.rejects(there.open(database), refusedAs('store_newer'));
});

test('an older schema, or none, is refused where nothing may be migrated', { skip }, async (t) => {
  const empty = await there.server.createDatabase();
  await assert.rejects(there.open(empty, { migrate: false }), refusedAs('store_schema_older'));
  const { database } = await there.store(t);
  await there.server.query('UPDATE forcemint.meta SET schema_version = 0', [], database);
  await assert.rejects(there.open(database, { migrate: false }), refusedAs('store_schema_older'));
});

test('a schema without its row is no store', { skip }, async (t) => {
  const { database } = await there.store(t);
  await there.server.query('DELETE FROM forcemint.meta', [], database);
  await assert.rejects(there.open(database), refusedAs('store_corrupt'));
});

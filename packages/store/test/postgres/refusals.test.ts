import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { StoreError, type StoreErrorCode } from '@forcemint/core/errors';
import { openPostgresStore } from '../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import { clock, random } from '../support/machine.ts';
import { connectionRow, present, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();
const PASSWORD = 'synthetic-password-of-a-test';

const openUrl = (url: string) => openPostgresStore({ url: parsePostgresUrl(url), clock, random, connectWaitMs: 5_000 });

/** A clear refusal: named, diagnosed, without the password. */
async function refused(opening: Promise<unknown>, code: StoreErrorCode, retryable: boolean): Promise<StoreError> {
  const error = await opening.then(
    () => assert.fail('it was opened'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StoreError, inspect(error));
  assert.deepEqual([error.code, error.retryable], [code, retryable], inspect(error));
  assert.ok(error.diagnosis !== undefined && error.diagnosis.fix.length > 0);
  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [PASSWORD, there.server.password]) assert.ok(!shown.includes(secret), 'a password is shown');
  return error;
}

/** A role of its own for a new database. */
async function role(database: string, name: string, ...clauses: string[]): Promise<string> {
  await there.server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
  for (const clause of clauses) await there.server.query(clause, [], database);
  return there.server.url(database, name, PASSWORD);
}

test('a server that is not there', { skip }, async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await refused(openUrl(`postgres://u:${PASSWORD}@127.0.0.1:${port}/d`), 'store_unavailable', true);
  await refused(openUrl(`postgres://u:${PASSWORD}@/d?host=${there.server.directory}/nowhere`), 'store_unavailable', true);
});

test('something that listens and is no PostgreSQL, or says nothing', { skip }, async (t) => {
  for (const greeting of ['HTTP/1.1 400 Bad Request\r\n\r\n', undefined]) {
    const sockets = new Set<import('node:net').Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      if (greeting !== undefined) socket.end(greeting);
    }).listen(0, '127.0.0.1');
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = parsePostgresUrl(`postgres://u:${PASSWORD}@127.0.0.1:${port}/d`);
    await refused(openPostgresStore({ url, clock, random, connectWaitMs: 300 }), 'store_unavailable', true);
  }
});

test('a wrong password, and none', { skip }, async () => {
  const database = await there.server.createDatabase();
  await refused(openUrl(there.server.url(database, 'postgres', PASSWORD)), 'store_no_rights', false);
  await refused(openUrl(`postgres://nobody:${PASSWORD}@127.0.0.1:${there.server.port}/${database}`), 'store_no_rights', false);
});

test('a database that is missing', { skip }, async () => {
  await refused(openUrl(there.server.url('nowhere')), 'store_unavailable', false);
});

test('an encoding that can’t hold every name', { skip }, async () => {
  for (const encoding of ['SQL_ASCII', 'LATIN1']) {
    const database = await there.server.createDatabase(undefined, `ENCODING '${encoding}' TEMPLATE template0`);
    const error = await refused(there.open(database), 'store_unavailable', false);
    assert.match(error.message, new RegExp(encoding));
  }
});

test('a role that may not create anything, over an empty database and over a store', { skip }, async (t) => {
  const empty = await there.server.createDatabase();
  const url = await role(empty, 'powerless', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  const error = await refused(openUrl(url), 'store_schema_older', false);
  assert.ok(error.diagnosis?.fix.some((fix) => fix.includes('forcemint store migrate')));
  const { database } = await there.store(t);
  await refused(openUrl(there.server.url(database, 'powerless', PASSWORD)), 'store_no_rights', false);
});

test('a right that is taken away while the store is open', { skip }, async (t) => {
  const database = await there.server.createDatabase();
  const url = await role(database, 'shrinking', `GRANT CREATE ON DATABASE ${database} TO shrinking`);
  const store = await openUrl(url);
  t.after(() => store[Symbol.asyncDispose]());
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await there.server.query('REVOKE UPDATE ON forcemint.tokens FROM shrinking', [], database);
  await refused(store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), 'store_no_rights', false);
});

test('a database that takes no writes, when it is opened and afterwards', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await there.server.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
  await refused(there.open(database), 'store_read_only', false);
  await there.server.terminateBackends(`datname = '${database}'`);
  await refused(store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), 'store_read_only', true);
  assert.equal((await store.getToken(connection.id))?.revision, 1, 'it can still be read');
});

test('an isolation level under which a condition could be overlooked', { skip }, async () => {
  const database = await there.server.createDatabase();
  await there.server.query(`ALTER DATABASE ${database} SET default_transaction_isolation = 'repeatable read'`);
  await refused(there.open(database), 'store_unavailable', false);
});

test('a statement_timeout that is too short says so', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await there.server.query(`ALTER DATABASE ${database} SET statement_timeout = '200ms'`);
  await there.server.terminateBackends(`datname = '${database}'`);
  const lock = await there.client(t, database);
  await lock.query('BEGIN');
  await lock.query('SELECT 1 FROM forcemint.tokens FOR UPDATE');
  const error = await refused(store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), 'store_unavailable', true);
  assert.ok(error.diagnosis?.fix.some((fix) => fix.includes('statement_timeout')));
  await lock.query('COMMIT');
  assert.equal(await store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), true);
});

test('time zones and date styles change nothing', { skip }, async (t) => {
  const { store, connect, database } = await there.store(t);
  await there.server.query(`ALTER DATABASE ${database} SET timezone = 'Pacific/Apia'; `);
  await there.server.query(`ALTER DATABASE ${database} SET datestyle = 'German, DMY'`);
  await there.server.query(`ALTER DATABASE ${database} SET intervalstyle = 'sql_standard'`);
  await there.server.query(`ALTER DATABASE ${database} SET bytea_output = 'escape'`);
  await there.server.query(`ALTER DATABASE ${database} SET extra_float_digits = -10`);
  const odd = await connect();
  const connection = connectionRow({ secrets: Uint8Array.from({ length: 256 }, (_, byte) => byte) });
  await odd.insertConnection(connection, tokenRow(connection.id), []);
  assert.deepEqual([...present(await odd.getConnection('acme')).secrets], [...connection.secrets]);
  const lease = present(await odd.exchangeLock('r').tryAcquire(connection.id, 60_000));
  assert.equal(await store.exchangeLock('s').tryAcquire(connection.id, 60_000), undefined);
  assert.equal(await odd.updateToken(tokenRow(connection.id, { revision: 2 }), 1, [], { lease }), true);
  await store.beat({ id: 'a', host: 'h', masterKeyId: 1, formerEntries: 0 });
  const remaining = await odd.replicas('own').answersForMs('a');
  assert.ok(remaining > 9 * 60_000 && remaining <= 10 * 60_000);
});

test('a server that goes away and comes back', { skip }, async (t) => {
  const { store } = await there.store(t);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await there.server.halt();
  await refused(store.getToken(connection.id), 'store_unavailable', true);
  await refused(store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), 'store_unavailable', true);
  await refused(store.exchangeLock('r').tryAcquire(connection.id, 1_000), 'store_unavailable', true);
  await there.server.start();
  assert.equal(await store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), true);
});

test('a table that somebody has meddled with is named as such', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await there.server.query("UPDATE forcemint.tokens SET exchange = 'no JSON'", [], database);
  await refused(store.getToken(connection.id), 'store_corrupt', false);
  assert.match((await store.checkIntegrity()).join('\n'), /acme/);
  await there.server.query('ALTER TABLE forcemint.tokens RENAME TO elsewhere', [], database);
  await refused(store.getToken(connection.id), 'store_corrupt', false);
});

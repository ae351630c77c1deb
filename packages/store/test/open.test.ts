import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { networkFileSystem } from '../src/sqlite/network-file-system.ts';
import { openSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { child } from './support/child.ts';
import { clock, open, random, temporaryDirectory } from './support/machine.ts';
import { connectionRow, event, present, tokenRow } from './support/rows.ts';

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const storeError = (code: string, message?: RegExp) => ({ name: 'StoreError', code, ...(message && { message }) });

test('the store and everything beside it is made for this user only, whatever the umask', async (t) => {
  const directory = `${temporaryDirectory(t)}/deep/data`;
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const store = await open(t, `${directory}/store.db`);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  process.umask(before);
  assert.equal(mode(dirname(directory)), '700');
  assert.equal(mode(directory), '700');
  assert.equal(mode(`${directory}/store.db.locks`), '700');
  for (const file of ['store.db', 'store.db-wal', 'store.db-shm', 'store.db.locks/set-up']) {
    assert.equal(mode(`${directory}/${file}`), '600', file);
  }
});

test('a store that others can read is refused, with the command that mends it', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  await (await open(t, path))[Symbol.asyncDispose]();
  for (const bad of [0o640, 0o604, 0o620]) {
    chmodSync(path, bad);
    await assert.rejects(open(t, path), storeError('insecure_permissions', new RegExp(`chmod 600 ${path}`)));
  }
  chmodSync(path, 0o600);
  await open(t, path);
});

test('a directory in which others can replace the store is refused; one that they can only read is not', async (t) => {
  const directory = `${temporaryDirectory(t)}/shared`;
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  await assert.rejects(open(t, `${directory}/store.db`), storeError('insecure_permissions', /chmod 700/));
  assert.deepEqual(readdirSync(directory), []);
  chmodSync(directory, 0o1777);
  await open(t, `${directory}/sticky.db`);
  chmodSync(directory, 0o755);
  await open(t, `${directory}/store.db`);
});

test('a lock directory that others can enter is refused', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  mkdirSync(`${path}.locks`);
  chmodSync(`${path}.locks`, 0o755);
  await assert.rejects(open(t, path), storeError('insecure_permissions', /chmod 700 .*locks/));
});

test('garbage, an empty SQLite database of another program and a truncated store are told apart from a store', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(`${directory}/garbage.db`, 'this is no database '.repeat(500), { mode: 0o600 });
  await assert.rejects(open(t, `${directory}/garbage.db`), storeError('store_corrupt'));

  writeFileSync(`${directory}/foreign.db`, '', { mode: 0o600 });
  const foreign = new DatabaseSync(`${directory}/foreign.db`);
  foreign.exec('PRAGMA application_id = 42; CREATE TABLE theirs (a)');
  foreign.close();
  await assert.rejects(open(t, `${directory}/foreign.db`), storeError('store_corrupt', /not a Forcemint store/));
  const untouched = new DatabaseSync(`${directory}/foreign.db`);
  assert.equal(untouched.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'delete');
  untouched.close();

  writeFileSync(`${directory}/unnamed.db`, '', { mode: 0o600 });
  const unnamed = new DatabaseSync(`${directory}/unnamed.db`);
  unnamed.exec('CREATE TABLE theirs (a)');
  unnamed.close();
  await assert.rejects(open(t, `${directory}/unnamed.db`), storeError('store_corrupt', /not a Forcemint store/));

  const store = await open(t, `${directory}/cut.db`);
  await store[Symbol.asyncDispose]();
  truncateSync(`${directory}/cut.db`, 5_000);
  await assert.rejects(async () => (await open(t, `${directory}/cut.db`)).listConnections(), storeError('store_corrupt'));
});

test('a page of the store that was overwritten is a corrupt store, not a wrong answer', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const store = await open(t, path);
  for (let index = 0; index < 50; index += 1) {
    const row = connectionRow({ name: `c${index}` });
    await store.insertConnection(row, tokenRow(row.id, { refreshToken: Buffer.alloc(500) }), []);
  }
  await store[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  const page = present(database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'connections'").get())['rootpage'];
  database.close();
  const { openSync, writeSync, closeSync } = await import('node:fs');
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, (Number(page) - 1) * 4_096);
  closeSync(file);
  const damaged = await open(t, path);
  await assert.rejects(damaged.listConnections(), storeError('store_corrupt'));
});

test('a store whose log was deleted still opens, with what had been checkpointed', async (t) => {
  const directory = temporaryDirectory(t);
  const path = `${directory}/store.db`;
  const first = await open(t, path);
  const one = connectionRow({ name: 'one' });
  await first.insertConnection(one, tokenRow(one.id), []);
  await first[Symbol.asyncDispose]();
  const writer = child(t, new URL('./support/writer.ts', import.meta.url), [path, 'endless']);
  await writer.line('committed 5');
  writer.process.kill('SIGKILL');
  await writer.ended;
  assert.ok(existsSync(`${path}-wal`));
  rmSync(`${path}-wal`);
  rmSync(`${path}-shm`);
  const store = await open(t, path);
  assert.equal((await store.getConnection('one'))?.id, one.id);
});

test('no room: writes fail with store_full, nothing stored is lost, reads go on', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const store = await open(t, path, { maxPages: 40 });
  const kept: string[] = [];
  const fill = async () => {
    for (;;) {
      const row = connectionRow({ name: `c${kept.length}` });
      assert.equal(await store.insertConnection(row, tokenRow(row.id, { heldAnswer: Buffer.alloc(8_000) }), []), true);
      kept.push(row.name);
    }
  };
  await assert.rejects(fill(), { ...storeError('store_full'), retryable: true });
  assert.ok(kept.length > 5);
  assert.deepEqual(
    (await store.listConnections()).map(({ name }) => name),
    [...kept].sort(),
  );
  await store[Symbol.asyncDispose]();
  const roomy = await open(t, path);
  const row = connectionRow({ name: 'roomy' });
  assert.equal(await roomy.insertConnection(row, tokenRow(row.id), [event(row.id, 'connected')]), true);
});

test('opened read-only: reads work, writes say so, and nothing is created', async (t) => {
  const directory = temporaryDirectory(t);
  await assert.rejects(open(t, `${directory}/none.db`, { readOnly: true }), storeError('store_unavailable', /no store/));
  assert.deepEqual(readdirSync(directory), []);
  const path = `${directory}/store.db`;
  const writer = await open(t, path);
  const connection = connectionRow();
  await writer.insertConnection(connection, tokenRow(connection.id), []);
  const reader = await open(t, path, { readOnly: true });
  assert.equal((await reader.getConnection('acme'))?.id, connection.id);
  await assert.rejects(reader.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), storeError('store_read_only'));
  assert.equal((await writer.getToken(connection.id))?.revision, 1);
});

test('a user without write permission reads the store, or learns why not', async (t) => {
  const directory = temporaryDirectory(t);
  const path = `${directory}/store.db`;
  const keepsTheLog = await open(t, path);
  const connection = connectionRow();
  await keepsTheLog.insertConnection(connection, tokenRow(connection.id), []);
  const reader = child(t, new URL('./support/unprivileged.ts', import.meta.url), [path]);
  assert.deepEqual(JSON.parse((await reader.line('write ')).slice(6)), { code: 'store_read_only', name: 'StoreError' });
  assert.equal(await reader.line('read '), `read ${connection.id}`);
  assert.equal(await reader.ended, 0);
});

test('a directory that cannot be made is named', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(`${directory}/file`, '');
  await assert.rejects(open(t, `${directory}/file/data/store.db`), storeError('store_unavailable', /file\/data/));
});

test('twelve processes that create one store at once end with one store', async (t) => {
  const path = `${temporaryDirectory(t)}/data/store.db`;
  const file = new URL('./support/writer.ts', import.meta.url);
  const children = Array.from({ length: 12 }, (_, index) => child(t, file, [path, 'insert', 'shared', `own-${index}`]));
  const ids = new Set<string>();
  let won = 0;
  for (const one of children) {
    ids.add(await one.line('store '));
    won += (await one.line('inserted shared')) === 'inserted shared true' ? 1 : 0;
    assert.equal(await one.ended, 0);
  }
  assert.equal(ids.size, 1);
  assert.equal(won, 1);
  const store = await openSqliteStore({ path, clock, random });
  assert.equal((await store.listConnections()).length, 13);
  await store[Symbol.asyncDispose]();
});

test('a store is bound to a master key once, whoever comes first', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const [one, two] = [await open(t, path), await open(t, path)];
  assert.equal(await one.isEmpty(), true);
  assert.equal((await one.readKeys()).check, undefined);
  const key = (id: string) => ({
    check: Buffer.from(`check ${id}`),
    dataKey: { id: 1, wrapped: Buffer.from(`key ${id}`), createdAtMs: 5 },
  });
  const won = await Promise.all([one.initialise(key('one')), two.initialise(key('two'))]);
  assert.deepEqual([...won].sort(), [false, true]);
  const winner = won[0] ? 'one' : 'two';
  for (const store of [one, two]) {
    const { check, dataKeys } = await store.readKeys();
    assert.equal(Buffer.from(present(check)).toString(), `check ${winner}`);
    assert.deepEqual(
      dataKeys.map(({ id, wrapped }) => [id, Buffer.from(wrapped).toString()]),
      [[1, `key ${winner}`]],
    );
    assert.equal(await store.isEmpty(), false);
  }
});

test('a tombstone alone makes a store not empty', async (t) => {
  const store = await open(t, `${temporaryDirectory(t)}/store.db`);
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await store.deleteConnection(connection.id, tokenRow(connection.id), []);
  assert.equal(await store.isEmpty(), false);
});

test('a store on a network file system is refused before anything is made there', async (t) => {
  const directory = temporaryDirectory(t);
  const asked: string[] = [];
  const kindOf = (path: string) => {
    asked.push(path);
    return 'NFS';
  };
  const path = `${directory}/new/store.db`;
  await assert.rejects(open(t, path, { networkFileSystem: kindOf }), {
    ...storeError('network_file_system'),
    message: /network file system \(NFS\)/,
  });
  assert.deepEqual(asked, [path]);
  assert.equal(existsSync(`${directory}/new`), false);
  assert.equal(networkFileSystem(path), undefined);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import { connectionRow, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();

const listening = (database: string) => async () => {
  const rows = await there.server.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'LISTEN%'",
    [database],
  );
  return rows[0]?.pid;
};

test('word of a change reaches the others, and not the one who made it', { skip }, async (t) => {
  const { store, connect, database } = await there.store(t);
  const other = await connect();
  let [heard, heardMyself] = [0, 0];
  using _others = other.onHint(() => {
    heard += 1;
  });
  using _own = store.onHint(() => {
    heardMyself += 1;
  });
  await until('both listen', async () => {
    const rows = await there.server.query("SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'LISTEN%'", [
      database,
    ]);
    return rows.length === 2;
  });
  await until('both were told to look once they listened', () => heard === 1 && heardMyself === 1);
  const row = connectionRow();
  await store.insertConnection(row, tokenRow(row.id), []);
  await until('the other has heard', () => heard === 2);
  await other.updateToken(tokenRow(row.id, { revision: 2 }), 1, []);
  await until('the first hears of the other’s write', () => heardMyself === 2);
  assert.equal(heard, 2);
});

test('many writes are one word, which names rows of marks and nothing else', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const client = await there.client(t, database);
  await client.query('LISTEN forcemint');
  const payloads: string[] = [];
  client.on('notification', ({ payload = '' }) => payloads.push(payload));
  const rows = Array.from({ length: 20 }, (_, n) => connectionRow({ name: `secret-name-${n}` }));
  await Promise.all(rows.map((row) => store.insertConnection(row, tokenRow(row.id), [])));
  await until('a word has come', () => payloads.length > 0);
  assert.ok(payloads.length < rows.length);
  for (const payload of payloads) assert.match(payload, /^[0-9a-f]{12} \d{1,3}(,\d{1,3})*$/);
});

test('a listener that loses its connection comes back, and says that something may have been missed', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  let heard = 0;
  using _hint = store.onHint(() => {
    heard += 1;
  });
  const pid = await until('it listens', listening(database));
  await until('it has looked once', () => heard === 1);
  await there.server.terminateBackends(`pid = ${pid}`);
  await until('it listens again, over another connection', async () => {
    const now = await listening(database)();
    return now !== undefined && now !== pid;
  });
  await until('it was told to look', () => heard === 2);
});

test('closing the store ends its listener', { skip }, async () => {
  const database = await there.server.createDatabase();
  const store = await there.open(database);
  store.onHint(() => {});
  await until('it listens', listening(database));
  await store[Symbol.asyncDispose]();
  await until('nobody is connected any more', async () => {
    const rows = await there.server.query('SELECT pid FROM pg_stat_activity WHERE datname = $1', [database]);
    return rows.length === 0;
  });
});

test('a store that listens does not keep its process alive', { skip }, async () => {
  const database = await there.server.createDatabase();
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, ['--conditions=source', new URL('support/listener.child.ts', import.meta.url).pathname], {
    env: { ...process.env, FORCEMINT_TEST_DATABASE: there.server.url(database) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newExchangeRecord } from '@forcemint/core/tokens/exchange';
import type { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { connectionRow, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();
const FOR_MS = 600_000;

async function fillUnsettled(store: PostgresStore, count: number): Promise<void> {
  const exchange = { ...newExchangeRecord(), phase: 'unknown' } as const;
  const refreshToken = Buffer.from('r');
  for (let n = 0; n < count; n += 1) {
    const row = connectionRow({ name: `u${n}` });
    await store.insertConnection(row, tokenRow(row.id, { exchange, refreshToken }), []);
  }
}

test('of replicas that pick at once no two get the same connection, and together they get all', { skip }, async (t) => {
  const { store, connect } = await there.store(t);
  await fillUnsettled(store, 60);
  const handles = await Promise.all(Array.from({ length: 4 }, () => connect()));
  const picks = await Promise.all(
    handles.flatMap((handle, n) => [0, 1].map(() => handle.listUnsettled(10, { replicaId: `replica-${n}`, forMs: FOR_MS }))),
  );
  const owners = new Map<string, Set<number>>();
  picks.forEach((names, index) => {
    for (const name of names) owners.set(name, (owners.get(name) ?? new Set()).add(Math.floor(index / 2)));
  });
  for (const [name, owner] of owners) assert.equal(owner.size, 1, name);
  const rest = await store.listUnsettled(60, { replicaId: 'replica-0', forMs: FOR_MS });
  assert.ok(rest.length >= 20, 'what is left, and what it has picked itself');
  assert.deepEqual(await store.listUnsettled(100, { replicaId: 'late', forMs: FOR_MS }), []);
  assert.equal((await store.listUnsettled(100)).length, 60, 'who does not pick sees all');
});

test('what a replica has picked is free again when its time is over', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  await fillUnsettled(store, 3);
  const names = await store.listUnsettled(10, { replicaId: 'dead', forMs: FOR_MS });
  assert.equal(names.length, 3);
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'heir', forMs: FOR_MS }), []);
  await there.server.query("UPDATE forcemint.leases SET picked_until = clock_timestamp() - interval '1 ms'", [], database);
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'heir', forMs: FOR_MS }), names);
});

test('a pick is no lease, and a lease no pick', { skip }, async (t) => {
  const { store } = await there.store(t);
  await fillUnsettled(store, 1);
  const id = (await store.getConnection('u0'))?.id ?? '';
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'one', forMs: FOR_MS }), ['u0']);
  const lease = await store.exchangeLock('two').tryAcquire(id, FOR_MS);
  assert.notEqual(lease, undefined);
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'one', forMs: FOR_MS }), ['u0']);
  await lease?.release();
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'two', forMs: FOR_MS }), []);
});

test('idle connections are picked in their order, the longest idle first', { skip }, async (t) => {
  const { store } = await there.store(t);
  for (const [name, issuedAt] of Object.entries({ young: 300, old: 100, middle: 200 })) {
    const row = connectionRow({ name });
    const details = {
      tokenType: 'Bearer',
      instanceUrl: 'https://acme.my.salesforce.com',
      scope: 'api',
      issuedAt,
      expiresAt: issuedAt + 1,
      expirySource: 'policy',
      fingerprint: '0123456789abcdef',
    } as const;
    await store.insertConnection(row, tokenRow(row.id, { refreshToken: Buffer.from('r'), details }), []);
  }
  assert.deepEqual(await store.listIdle(1_000, 2, { replicaId: 'one', forMs: FOR_MS }), ['old', 'middle']);
  assert.deepEqual(await store.listIdle(1_000, 9, { replicaId: 'two', forMs: FOR_MS }), ['young']);
  assert.deepEqual(await store.listIdle(1_000, 9, { replicaId: 'one', forMs: FOR_MS }), ['old', 'middle']);
});

test('a connection that is being written at this moment keeps nobody waiting', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  await fillUnsettled(store, 2);
  const lock = await there.client(t, database);
  await lock.query('BEGIN');
  await lock.query(
    "SELECT 1 FROM forcemint.tokens t JOIN forcemint.connections c ON c.id = t.connection_id WHERE c.name = 'u0' FOR UPDATE OF t",
  );
  assert.deepEqual(await store.listUnsettled(10, { replicaId: 'one', forMs: FOR_MS }), ['u1']);
  await lock.query('COMMIT');
});

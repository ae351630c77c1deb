import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import { connectionRow, event, present, tokenRow } from '../support/rows.ts';
import { SetClock } from '../support/set-clock.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();
const LEASE_MS = 180_000;

/** Makes a lease look as if its time were over, by the server's clock. */
const runOut = (database: string, connectionId: string) =>
  there.server.query(
    "UPDATE forcemint.leases SET until = clock_timestamp() - interval '1 millisecond' WHERE connection_id = $1",
    [connectionId],
    database,
  );

test('of many who claim one connection at once, over many handles, one gets the lease', { skip }, async (t) => {
  const { store, connect } = await there.store(t);
  const locks = [store, await connect(), await connect()].map((handle, index) => handle.exchangeLock(`replica-${index}`));
  for (let round = 0; round < 5; round += 1) {
    const claims = await Promise.all(Array.from({ length: 30 }, (_, n) => locks[n % 3]?.tryAcquire('c', LEASE_MS)));
    const leases = claims.filter((lease) => lease !== undefined);
    assert.equal(leases.length, 1);
    await leases[0]?.release();
  }
});

test('leases of different connections have nothing to do with each other', { skip }, async (t) => {
  const { store } = await there.store(t);
  const lock = store.exchangeLock('r');
  assert.notEqual(await lock.tryAcquire('one', LEASE_MS), undefined);
  assert.notEqual(await lock.tryAcquire('two', LEASE_MS), undefined);
  assert.equal(await lock.tryAcquire('one', LEASE_MS), undefined);
});

test('a lease that ran out by the server’s clock can be taken, and its former holder can’t give the new one back', {
  skip,
}, async (t) => {
  const { store, database } = await there.store(t);
  const lock = store.exchangeLock('r');
  const first = present(await lock.tryAcquire('c', LEASE_MS));
  await runOut(database, 'c');
  const second = present(await lock.tryAcquire('c', LEASE_MS));
  assert.notEqual(second.id, first.id);
  await first.release();
  assert.equal(await lock.tryAcquire('c', LEASE_MS), undefined);
  await second.release();
  assert.notEqual(await lock.tryAcquire('c', LEASE_MS), undefined);
});

test('a client’s clock that is hours off neither takes a lease early nor keeps it longer', { skip }, async (t) => {
  const clock = new SetClock();
  const { store, connect, database } = await there.store(t);
  const wrong = await connect({ clock });
  clock.wallMs += 10 * 3_600_000;
  const held = present(await store.exchangeLock('r').tryAcquire('c', LEASE_MS));
  assert.equal(await wrong.exchangeLock('s').tryAcquire('c', LEASE_MS), undefined);
  await held.release();
  clock.wallMs -= 30 * 3_600_000;
  assert.notEqual(await wrong.exchangeLock('s').tryAcquire('c', LEASE_MS), undefined);
  const [row] = await there.server.query<{ left: number }>(
    'SELECT extract(epoch FROM until - clock_timestamp())::float8 * 1000 AS left FROM forcemint.leases',
    [],
    database,
  );
  assert.ok(row !== undefined && row.left > 0 && row.left <= LEASE_MS);
});

test('what remains counts from before the claim was sent, and is nothing once the machine was suspended', { skip }, async (t) => {
  const clock = new SetClock();
  const { store } = await there.store(t, { clock });
  const lease = present(await store.exchangeLock('r').tryAcquire('c', LEASE_MS));
  assert.equal(lease.remainingMs(), LEASE_MS);
  clock.advance(LEASE_MS - 1);
  assert.equal(lease.remainingMs(), 1);
  clock.advance(1);
  assert.equal(lease.remainingMs(), 0);
  const other = present(await store.exchangeLock('r').tryAcquire('d', LEASE_MS));
  clock.wallMs += 4_999;
  assert.equal(other.remainingMs(), LEASE_MS);
  clock.wallMs += 1;
  assert.equal(other.remainingMs(), 0);
  clock.wallMs -= 5_000;
  assert.equal(other.remainingMs(), 0, 'a clock that is set back makes nothing better');
});

test('a leased write needs the lease as the server sees it', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const connection = connectionRow();
  const { id } = connection;
  await store.insertConnection(connection, tokenRow(id), []);
  const lock = store.exchangeLock('r');
  const lost = present(await lock.tryAcquire(id, LEASE_MS));
  assert.equal(await store.updateToken(tokenRow(id, { revision: 2 }), 1, [], { lease: lost }), true);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 2 }), 1, [], { lease: lost }), false, 'the revision has gone on');
  await runOut(database, id);
  const refused = (error: unknown) => error instanceof StoreError && error.code === 'lease_lost' && error.retryable;
  const late = () => store.updateToken(tokenRow(id, { revision: 3 }), 2, [event(id, 'renewed')], { lease: lost });
  await assert.rejects(late(), refused);
  const heir = present(await lock.tryAcquire(id, LEASE_MS));
  await assert.rejects(late(), refused);
  assert.deepEqual([(await store.getToken(id))?.revision, await store.listEvents(id, 10)], [2, []]);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 3 }), 2, [], { lease: heir }), true);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 4 }), 3, []), true, 'what ends needs none');
});

test('a lease of one connection is of no use for another', { skip }, async (t) => {
  const { store } = await there.store(t);
  const [one, two] = [connectionRow({ name: 'one' }), connectionRow({ name: 'two' })];
  for (const row of [one, two]) await store.insertConnection(row, tokenRow(row.id), []);
  const lease = present(await store.exchangeLock('r').tryAcquire(one.id, LEASE_MS));
  await assert.rejects(store.updateToken(tokenRow(two.id, { revision: 2 }), 1, [], { lease }), { code: 'lease_lost' });
});

test('a lease that can’t be given back is no error: it runs out', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const lease = present(await store.exchangeLock('r').tryAcquire('c', LEASE_MS));
  await there.server.query('ALTER TABLE forcemint.leases RENAME TO elsewhere', [], database);
  await lease.release();
  assert.equal(lease.remainingMs(), 0);
});

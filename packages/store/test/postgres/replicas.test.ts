import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetClock } from '../support/set-clock.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();
const MINUTE_MS = 60_000;

const report = (id: string) => ({ id, host: `host of ${id}`, masterKeyId: 7, formerEntries: 0 });
const silence = (database: string, id: string, seconds: number) =>
  there.server.query(
    `UPDATE forcemint.replicas SET seen_at = clock_timestamp() - interval '${seconds} s' WHERE id = $1`,
    [id],
    database,
  );

test('replicas are listed with what they said of themselves last', { skip }, async (t) => {
  const { store, connect, database } = await there.store(t);
  await store.beat(report('b'));
  await (await connect()).beat({ ...report('a'), masterKeyId: 1, formerEntries: 5 });
  await store.beat({ ...report('b'), masterKeyId: 8 });
  await silence(database, 'a', 90);
  const listed = await store.listReplicas();
  assert.deepEqual(
    listed.map(({ id, host, masterKeyId, formerEntries }) => [id, host, masterKeyId, formerEntries]),
    [
      ['a', 'host of a', 1, 5],
      ['b', 'host of b', 8, 0],
    ],
  );
  assert.ok((listed[0]?.silentForMs ?? 0) >= 90_000 && (listed[0]?.silentForMs ?? 0) < 90_000 + MINUTE_MS);
});

test('a beat tells the condition and the generation', { skip }, async (t) => {
  const { store } = await there.store(t);
  const generation = await store.raiseGeneration(41);
  assert.deepEqual(await store.beat(report('a')), { condition: { is: 'active' }, generation, replay: undefined });
});

test('a replica is waited for ten minutes from its last beat, by the server’s clock', { skip }, async (t) => {
  const clock = new SetClock();
  const { store, database } = await there.store(t, { clock });
  const replicas = store.replicas('own');
  assert.equal(replicas.ownId, 'own');
  await store.beat(report('a'));
  clock.wallMs += 10 * 3_600_000;
  const fresh = await replicas.answersForMs('a');
  assert.ok(fresh > 9 * MINUTE_MS && fresh <= 10 * MINUTE_MS);
  await silence(database, 'a', 540);
  const silent = await replicas.answersForMs('a');
  assert.ok(silent > 0 && silent <= MINUTE_MS);
  await silence(database, 'a', 601);
  assert.equal(await replicas.answersForMs('a'), 0);
});

test('one that never beat is given ten minutes from when it was first asked for', { skip }, async (t) => {
  const clock = new SetClock();
  const { store } = await there.store(t, { clock });
  const replicas = store.replicas('own');
  assert.equal(await replicas.answersForMs('nobody'), 10 * MINUTE_MS);
  clock.advance(9 * MINUTE_MS);
  assert.equal(await replicas.answersForMs('nobody'), MINUTE_MS);
  clock.advance(2 * MINUTE_MS);
  assert.equal(await replicas.answersForMs('nobody'), 0);
});

test('one that an operator has removed is not waited for, and is back with its next beat', { skip }, async (t) => {
  const { store } = await there.store(t);
  const replicas = store.replicas('own');
  await store.beat(report('a'));
  assert.equal(await store.deleteReplica('a'), true);
  assert.equal(await store.deleteReplica('a'), false);
  assert.deepEqual(await store.listReplicas(), []);
  assert.equal(await replicas.answersForMs('a'), 0);
  await store.beat(report('a'));
  assert.equal((await store.listReplicas()).length, 1);
  assert.ok((await replicas.answersForMs('a')) > 9 * MINUTE_MS);
});

import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PostgresRelay } from '../../../../test/support/postgres-relay.ts';
import { PostgresServer } from '../../../../test/support/postgres-server.ts';
import { until } from '../../../../test/support/until.ts';
import { openPostgresStore } from '../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import { clock, random } from '../support/machine.ts';
import { connectionRow, present, tokenRow } from '../support/rows.ts';
import { missing } from './support/server.ts';

const skip = missing;
const report = (id: string) => ({ id, host: id, masterKeyId: 7, formerEntries: 0 });

/** A primary and its standby, and a store at an address that leads to one of them. */
async function replicated(t: TestContext) {
  const settings = { wal_level: 'replica', max_wal_senders: '4', hot_standby: 'on' };
  const primary = await PostgresServer.start({ settings });
  t.after(() => primary.stop());
  await primary.createDatabase('store');
  await primary.halt();
  const standby = await PostgresServer.start({
    password: primary.password,
    settings: { ...settings, primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password=${primary.password}` },
    prepare(directory) {
      cpSync(primary.dataDirectory, directory, { recursive: true });
      writeFileSync(join(directory, 'standby.signal'), '');
    },
  });
  t.after(() => standby.stop());
  await primary.start();
  await until('the standby follows', async () => (await primary.query('SELECT 1 FROM pg_stat_replication')).length === 1);
  const relay = await PostgresRelay.start(t, primary.port);
  const url = parsePostgresUrl(primary.url('store').replace(`:${primary.port}/`, `:${relay.port}/`));
  const store = await openPostgresStore({ url, clock, random });
  t.after(() => store[Symbol.asyncDispose]());
  return { primary, standby, relay, store };
}

/** The standby gets nothing more. */
async function detach({ primary, standby }: Pick<Awaited<ReturnType<typeof replicated>>, 'primary' | 'standby'>): Promise<void> {
  const [{ lsn } = { lsn: '' }] = await primary.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
  await until('the standby has all so far', async () => {
    const [row] = await standby.query<{ done: boolean }>('SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done', [lsn]);
    return row?.done === true;
  });
  await standby.halt();
}

async function promote({
  primary,
  standby,
  relay,
}: Pick<Awaited<ReturnType<typeof replicated>>, 'primary' | 'standby' | 'relay'>) {
  await primary.kill();
  await standby.start();
  await standby.query('SELECT pg_promote(true, 60)');
  relay.pointTo(standby.port);
}

/** As if the failover had been so much earlier. */
const later = (server: PostgresServer, time: string) =>
  server.query(`UPDATE forcemint.meta SET failed_over_at = failed_over_at - interval '${time}'`, [], 'store');

test('after a failover to a standby that lags, nothing begins as usual until every replica has brought what it has', {
  skip,
}, async (t) => {
  const there = await replicated(t);
  const { store } = there;
  const connection = connectionRow();
  const { id } = connection;
  await store.insertConnection(connection, tokenRow(id), []);
  for (const replica of ['a', 'b']) assert.deepEqual((await store.beat(report(replica))).condition, { is: 'active' });
  const before = present(await store.exchangeLock('a').tryAcquire(id, 1_000));
  assert.deepEqual(before.condition, { is: 'active' });
  await before.release();
  const marks = await store.changeMarks();
  await detach(there);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 2, version: 2 }), 1, []), true);
  const lost = await store.changeMarks();
  await promote(there);

  assert.equal((await store.getToken(id))?.revision, 1, 'the standby lagged');
  const lease = present(await store.exchangeLock('a').tryAcquire(id, 1_000));
  assert.equal(lease.condition.is, 'failed-over', 'the first claim notices');
  const { condition } = lease;
  assert.ok(condition.is === 'failed-over' && condition.untilMs > Date.now() && condition.untilMs <= Date.now() + 11 * 60_000);
  assert.equal((await store.condition()).is, 'failed-over');
  assert.equal((await store.standing()).condition.is, 'failed-over');
  const quarantined = { is: 'quarantined', why: 'restored', evidence: '', sinceMs: 1 } as const;
  assert.equal(await store.setCondition(quarantined, await store.condition()), true, 'an operator need not wait for its end');
  assert.deepEqual(await store.condition(), quarantined);
  assert.equal(await store.setCondition({ is: 'active' }, quarantined), true);

  const heard = await store.beat(report('a'));
  const replay = present(heard.replay);
  assert.equal(
    await store.updateToken(tokenRow(id, { revision: 2, version: 2 }), 1, []),
    true,
    'what the replica had is brought back',
  );
  assert.notEqual((await store.changeMarks()).of(id), lost.of(id), 'other content under another mark');
  assert.notEqual((await store.changeMarks()).of(id), marks.of(id));
  await store.beat({ ...report('a'), replayed: replay });
  await later(there.standby, '300 seconds');
  assert.equal((await store.condition()).is, 'failed-over', 'b was heard of, and has not reported');
  assert.equal((await store.beat(report('a'))).replay, undefined);
  assert.equal((await store.beat(report('b'))).replay, replay);
  await store.beat({ ...report('b'), replayed: replay });
  assert.deepEqual(await store.condition(), { is: 'active' });
  const after = present(await store.exchangeLock('b').tryAcquire('other', 1_000));
  assert.deepEqual(after.condition, { is: 'active' });
});

test('a replica that stays away is waited for for ten minutes', { skip }, async (t) => {
  await using server = await PostgresServer.start({ fsync: false });
  await server.createDatabase('store');
  const store = await openPostgresStore({ url: parsePostgresUrl(server.url('store')), clock, random });
  t.after(() => store[Symbol.asyncDispose]());
  await store.beat(report('a'));
  await store.beat(report('gone'));
  // As a standby finds it that was promoted.
  await server.query("UPDATE forcemint.meta SET timeline = 'FFFFFFFF'", [], 'store');
  assert.equal((await store.beat(report('a'))).condition.is, 'failed-over', 'the first beat notices');
  await store.beat({ ...report('a'), replayed: present((await store.beat(report('a'))).replay) });
  await later(server, '300 seconds');
  assert.equal((await store.condition()).is, 'failed-over');
  await later(server, '299 seconds');
  assert.equal((await store.condition()).is, 'failed-over');
  await later(server, '1 second');
  assert.deepEqual(await store.condition(), { is: 'active' });
});

test('what is under way, and replicas whose rows were lost, have five minutes', { skip }, async (t) => {
  await using server = await PostgresServer.start({ fsync: false });
  await server.createDatabase('store');
  const store = await openPostgresStore({ url: parsePostgresUrl(server.url('store')), clock, random });
  t.after(() => store[Symbol.asyncDispose]());
  await store.beat(report('a'));
  await server.query("UPDATE forcemint.meta SET timeline = 'FFFFFFFF'", [], 'store');
  await store.beat(report('a'));
  const replayed = present((await store.beat(report('a'))).replay);
  await store.beat({ ...report('a'), replayed });
  assert.equal((await store.condition()).is, 'failed-over', 'another may live');
  await store.beat(report('lost'));
  await later(server, '300 seconds');
  assert.equal((await store.condition()).is, 'failed-over', 'and does');
  await store.beat({ ...report('lost'), replayed });
  assert.deepEqual(await store.condition(), { is: 'active' });
});

test('a server that is merely restarted, or crashes, is no failover', { skip }, async (t) => {
  await using server = await PostgresServer.start();
  const url = parsePostgresUrl(server.url());
  const store = await openPostgresStore({ url, clock, random });
  t.after(() => store[Symbol.asyncDispose]());
  await store.beat(report('a'));
  await server.restart();
  assert.deepEqual((await store.beat(report('a'))).condition, { is: 'active' });
  await server.kill();
  await server.start();
  assert.deepEqual((await store.beat(report('a'))).condition, { is: 'active' });
});

test('any role may ask for the timeline, and a server without it does without', { skip }, async (t) => {
  await using server = await PostgresServer.start({ fsync: false });
  const database = await server.createDatabase();
  await server.query(
    "REVOKE EXECUTE ON FUNCTION pg_walfile_name(pg_lsn) FROM PUBLIC; CREATE ROLE plain LOGIN PASSWORD 'p'",
    [],
    database,
  );
  await server.query(`GRANT CREATE ON DATABASE ${database} TO plain`);
  const store = await openPostgresStore({ url: parsePostgresUrl(server.url(database, 'plain', 'p')), clock, random });
  t.after(() => store[Symbol.asyncDispose]());
  assert.deepEqual((await store.beat(report('a'))).condition, { is: 'active' });
  assert.notEqual(await store.exchangeLock('a').tryAcquire('c', 1_000), undefined);
});

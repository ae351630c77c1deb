import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionRow, present, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer({ fsync: true, settings: { synchronous_commit: 'off', wal_writer_delay: '10s' } });

test('an acknowledged write survives a crash of a server that was told not to wait for its disk', { skip }, async (t) => {
  const database = await there.server.createDatabase();
  await there.server.query(`ALTER ROLE postgres IN DATABASE ${database} SET synchronous_commit = off`);
  const store = await there.open(database);
  t.after(() => store[Symbol.asyncDispose]());
  const connection = connectionRow();
  const { id } = connection;
  await store.initialise({ check: Buffer.from('c'), dataKey: { id: 1, wrapped: Buffer.from('w'), createdAtMs: 1 } });
  await store.insertConnection(connection, tokenRow(id), []);
  for (let revision = 1; revision <= 20; revision += 1) {
    const lease = present(await store.exchangeLock('r').tryAcquire(id, 60_000));
    assert.equal(await store.updateToken(tokenRow(id, { revision: revision + 1 }), revision, [], { lease }), true);
    await lease.release();
    if (revision % 10 !== 0) continue;
    await there.server.kill();
    await there.server.start();
    assert.equal((await store.getToken(id))?.revision, revision + 1);
    // That a lease was given back needs not survive.
    await there.server.query('DELETE FROM forcemint.leases', [], database);
  }
  assert.equal(await store.setCondition({ is: 'filling', from: { storeId: 's', url: 'u' } }, { is: 'active' }), true);
  await there.server.kill();
  await there.server.start();
  assert.equal((await store.condition()).is, 'filling');
  assert.equal((await store.readKeys()).dataKeys.length, 1);
});

test('what is stricter than waiting for one disk stays', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  await there.server.query(
    `CREATE TABLE public.seen (setting text);
     CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
     CREATE TRIGGER see AFTER INSERT OR UPDATE ON forcemint.tokens FOR EACH ROW EXECUTE FUNCTION public.see()`,
    [],
    database,
  );
  const connection = connectionRow();
  await store.insertConnection(connection, tokenRow(connection.id), []);
  await there.server.query(`ALTER DATABASE ${database} SET synchronous_commit = remote_apply`);
  await there.server.terminateBackends(`datname = '${database}'`);
  await store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []);
  const seen = await there.server.query<{ setting: string }>('SELECT setting FROM public.seen', [], database);
  assert.deepEqual(
    seen.map(({ setting }) => setting),
    ['on', 'remote_apply'],
  );
});

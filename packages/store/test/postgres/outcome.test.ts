import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { type PlannedCut, PostgresRelay } from '../../../../test/support/postgres-relay.ts';
import { until } from '../../../../test/support/until.ts';
import { parsePostgresUrl } from '../../src/postgres/parse-postgres-url.ts';
import type { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { pendingRevocation } from '../support/revocations.ts';
import { connectionRow, event, present, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();

/** A store behind a relay, and another that goes around it. */
async function behindRelay(t: { after(done: () => unknown): void }) {
  const { store: other, connect, database } = await there.store(t);
  const relay = await PostgresRelay.start(t, there.server.port);
  const url = parsePostgresUrl(there.server.url(database).replace(`:${there.server.port}/`, `:${relay.port}/`));
  /** The next statement that holds this text is cut. */
  const cut = (at: string, how: PlannedCut['how'], meanwhile?: () => Promise<unknown>) =>
    relay.plan({ hits: (statement) => statement.includes(at), how, ...(meanwhile && { meanwhile }) });
  return { store: await connect({ url }), other, relay, cut, database };
}

const connection = () => connectionRow({ name: 'acme' });
const next = (row: TokenRow, changes: Partial<TokenRow> = {}): TokenRow => ({ ...row, revision: row.revision + 1, ...changes });

interface Case {
  readonly at: string;
  /** @returns what it did, to be found exactly once */
  readonly act: (store: PostgresStore, id: string, name: string) => Promise<boolean | undefined>;
  readonly isDone: (store: PostgresStore, id: string) => Promise<unknown>;
  readonly once: unknown;
}

/** As it goes over the wire; not a part of "READ COMMITTED". */
const COMMIT = 'COMMIT\0';
const REVOCATION = pendingRevocation('c');
const CASES: Readonly<Record<string, Case>> = {
  insertConnection: {
    at: 'INSERT INTO forcemint.connections',
    act: (store) => {
      const row = connectionRow({ id: 'new', name: 'new' });
      return store.insertConnection(row, tokenRow('new'), [event('new', 'connected')]);
    },
    isDone: async (store) => [(await store.getConnection('new'))?.id, (await store.listEvents('new', 9)).length],
    once: ['new', 1],
  },
  updateToken: {
    at: 'UPDATE forcemint.tokens',
    act: (store, id) => store.updateToken(tokenRow(id, { revision: 2 }), 1, [event(id, 'renewed')]),
    isDone: async (store, id) => [(await store.getToken(id))?.revision, (await store.listEvents(id, 9)).length],
    once: [2, 1],
  },
  updateConnection: {
    at: 'UPDATE forcemint.connections',
    act: async (store, id, name) =>
      store.updateConnection({ ...present(await store.getConnection(name)), revision: 2 }, 1, undefined, [event(id, 'updated')]),
    isDone: async (store, id) => [(await store.getConnection('acme'))?.revision, (await store.listEvents(id, 9)).length],
    once: [2, 1],
  },
  deleteConnection: {
    at: 'DELETE FROM forcemint.connections',
    act: (store, id) =>
      store.deleteConnection(id, tokenRow(id, { revision: 2 }), [event(id, 'removed')], [pendingRevocation(id)]),
    isDone: async (store, id) => [
      await store.getConnection('acme'),
      (await store.listEvents(id, 9)).length,
      (await store.listRevocations(id)).length,
    ],
    once: [undefined, 1, 1],
  },
  addRevocations: {
    at: 'INSERT INTO forcemint.revocations',
    act: async (store, id) => {
      await store.addRevocations([pendingRevocation(id)]);
      return true;
    },
    isDone: async (store, id) => (await store.listRevocations(id)).length,
    once: 1,
  },
  claimRevocation: {
    at: 'UPDATE forcemint.revocations',
    act: (store) => store.claimRevocation(REVOCATION, 5),
    isDone: async (store) => (await store.listRevocations('c'))[0]?.tries,
    once: 1,
  },
  deleteRevocation: {
    at: 'DELETE FROM forcemint.revocations',
    act: (store) => store.deleteRevocation(REVOCATION.id, [event('c', 'revoked')]),
    isDone: async (store) => [(await store.listRevocations('c')).length, (await store.listEvents('c', 9)).length],
    once: [0, 1],
  },
  setCondition: {
    at: COMMIT,
    act: (store) => store.setCondition({ is: 'quarantined', why: 'clone', evidence: 'e', sinceMs: 1 }, { is: 'active' }),
    isDone: async (store) => (await store.condition()).is,
    once: 'quarantined',
  },
  initialise: {
    at: COMMIT,
    act: (store) => store.initialise({ check: Buffer.from('c'), dataKey: { id: 1, wrapped: Buffer.from('w'), createdAtMs: 1 } }),
    isDone: async (store) => (await store.readKeys()).dataKeys.length,
    once: 1,
  },
};

for (const [name, { at, act, isDone, once }] of Object.entries(CASES)) {
  test(`${name} whose answer is lost is found to have been committed`, { skip }, async (t) => {
    const { store, other, relay, cut } = await behindRelay(t);
    const row = connection();
    await other.insertConnection(row, tokenRow(row.id), []);
    await other.addRevocations([REVOCATION]);
    cut(at, 'unanswered');
    assert.equal(await act(store, row.id, row.name), true);
    assert.equal(relay.cuts, 1);
    assert.deepEqual(await isDone(other, row.id), once);
  });
}

for (const [name, { at, act, isDone, once }] of Object.entries(CASES).filter(([, { at }]) => at !== COMMIT)) {
  test(`${name} whose request is lost is sent once more`, { skip }, async (t) => {
    const { store, other, relay, cut } = await behindRelay(t);
    const row = connection();
    await other.insertConnection(row, tokenRow(row.id), []);
    await other.addRevocations([REVOCATION]);
    cut(at, 'unsent');
    assert.equal(await act(store, row.id, row.name), true);
    assert.equal(relay.cuts, 1);
    assert.deepEqual(await isDone(other, row.id), once);
  });
}

test('a write that was committed is known even when others have written on top of it before it was looked for', {
  skip,
}, async (t) => {
  const { store, other, cut } = await behindRelay(t);
  const row = connection();
  await other.insertConnection(row, tokenRow(row.id), []);
  const meanwhile = async () => {
    for (let revision = 2; revision <= 6; revision += 1) {
      assert.equal(await other.updateToken(tokenRow(row.id, { revision: revision + 1 }), revision, []), true);
    }
  };
  cut('UPDATE forcemint.tokens', 'unanswered', meanwhile);
  assert.equal(await store.updateToken(tokenRow(row.id, { revision: 2 }), 1, []), true);
  assert.equal((await other.getToken(row.id))?.revision, 7);
});

test('a write that was lost, and whose revision another has replaced meanwhile, is not taken for done', { skip }, async (t) => {
  const { store, other, cut } = await behindRelay(t);
  const row = connection();
  await other.insertConnection(row, tokenRow(row.id), []);
  const meanwhile = () => other.updateToken(tokenRow(row.id, { revision: 2, generation: 7 }), 1, []);
  cut('UPDATE forcemint.tokens', 'unsent', meanwhile);
  assert.equal(await store.updateToken(tokenRow(row.id, { revision: 2, generation: 9 }), 1, []), false);
  assert.equal((await other.getToken(row.id))?.generation, 7);
});

test('a write that is cut twice is a passing error, and nothing was written', { skip }, async (t) => {
  const { store, other, cut } = await behindRelay(t);
  const row = connection();
  await other.insertConnection(row, tokenRow(row.id), []);
  for (let n = 0; n < 2; n += 1) cut('UPDATE forcemint.tokens', 'unsent');
  await assert.rejects(store.updateToken(tokenRow(row.id, { revision: 2 }), 1, []), (error) => {
    assert.ok(error instanceof StoreError);
    assert.deepEqual([error.code, error.retryable], ['store_unavailable', true]);
    return true;
  });
  assert.equal((await other.getToken(row.id))?.revision, 1);
});

/** Connections of one store, each with a token row of revision 1. */
async function connectionsIn(store: PostgresStore, names: readonly string[]) {
  for (const id of names) await store.insertConnection(connectionRow({ id, name: id }), tokenRow(id), []);
}

for (const [lose, how] of [
  ['answer', 'unanswered'],
  ['request', 'unsent'],
] as const) {
  test(`several writes in one statement whose ${lose} is lost: each is there once, and known to be`, { skip }, async (t) => {
    const { store, other, relay, cut } = await behindRelay(t);
    const ids = ['a', 'b', 'c', 'd'];
    await connectionsIn(other, ids);
    cut('UPDATE forcemint.tokens', how);
    const stale = store.updateToken(tokenRow('a', { revision: 9 }), 8, [event('a', 'renewed')]);
    const written = ids.map((id) => store.updateToken(tokenRow(id, { revision: 2 }), 1, [event(id, 'renewed')]));
    assert.deepEqual(await Promise.all([stale, ...written]), [false, true, true, true, true]);
    assert.equal(relay.cuts, 1);
    for (const id of ids) {
      assert.deepEqual([(await other.getToken(id))?.revision, (await other.listEvents(id, 9)).length], [2, 1], id);
    }
  });
}

test('of several writes in one statement that was lost, what others replaced meanwhile is told apart', { skip }, async (t) => {
  const { store, other, cut } = await behindRelay(t);
  await connectionsIn(other, ['a', 'b']);
  const meanwhile = () => other.updateToken(tokenRow('a', { revision: 2, generation: 7 }), 1, []);
  cut('UPDATE forcemint.tokens', 'unsent', meanwhile);
  const writes = ['a', 'b'].map((id) => store.updateToken(tokenRow(id, { revision: 2, generation: 9 }), 1, []));
  assert.deepEqual(await Promise.all(writes), [false, true]);
  assert.deepEqual([(await other.getToken('a'))?.generation, (await other.getToken('b'))?.generation], [7, 9]);
});

test('of several writes in one statement, one that the server refuses fails alone', { skip }, async (t) => {
  const { store } = await there.store(t);
  await connectionsIn(store, ['a', 'b', 'c']);
  const refused = event('b', 'renewed\0' as 'renewed');
  const outcomes = await Promise.allSettled([
    store.updateToken(tokenRow('a', { revision: 2 }), 1, [event('a', 'renewed')]),
    store.updateToken(tokenRow('b', { revision: 2 }), 1, [refused]),
    store.updateToken(tokenRow('c', { revision: 2 }), 1, []),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal((await store.getToken('b'))?.revision, 1);
});

test('of two writes of one row at the same moment one wins, whoever else shares the statement', { skip }, async (t) => {
  const { store } = await there.store(t);
  await connectionsIn(store, ['a', 'b']);
  const write = (id: string, generation: number) => store.updateToken(tokenRow(id, { revision: 2, generation }), 1, []);
  assert.deepEqual(await Promise.all([write('a', 5), write('a', 6), write('b', 7), write('a', 8)]), [true, false, true, false]);
  assert.deepEqual([(await store.getToken('a'))?.generation, (await store.getToken('b'))?.generation], [5, 7]);
});

test('processes that write the same rows in other orders do not stop each other', { skip }, async (t) => {
  const { store, connect } = await there.store(t);
  const other = await connect();
  const ids = Array.from({ length: 40 }, (_, index) => `c${index}`);
  await connectionsIn(store, ids);
  const change = async (of: PostgresStore, id: string): Promise<void> => {
    for (;;) {
      const token = present(await of.getToken(id));
      if (await of.updateToken(next(token), token.revision, [event(id, 'renewed')])) return;
    }
  };
  await Promise.all([...ids.map((id) => change(store, id)), ...ids.toReversed().map((id) => change(other, id))]);
  for (const id of ids) {
    assert.deepEqual([(await store.getToken(id))?.revision, (await store.listEvents(id, 9)).length], [3, 2], id);
  }
});

test('a statement that hangs is given up; should it come through later, it counts once', { skip }, async (t) => {
  const { store: other, connect, database } = await there.store(t);
  const hasty = await connect({ queryWaitMs: 150 });
  const row = connection();
  await other.insertConnection(row, tokenRow(row.id), []);
  const lock = await there.client(t, database);
  await lock.query('BEGIN');
  await lock.query('SELECT 1 FROM forcemint.tokens FOR UPDATE');
  await assert.rejects(hasty.updateToken(tokenRow(row.id, { revision: 2 }), 1, [event(row.id, 'renewed')]), {
    code: 'store_unavailable',
    retryable: true,
  });
  await lock.query('COMMIT');
  await until('what was under way has come through or gone', async () => {
    const [busy] = await there.server.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND query LIKE '%UPDATE forcemint.tokens%' AND pid <> pg_backend_pid()",
      [database],
    );
    return busy?.n === 0;
  });
  const found = present(await other.getToken(row.id));
  assert.equal((await other.listEvents(row.id, 9)).length, found.revision - 1);
  assert.ok(found.revision <= 2);
});

test('a pool with no connection left says so, and that it passes', { skip }, async (t) => {
  const { store: other, connect, database } = await there.store(t);
  const small = await connect({ poolSize: 1, connectWaitMs: 100 });
  const row = connection();
  await other.insertConnection(row, tokenRow(row.id), []);
  const lock = await there.client(t, database);
  await lock.query('BEGIN');
  await lock.query('SELECT 1 FROM forcemint.tokens FOR UPDATE');
  const held = small.updateToken(tokenRow(row.id, { revision: 2 }), 1, []);
  await until('the one connection waits for the lock', async () => {
    const [waiting] = await there.server.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'",
      [database],
    );
    return waiting?.n === 1;
  });
  await assert.rejects(small.getConnection('acme'), (error) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /All 1 database connections/);
    return error.retryable && error.code === 'store_unavailable';
  });
  await lock.query('COMMIT');
  assert.equal(await held, true);
  assert.equal((await small.getConnection('acme'))?.id, row.id);
});

test('connections that die while nobody uses them are replaced without a word', { skip }, async (t) => {
  const { store, database } = await there.store(t);
  const row = connection();
  await store.insertConnection(row, tokenRow(row.id), []);
  await Promise.all(Array.from({ length: 8 }, () => store.getConnection('acme')));
  for (let round = 0; round < 3; round += 1) {
    assert.ok((await there.server.terminateBackends(`datname = '${database}'`)) > 0);
    assert.equal((await store.getConnection('acme'))?.id, row.id);
    const token = present(await store.getToken(row.id));
    assert.equal(await store.updateToken(next(token), token.revision, []), true);
  }
});

test('every acknowledged write is there, and only once, while backends are killed at random', { skip }, async (t) => {
  const { store, connect, database } = await there.store(t, { poolSize: 4 });
  const other = await connect();
  const row = connection();
  await store.insertConnection(row, tokenRow(row.id), []);
  let acknowledged = 0;
  let unknown = 0;
  let isOver = false;
  const worker = async () => {
    for (let n = 0; n < 40; n += 1) {
      try {
        const token = present(await store.getToken(row.id));
        const changed = next(token, { generation: token.generation + 1 });
        if (await store.updateToken(changed, token.revision, [event(row.id, 'renewed')])) acknowledged += 1;
      } catch (error) {
        if (!(error instanceof StoreError) || !error.retryable) throw error;
        unknown += 1;
      }
    }
  };
  const killing = (async () => {
    while (!isOver) await there.server.terminateBackends(`datname = '${database}'`);
  })();
  await Promise.all(Array.from({ length: 4 }, worker));
  isOver = true;
  await killing;
  const written = present(await other.getToken(row.id)).generation;
  assert.ok(
    written >= acknowledged && written <= acknowledged + unknown,
    `${acknowledged} ≤ ${written} ≤ ${acknowledged + unknown}`,
  );
  assert.equal((await other.listEvents(row.id, 1_000)).length, written);
});

for (const [lose, how] of [
  ['answer', 'unanswered'],
  ['request', 'unsent'],
] as const) {
  test(`a lease whose ${lose} is cut off is had all the same, by one holder, and given back`, { skip }, async (t) => {
    const { store, other, relay, cut } = await behindRelay(t);
    const lock = store.exchangeLock('a');
    cut('INSERT INTO forcemint.leases', how);
    const lease = present(await lock.tryAcquire('one', 60_000));
    assert.equal(relay.cuts, 1);
    assert.equal(await other.exchangeLock('b').tryAcquire('one', 60_000), undefined);
    cut('UPDATE forcemint.leases', how);
    await lease.release();
    assert.equal(relay.cuts, 2);
    assert.notEqual(await other.exchangeLock('b').tryAcquire('one', 60_000), undefined);
  });
}

test('leases whose claim is cut twice after it was carried out are not held by nobody until they run out', {
  skip,
}, async (t) => {
  const { store, other, relay, cut } = await behindRelay(t);
  const lock = store.exchangeLock('r');
  for (let sent = 0; sent < 2; sent += 1) cut('INSERT INTO forcemint.leases', 'unanswered');
  const claims = await Promise.allSettled(['one', 'two'].map((id) => lock.tryAcquire(id, 180_000)));
  assert.deepEqual(
    claims.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(relay.cuts, 2);
  for (const id of ['one', 'two']) {
    await until(`${id} to be free again`, async () => (await other.exchangeLock('s').tryAcquire(id, 180_000)) !== undefined);
  }
});

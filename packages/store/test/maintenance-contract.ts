import assert from 'node:assert/strict';
import type { ExchangeLease, StoreCondition } from '@forcemint/core/ports';
import { type MakePlace, promisesOf, type WholeStore } from './support/promises.ts';
import { pendingRevocation } from './support/revocations.ts';
import { connectionRow, event, present, tokenRow } from './support/rows.ts';

const ACTIVE: StoreCondition = { is: 'active' };
const ELSEWHERE = { storeId: 'elsewhere', url: 'sqlite:/elsewhere/store.db' };
const FILLING: StoreCondition = { is: 'filling', from: ELSEWHERE };
/** As the kernel's lock gives it. */
const LEASE: ExchangeLease = {
  condition: ACTIVE,
  remainingMs: () => Number.POSITIVE_INFINITY,
  release: async () => undefined,
};

async function withConnection(store: WholeStore, name = 'acme') {
  const connection = connectionRow({ name });
  await store.insertConnection(connection, tokenRow(connection.id, { refreshToken: Buffer.from('r') }), []);
  return connection;
}

/** Every write that begins something, each on its own. */
function beginnings(store: WholeStore, connection: ReturnType<typeof connectionRow>, revision: number) {
  const added = connectionRow({ name: 'another' });
  const token = tokenRow(connection.id, { revision: revision + 1 });
  const revocation = pendingRevocation(connection.id);
  return [
    () => store.insertConnection(added, tokenRow(added.id), []),
    () => store.updateConnection({ ...connection, revision: 2 }, 1, undefined, []),
    () => store.deleteConnection(connection.id, token, []),
    () => store.addRevocations([revocation]),
    () => store.claimRevocation(revocation, 1),
    () => store.deleteRevocation(revocation.id, []),
    () => store.updateToken(token, revision, [], { lease: LEASE }),
    () => store.fill({ rows: [{ connection: added, token: tokenRow(added.id) }] }),
    () => store.empty(),
  ];
}

/** What every store does for the work on it as a whole. `place` as for the other promises. */
export function maintenanceContract(name: string, place: MakePlace): void {
  const contract = promisesOf(name, place);

  contract('a new store is active, without label, and its generation only rises', async (store, connect) => {
    const other = await connect();
    assert.deepEqual(await store.condition(), ACTIVE);
    const { generation, ...standing } = await store.standing();
    assert.deepEqual(standing, { storeId: store.storeId, label: undefined, condition: ACTIVE });
    const raised = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? store : other).raiseGeneration()));
    assert.deepEqual(
      [...raised].sort((a, b) => a - b),
      Array.from({ length: 10 }, (_, n) => generation + 1 + n),
    );
    assert.equal(await store.raiseGeneration(generation + 500), generation + 500);
    assert.equal(await other.raiseGeneration(3), generation + 501);
    await store.setLabel('production');
    assert.equal((await other.standing()).label, 'production');
  });

  contract('a condition is set only where the expected one stands', async (store, connect) => {
    const other = await connect();
    const quarantined: StoreCondition = { is: 'quarantined', why: 'restored', evidence: 'generation 3 after 7', sinceMs: 5 };
    const set = await Promise.all([store.setCondition(quarantined, ACTIVE), other.setCondition(FILLING, ACTIVE)]);
    assert.deepEqual([...set].sort(), [false, true]);
    const stands = set[0] ? quarantined : FILLING;
    for (const handle of [store, other]) assert.deepEqual(await handle.condition(), stands);
    assert.deepEqual((await store.standing()).condition, stands);
    assert.equal(await store.setCondition(ACTIVE, ACTIVE), false);
    assert.equal(await other.setCondition(ACTIVE, stands), true);
  });

  for (const is of ['moving', 'moved'] as const) {
    contract(`a store that is ${is} begins nothing, names the target and goes on reading`, async (store, connect) => {
      const connection = await withConnection(store);
      const other = await connect();
      assert.equal(await store.setCondition({ is, to: ELSEWHERE }, ACTIVE), true);
      for (const begin of beginnings(other, connection, 1)) {
        await assert.rejects(begin, { name: 'StoreError', code: 'store_moved', retryable: false, message: /sqlite:\/elsewhere/ });
      }
      assert.equal((await other.getConnection('acme'))?.revision, 1);
      assert.equal((await other.getToken(connection.id))?.revision, 1);
      assert.deepEqual(await other.listRevocations(connection.id), []);
    });
  }

  contract('what was begun comes to its end while a store is moving, and not after it has moved', async (store, connect) => {
    const connection = await withConnection(store);
    const other = await connect();
    await store.setCondition({ is: 'moving', to: ELSEWHERE }, ACTIVE);
    assert.equal(await other.updateToken(tokenRow(connection.id, { revision: 2 }), 1, [event(connection.id, 'renewed')]), true);
    await store.setCondition({ is: 'moved', to: ELSEWHERE }, { is: 'moving', to: ELSEWHERE });
    const late = other.updateToken(tokenRow(connection.id, { revision: 3 }), 2, []);
    await assert.rejects(late, { code: 'store_moved' });
    assert.equal((await store.getToken(connection.id))?.revision, 2);
  });

  contract('once a condition is set, nothing that it forbids is written any more', async (store, connect) => {
    const other = await connect();
    const rows = Array.from({ length: 200 }, (_, n) => connectionRow({ name: `c${n}` }));
    const inserts = rows.map((row, n) => (n % 2 === 0 ? store : other).insertConnection(row, tokenRow(row.id), []));
    const settled = Promise.allSettled(inserts);
    await store.setCondition({ is: 'moving', to: ELSEWHERE }, ACTIVE);
    const { connections } = await store.size();
    const outcomes = await settled;
    assert.equal((await store.size()).connections, connections);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, connections);
  });

  contract('a store that is being filled takes what fills it, and nothing else', async (store) => {
    const connection = await withConnection(store);
    await store.setCondition(FILLING, ACTIVE);
    for (const begin of beginnings(store, connection, 1).slice(0, -2)) await assert.rejects(begin, { code: 'store_filling' });
    await assert.rejects(store.updateToken(tokenRow(connection.id, { revision: 2 }), 1, []), { code: 'store_filling' });
    await store.empty();
    assert.deepEqual(await store.size(), { connections: 0, tokens: 0, events: 0, revocations: 0 });
    const [one, two] = [connectionRow({ name: 'one' }), connectionRow({ name: 'two' })];
    const tombstone = tokenRow('gone', { revision: 9, version: 4, exchange: { ...tokenRow('').exchange, phase: 'deleted' } });
    const rows = [
      { connection: one, token: tokenRow(one.id, { revision: 5, version: 7, accessToken: Buffer.from('a') }) },
      { connection: two, token: tokenRow(two.id) },
      { connection: undefined, token: tombstone },
    ];
    const revocation = pendingRevocation('gone', { tries: 3 });
    for (let round = 0; round < 2; round += 1) await store.fill({ rows, revocations: [revocation] });
    await store.fill({ events: [1, 2, 3].map((n) => ({ ...event(one.id, 'renewed', n), seq: 1_000 + n })) });
    assert.deepEqual(await store.size(), { connections: 2, tokens: 3, events: 3, revocations: 1 });
    await store.setCondition(ACTIVE, FILLING);
    const found = present(await store.getConnection('one'));
    assert.deepEqual({ ...found, secrets: Buffer.from(found.secrets) }, { ...one, secrets: Buffer.from(one.secrets) });
    assert.deepEqual(await store.getToken('gone'), tombstone);
    assert.equal((await store.getToken(one.id))?.revision, 5);
    assert.deepEqual(
      (await store.listEvents(one.id, 9)).map(({ detail }) => detail['n']),
      [3, 2, 1],
    );
    assert.equal((await store.listRevocations('gone'))[0]?.tries, 3);
  });

  contract('an active or quarantined store is not filled', async (store) => {
    await assert.rejects(store.empty(), { name: 'StoreError' });
    await assert.rejects(store.fill({ revocations: [pendingRevocation('a')] }), { name: 'StoreError' });
    await store.setCondition({ is: 'quarantined', why: 'clone', evidence: 'label', sinceMs: 1 }, ACTIVE);
    await assert.rejects(store.empty(), { name: 'StoreError' });
    assert.equal((await withConnection(store)).name, 'acme');
  });

  contract('rows, events and revocations are paged in order, each once', async (store) => {
    for (let n = 0; n < 25; n += 1) {
      const row = await withConnection(store, `c${n}`);
      await store.addRevocations([pendingRevocation(row.id)]);
      await store.updateToken(tokenRow(row.id, { revision: 2 }), 1, [event(row.id, 'renewed', n), event(row.id, 'rotated', n)]);
    }
    const gone = await withConnection(store, 'gone');
    await store.deleteConnection(gone.id, tokenRow(gone.id, { revision: 2 }), []);
    assert.deepEqual(await store.size(), { connections: 25, tokens: 26, events: 50, revocations: 25 });

    const ids: string[] = [];
    for (let page = await store.pageRows(undefined, 7); page.length > 0; page = await store.pageRows(ids.at(-1), 7)) {
      ids.push(...page.map(({ token }) => token.connectionId));
      for (const { connection, token } of page)
        assert.equal(connection?.id, token.connectionId === gone.id ? undefined : token.connectionId);
    }
    assert.deepEqual([new Set(ids).size, ids], [26, [...ids].sort()]);

    const seqs: number[] = [];
    for (let page = await store.pageEvents(0, 7); page.length > 0; page = await store.pageEvents(seqs.at(-1) ?? 0, 7)) {
      seqs.push(...page.map(({ seq }) => seq));
    }
    assert.deepEqual([new Set(seqs).size, seqs], [50, [...seqs].sort((a, b) => a - b)]);

    const revocations: string[] = [];
    for (let page = await store.pageRevocations(undefined, 7); page.length > 0; ) {
      revocations.push(...page.map(({ id }) => id));
      page = await store.pageRevocations(revocations.at(-1), 7);
    }
    assert.deepEqual([new Set(revocations).size, revocations], [25, [...revocations].sort()]);
  });

  contract('what is sealed anew is written only where nobody has written since', async (store) => {
    const still = await withConnection(store, 'still');
    const moved = await withConnection(store, 'moved');
    const [stillRow, movedRow] = [present(await store.getToken(still.id)), present(await store.getToken(moved.id))];
    await store.updateToken({ ...movedRow, revision: 2, version: 2, refreshToken: Buffer.from('newer') }, 1, []);
    const anew = (connection: typeof still, token: typeof stillRow) => ({
      connection: { ...connection, revision: 2, secrets: Buffer.from('anew') },
      token: { ...token, revision: 2, refreshToken: Buffer.from('anew') },
    });
    assert.deepEqual(await store.reseal([anew(still, stillRow), anew(moved, movedRow)]), [true, false]);
    const [stillNow, movedNow] = [await store.getConnection('still'), await store.getConnection('moved')];
    assert.deepEqual([stillNow?.revision, Buffer.from(stillNow?.secrets ?? []).toString()], [2, 'anew']);
    assert.deepEqual([movedNow?.revision, movedNow?.settings], [1, moved.settings]);
    assert.deepEqual(await store.getToken(still.id), {
      ...stillRow,
      revision: 2,
      refreshToken: Uint8Array.from(Buffer.from('anew')),
    });
    assert.equal(Buffer.from((await store.getToken(moved.id))?.refreshToken ?? []).toString(), 'newer');
    const half = { connection: undefined, token: { ...stillRow, revision: 3, refreshToken: Buffer.from('once more') } };
    assert.deepEqual(await store.reseal([half]), [true]);
    assert.equal((await store.getConnection('still'))?.revision, 2);
  });

  contract('of a row that is sealed anew while others write it, one write wins each time', async (store, connect) => {
    const other = await connect();
    const { id } = await withConnection(store);
    for (let revision = 1; revision <= 20; revision += 1) {
      const row = { ...present(await store.getToken(id)), revision: revision + 1 };
      const [[resealed], updated] = await Promise.all([
        store.reseal([{ connection: undefined, token: row }]),
        other.updateToken({ ...row, generation: revision }, revision, []),
      ]);
      assert.equal(resealed, !updated);
    }
  });

  contract('a revocation is sealed anew unless it was claimed meanwhile', async (store) => {
    const revocation = pendingRevocation('gone');
    await store.addRevocations([revocation]);
    assert.equal(await store.resealRevocation({ ...revocation, sealed: Buffer.from('anew') }), true);
    await store.claimRevocation(revocation, 5);
    assert.equal(await store.resealRevocation({ ...revocation, sealed: Buffer.from('late') }), false);
    const [found] = await store.listRevocations('gone');
    assert.deepEqual([Buffer.from(found?.sealed ?? []).toString(), found?.dueAtMs], ['anew', 5]);
  });

  contract('change marks move when a row is sealed anew', async (store) => {
    const connection = await withConnection(store);
    const before = await store.changeMarks();
    const row = { ...present(await store.getToken(connection.id)), revision: 2 };
    await store.reseal([{ connection: undefined, token: row }]);
    assert.notEqual((await store.changeMarks()).of(connection.id), before.of(connection.id));
  });

  contract('a sound store has no findings', async (store) => {
    await withConnection(store);
    assert.deepEqual(await store.checkIntegrity(), []);
  });

  contract('a replica that nobody knows cannot be forgotten', async (store) => {
    assert.equal(await store.deleteReplica('nobody'), false);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortCopy, type CopyPorts, copyStore } from '@forcemint/core/maintenance/copy-store';
import { newExchangeRecord } from '@forcemint/core/tokens/exchange';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { systemRandom } from '../../src/random.ts';
import { addConnection, everythingOpened, fill, type OpenedHere, openWith } from '../support/filled-store.ts';
import { present, temporaryDirectory } from '../support/machine.ts';

const ATTEMPT = { id: 'attempt', kind: 'renewal', startedAtMs: 1, version: 3 } as const;

type Sides = Pick<CopyPorts, 'from' | 'to'>;

async function storeIn(t: { after(done: () => unknown): void }): Promise<OpenedHere & { readonly url: string }> {
  const path = `${temporaryDirectory(t)}/store.db`;
  const opened = await openWith(path, systemRandom.bytes(32));
  t.after(() => opened.store[Symbol.asyncDispose]());
  return { ...opened, url: `sqlite:${path}` };
}

function copy(sides: Sides, changes: Partial<CopyPorts> = {}) {
  return copyStore({
    ...sides,
    clock: systemClock,
    settle: async () => undefined,
    report: () => undefined,
    patienceMs: 0,
    ...changes,
  });
}

/** Rows without what is sealed in them, which differs from store to store. */
async function bareRows({ store }: OpenedHere) {
  return (await store.pageRows(undefined, 1_000_000)).map(({ connection, token }) => ({
    connection: connection && { ...connection, secrets: undefined },
    token: { ...token, refreshToken: undefined, accessToken: undefined, heldAnswer: undefined },
  }));
}

async function events({ store }: OpenedHere) {
  return (await store.pageEvents(0, 1_000_000)).map(({ seq: _seq, ...event }) => event);
}

async function mustEqual(one: OpenedHere, other: OpenedHere) {
  assert.deepEqual(await everythingOpened(one), await everythingOpened(other));
  assert.deepEqual(await bareRows(one), await bareRows(other));
  assert.deepEqual(await events(one), await events(other));
}

test('a copy has everything, under its own keys and its own id, and is used from then on', async (t) => {
  const [from, to] = [await storeIn(t), await storeIn(t)];
  await fill(from, 600);
  await from.store.setLabel('production');
  await from.store.raiseGeneration(41);
  const size = await copy({ from, to });
  assert.deepEqual(size, await from.store.size());
  await mustEqual(from, to);
  const [here, there] = [await from.store.standing(), await to.store.standing()];
  assert.deepEqual(here.condition, { is: 'moved', to: { storeId: to.store.storeId, url: to.url } });
  assert.deepEqual([there.condition, there.label, there.generation > 41], [{ is: 'active' }, 'production', true]);
  const [row] = await to.store.pageRows(undefined, 1);
  const field = present(present(row).token.refreshToken ?? present(row).token.accessToken ?? present(row).connection?.secrets);
  assert.throws(() => from.seal.open({ table: 'tokens', row: '', column: '', version: 1 }, field));
  assert.deepEqual(await copy({ from, to }), size);
});

test('going back is the same, and brings what came in between', async (t) => {
  const [one, two] = [await storeIn(t), await storeIn(t)];
  await fill(one, 40);
  await copy({ from: one, to: two });
  await addConnection(two, 'later');
  const connection = present(await two.store.getConnection('c7'));
  const row = present(await two.store.getToken(connection.id));
  await two.store.deleteConnection(
    connection.id,
    { ...row, revision: row.revision + 1, exchange: { ...row.exchange, phase: 'deleted' } },
    [],
  );
  await copy({ from: two, to: one });
  await mustEqual(one, two);
  assert.deepEqual(await one.store.condition(), { is: 'active' });
  assert.equal((await two.store.condition()).is, 'moved');
  assert.notEqual(await one.store.getConnection('later'), undefined);
  assert.equal(await one.store.getConnection('c7'), undefined);
});

test('exchanges under way come to their end first; what has no answer is copied as it is', async (t) => {
  const [from, to] = [await storeIn(t), await storeIn(t)];
  const busy = await addConnection(from, 'busy', { exchange: { phase: 'intent', attempt: ATTEMPT } });
  await addConnection(from, 'unknown', { exchange: { phase: 'unknown', attempt: ATTEMPT, unknownSinceMs: 7 } });
  await assert.rejects(copy({ from, to }), { code: 'store_locked', retryable: true, message: /busy/ });
  assert.equal((await from.store.condition()).is, 'moving');
  assert.equal((await to.store.size()).tokens, 0);
  const asked: (readonly string[])[] = [];
  const settle = async (names: readonly string[]) => {
    asked.push(names);
    const row = present(await from.store.getToken(busy.id));
    await from.store.updateToken({ ...row, revision: row.revision + 1, exchange: newExchangeRecord() }, row.revision, []);
  };
  await copy({ from, to }, { settle });
  assert.deepEqual(asked, [['busy']]);
  const copied = present(await to.store.getConnection('unknown'));
  assert.equal((await to.store.getToken(copied.id))?.exchange.unknownSinceMs, 7);
});

test('an answer that another replica may still come with is waited for: a store that has moved would refuse it', async (t) => {
  const [from, to] = [await storeIn(t), await storeIn(t)];
  const attempt = { ...ATTEMPT, replica: 'there' };
  await addConnection(from, 'answered', { exchange: { phase: 'unknown', attempt, unknownSinceMs: 7 } });
  let isAlive = true;
  const isAwaited = async (replicaId: string) => replicaId === 'there' && isAlive;
  await assert.rejects(copy({ from, to }, { isAwaited }), { code: 'store_locked', retryable: true, message: /answered/ });
  assert.equal((await from.store.condition()).is, 'moving', 'it takes the answer');
  isAlive = false;
  await copy({ from, to }, { isAwaited });
  assert.equal((await from.store.condition()).is, 'moved');
});

test('a target that holds something is refused, and nothing is changed', async (t) => {
  const [from, to, other] = [await storeIn(t), await storeIn(t), await storeIn(t)];
  await addConnection(from, 'acme');
  await addConnection(to, 'theirs');
  await assert.rejects(copy({ from, to }), { name: 'StoreError', message: /is not empty/ });
  assert.deepEqual(await from.store.condition(), { is: 'active' });
  await assert.rejects(copy({ from, to: from }), { message: /same store/ });
  await copy({ from: to, to: other });
  await assert.rejects(copy({ from, to }), { code: 'store_moved' });
  await assert.rejects(copy({ from: to, to: await storeIn(t) }), { code: 'store_moved' });
  assert.deepEqual(await from.store.condition(), { is: 'active' });
});

test('a store in doubt is not copied', async (t) => {
  const [from, to] = [await storeIn(t), await storeIn(t)];
  await addConnection(from, 'acme');
  const quarantined = { is: 'quarantined', why: 'restored', evidence: 'generation', sinceMs: 1 } as const;
  await from.store.setCondition(quarantined, { is: 'active' });
  await assert.rejects(copy({ from, to }), { code: 'store_quarantined' });
  assert.deepEqual(await from.store.condition(), quarantined);
});

test('a copy that is given up leaves the source as it was and the target empty; a complete one is not given up', async (t) => {
  const [from, to] = [await storeIn(t), await storeIn(t)];
  await fill(from, 30);
  await addConnection(from, 'busy', { exchange: { phase: 'intent', attempt: ATTEMPT } });
  await assert.rejects(copy({ from, to }), { retryable: true });
  await to.store.fill({ rows: await from.store.pageRows(undefined, 10) });
  await abortCopy({ from, to });
  assert.deepEqual([await from.store.condition(), await to.store.condition()], [{ is: 'active' }, { is: 'active' }]);
  assert.deepEqual(await to.store.size(), { connections: 0, tokens: 0, events: 0, revocations: 0 });
  await abortCopy({ from, to });
  const busy = present(await from.store.getConnection('busy'));
  const row = present(await from.store.getToken(busy.id));
  await from.store.updateToken({ ...row, revision: row.revision + 1, exchange: newExchangeRecord() }, row.revision, []);
  await copy({ from, to });
  await assert.rejects(abortCopy({ from, to }), { message: /complete/ });
  await mustEqual(from, to);
});

test('a value that does not open stops the copy before the target is used', async (t) => {
  const [from, to] = [await storeIn(t), await storeIn(t)];
  await fill(from, 10);
  const { id } = present(await from.store.getConnection('c3'));
  const row = present(await from.store.getToken(id));
  const other = present(await from.store.getConnection('c4'));
  const { refreshToken } = present(await from.store.getToken(other.id));
  await from.store.updateToken({ ...row, revision: row.revision + 1, refreshToken }, row.revision, []);
  await assert.rejects(copy({ from, to }), { code: 'unsealing_failed' });
  assert.equal((await to.store.condition()).is, 'filling');
  await abortCopy({ from, to });
  assert.deepEqual(await from.store.condition(), { is: 'active' });
});

test('property: whatever part of a copy is there, of this source or of none, the result is the source', async (t) => {
  const from = await storeIn(t);
  await fill(from, 25);
  const rows = await from.store.pageRows(undefined, 100);
  const all = await from.store.pageEvents(0, 1_000);
  const filling = { is: 'filling', from: { storeId: from.store.storeId, url: from.url } } as const;
  const stale = fc.constantFrom('none', 'row', 'extra row', 'event') as fc.Arbitrary<'none' | 'row' | 'extra row' | 'event'>;
  await fc.assert(
    fc.asyncProperty(fc.nat(rows.length), fc.nat(all.length), stale, async (someRows, someEvents, wrong) => {
      const to = await storeIn(t);
      await to.store.setCondition(filling, { is: 'active' });
      // Sealed by the source: bytes that don't open there stand for bytes of an older copy.
      await to.store.fill({ rows: wrong === 'row' ? rows.slice(0, someRows) : [] });
      if (wrong === 'extra row') {
        const row = present(rows[0]);
        await to.store.fill({ rows: [{ connection: undefined, token: { ...row.token, connectionId: 'zzz' } }] });
      }
      await to.store.fill({ events: all.slice(0, someEvents) });
      if (wrong === 'event') await to.store.fill({ events: [{ ...present(all[0]), detail: { n: 99 } }] });
      await copy({ from, to });
      await mustEqual(from, to);
      const { storeId } = to.store;
      assert.equal(await from.store.setCondition({ is: 'active' }, { is: 'moved', to: { storeId, url: to.url } }), true);
    }),
    { numRuns: 20 },
  );
});

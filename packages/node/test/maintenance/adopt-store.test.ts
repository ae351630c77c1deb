import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Adoption, type AdoptionPorts, adoptStore } from '@forcemint/core/maintenance/adopt-store';
import { verifyStore } from '@forcemint/core/maintenance/verify-store';
import { systemClock } from '../../src/clock.ts';
import { systemRandom } from '../../src/random.ts';
import { createSpool } from '../../src/spool.ts';
import { addConnection, fill, type OpenedHere, openWith } from '../support/filled-store.ts';
import { present, temporaryDirectory } from '../support/machine.ts';

const ATTEMPT = { id: 'attempt', kind: 'renewal', startedAtMs: 1, version: 3 } as const;
const QUARANTINED = { is: 'quarantined', why: 'restored', evidence: 'generation 3 after 7', sinceMs: 1 } as const;

async function quarantined(t: { after(done: () => unknown): void }) {
  const directory = temporaryDirectory(t);
  const opened = await openWith(`${directory}/store.db`, systemRandom.bytes(32));
  const spool = createSpool({ directory: `${directory}/spool` });
  t.after(() => opened.store[Symbol.asyncDispose]());
  await fill(opened, 20);
  await addConnection(opened, 'fixed', { exchange: { rotation: 'no' } });
  await addConnection(opened, 'jwt', { grant: 'jwt-bearer', tokens: ['accessToken'] });
  await addConnection(opened, 'intent', { exchange: { phase: 'intent', attempt: ATTEMPT } });
  await addConnection(opened, 'dead', { exchange: { phase: 'reauthorization-required', reauthorization: 'refresh_token_dead' } });
  await addConnection(opened, 'held', { exchange: { phase: 'held' } });
  await opened.store.setCondition(QUARANTINED, { is: 'active' });
  const adopt = (adoption: Adoption, changes: Partial<AdoptionPorts> = {}) =>
    adoptStore(
      { store: opened.store, spool, clock: systemClock, random: systemRandom, report: () => undefined, ...changes },
      adoption,
    );
  return { ...opened, spool, adopt };
}

async function tokenOf({ store }: OpenedHere, name: string) {
  return present(await store.getToken(present(await store.getConnection(name)).id));
}

test('restored: refresh tokens that may be spent wait as if their last renewal had no answer; nothing is lost', async (t) => {
  const opened = await quarantined(t);
  const before = await Promise.all(['c0', 'fixed', 'jwt', 'intent', 'dead', 'held'].map((name) => tokenOf(opened, name)));
  const adopted = await opened.adopt('restored', { knownGeneration: 70 });
  assert.deepEqual(adopted, { changed: 20, unchanged: 5, revocations: 0, generation: 1_000_000_070 });
  assert.deepEqual(await opened.store.condition(), { is: 'active' });
  const [c0, ...others] = await Promise.all(
    ['c0', 'fixed', 'jwt', 'intent', 'dead', 'held'].map((name) => tokenOf(opened, name)),
  );
  const { exchange, revision, ...kept } = present(c0);
  const { exchange: wasExchange, revision: wasRevision, ...was } = present(before[0]);
  assert.deepEqual([kept, revision], [was, wasRevision + 1]);
  assert.deepEqual([exchange.phase, exchange.attempt?.version, exchange.attempt?.kind], ['unknown', 3, 'renewal']);
  assert.deepEqual([exchange.spent, exchange.settled], [wasExchange.spent, wasExchange.settled + 1]);
  assert.ok(Math.abs((exchange.unknownSinceMs ?? 0) - Date.now()) < 60_000);
  assert.deepEqual(others, before.slice(1));
  assert.deepEqual((await opened.store.listEvents(present(c0).connectionId, 1))[0]?.type, 'outcome-unknown');
  assert.equal((await opened.store.size()).revocations, 2);
});

test('a clone has no token of the other store any more, and the connections that lived on one need a login', async (t) => {
  const opened = await quarantined(t);
  const adopted = await opened.adopt('clone', { label: 'staging' });
  assert.deepEqual([adopted.changed, adopted.unchanged, adopted.revocations], [25, 0, 2]);
  assert.equal((await opened.store.size()).revocations, 0);
  for (const { connection, token } of await opened.store.pageRows(undefined, 100)) {
    assert.deepEqual(
      [token.refreshToken, token.accessToken, token.heldAnswer, token.details],
      [undefined, undefined, undefined, undefined],
    );
    if (connection === undefined) continue;
    assert.equal(token.exchange.phase, connection.name === 'jwt' ? 'idle' : 'reauthorization-required');
    assert.deepEqual([token.exchange.attempt, token.version], [undefined, 1_000_003]);
  }
  assert.deepEqual([(await opened.store.standing()).label, await opened.store.condition()], ['staging', { is: 'active' }]);
  assert.deepEqual((await verifyStore({ ...opened, report: () => undefined })).findings, []);
  assert.deepEqual((await opened.adopt('clone')).changed, 0);
});

test('a store that is in use can be declared restored; one that takes part in a copy cannot', async (t) => {
  const opened = await quarantined(t);
  await opened.store.setCondition({ is: 'active' }, QUARANTINED);
  assert.equal((await opened.adopt('restored')).changed, 20);
  assert.equal((await opened.adopt('restored')).changed, 0);
  const elsewhere = { storeId: 'x', url: 'sqlite:/elsewhere' };
  await opened.store.setCondition({ is: 'moved', to: elsewhere }, { is: 'active' });
  await assert.rejects(opened.adopt('restored'), { code: 'store_moved' });
  await opened.store.setCondition({ is: 'filling', from: elsewhere }, { is: 'moved', to: elsewhere });
  await assert.rejects(opened.adopt('clone'), { code: 'store_filling' });
});

test('an answer that came along with a clone is not there any more; a restored store keeps its own', async (t) => {
  for (const adoption of ['restored', 'clone'] as const) {
    const opened = await quarantined(t);
    const { id } = present(await opened.store.getConnection('c3'));
    const place = { connectionId: id, attemptId: 'attempt', version: 3, stagedAtMs: 5 };
    await opened.spool.write({ ...place, sealed: opened.seal.sealForSpool(place, Buffer.from('answer')) });
    await opened.adopt(adoption);
    assert.equal((await opened.spool.read(id, [])).length, adoption === 'restored' ? 1 : 0);
  }
});

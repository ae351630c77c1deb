import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpooledAnswer } from '@forcemint/core/ports';
import { connectionRow, tokenRow } from '../support/rows.ts';
import { missing, TestServer } from './support/server.ts';

const skip = missing;
const there = new TestServer();

function answer(connectionId: string, version: number, sealed = `answer to ${version}`): SpooledAnswer {
  return { connectionId, attemptId: `attempt-${version}`, version, stagedAtMs: 1_700_000_000_000, sealed: Buffer.from(sealed) };
}

const shown = (found: SpooledAnswer | undefined) =>
  found && [found.attemptId, found.version, Buffer.from(found.sealed).toString()];

test('what one machine has staged another finds, byte by byte', { skip }, async (t) => {
  const { store, connect } = await there.store(t);
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  await store.staging.write({ ...answer('c', 3), sealed: everyByte });
  const found = await (await connect()).staging.read('c');
  assert.deepEqual({ ...found, sealed: [...(found?.sealed ?? [])] }, { ...answer('c', 3), sealed: [...everyByte] });
  await store.staging.clear('c');
  assert.equal(await store.staging.read('c'), undefined);
});

test('the last answer stands, but never an older one over a newer', { skip }, async (t) => {
  const { store } = await there.store(t);
  await store.staging.write(answer('c', 3), { durable: false });
  await store.staging.write(answer('c', 3, 'once more'));
  assert.deepEqual(shown(await store.staging.read('c')), ['attempt-3', 3, 'once more']);
  await store.staging.write(answer('c', 4));
  await store.staging.write(answer('c', 3));
  assert.deepEqual(shown(await store.staging.read('c')), ['attempt-4', 4, 'answer to 4']);
});

test('an answer goes with the write that moves the row past it, and not before', { skip }, async (t) => {
  const { store } = await there.store(t);
  const { id, ...rest } = connectionRow();
  await store.insertConnection({ id, ...rest }, tokenRow(id, { version: 3 }), []);
  await store.staging.write(answer(id, 3));
  assert.equal(await store.updateToken(tokenRow(id, { revision: 2, version: 3 }), 1, []), true);
  assert.deepEqual(shown(await store.staging.read(id)), ['attempt-3', 3, 'answer to 3']);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 9, version: 4 }), 8, []), false);
  assert.notEqual(await store.staging.read(id), undefined);
  assert.equal(await store.updateToken(tokenRow(id, { revision: 3, version: 4 }), 2, []), true);
  assert.equal(await store.staging.read(id), undefined);
});

test('a store that has moved takes no answers; one that is moving does', { skip }, async (t) => {
  const { store } = await there.store(t);
  const to = { storeId: 'elsewhere', url: 'postgres://elsewhere/db' };
  await store.setCondition({ is: 'moving', to }, { is: 'active' });
  await store.staging.write(answer('c', 1));
  await store.setCondition({ is: 'moved', to }, { is: 'moving', to });
  await assert.rejects(store.staging.write(answer('c', 2)), { code: 'store_moved' });
  assert.equal((await store.staging.read('c'))?.version, 1);
});

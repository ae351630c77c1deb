import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSpool } from '../src/spool.ts';
import { decodeEntry, EMPTY_HEADER, encodeEntry } from '../src/spool-entry.ts';
import { child } from './support/child.ts';
import { failure, present, temporaryDirectory } from './support/machine.ts';

const ID = 'connection-1';
const entry = (attemptId: string, length = 2_000, connectionId = ID) => ({
  connectionId,
  attemptId,
  version: 3,
  stagedAtMs: 1_700_000_000_000,
  sealed: new Uint8Array(length).fill(attemptId.length),
});

function spoolIn(t: { after(done: () => unknown): void }) {
  const directory = `${temporaryDirectory(t)}/store.db.spool`;
  const spool = createSpool({ directory });
  const file = () => `${directory}/${present(readdirSync(directory)[0])}`;
  return { directory, spool, file };
}

test('reserve makes the place: private, written to the full length, and once', async (t) => {
  const { directory, spool, file } = spoolIn(t);
  const umask = process.umask(0);
  await spool.reserve(ID);
  process.umask(umask);
  assert.match(present(readdirSync(directory)[0]), /^[0-9a-f]{32}$/);
  const { mode, size, blocks } = statSync(file());
  assert.deepEqual([(mode & 0o777).toString(8), size], ['600', 16_384]);
  assert.ok(blocks * 512 >= 16_384, 'blocks are allocated, not a hole');
  assert.equal((statSync(directory).mode & 0o777).toString(8), '700');
  assert.deepEqual(await spool.read(ID, []), []);
  await spool.write(entry('a1'));
  await spool.reserve(ID);
  assert.deepEqual(await spool.read(ID, []), [entry('a1')]);
  assert.equal(statSync(file()).size, 16_384);
});

test('what was written is read back, in this process or another handle; the last one stands', async (t) => {
  const { directory, spool } = spoolIn(t);
  await spool.reserve(ID);
  await spool.write(entry('first', 5_000));
  await spool.write(entry('second-attempt', 100));
  assert.deepEqual(await createSpool({ directory }).read(ID, []), [entry('second-attempt', 100)]);
  await spool.write(entry('empty', 0));
  assert.deepEqual(await spool.read(ID, []), [entry('empty', 0)]);
});

test('an answer longer than the reserved room, or without reservation, is kept whole', async (t) => {
  const { spool } = spoolIn(t);
  await spool.write(entry('big', 300_000));
  assert.deepEqual(await spool.read(ID, []), [entry('big', 300_000)]);
  await spool.write(entry('small', 10));
  assert.deepEqual(await spool.read(ID, []), [entry('small', 10)]);
});

test('cleared is forgotten, the place stays; discarded is gone', async (t) => {
  const { directory, spool, file } = spoolIn(t);
  assert.deepEqual(await spool.read(ID, []), []);
  await spool.clear(ID);
  await spool.discard(ID);
  await spool.reserve(ID);
  await spool.write(entry('a'));
  await spool.clear(ID);
  assert.deepEqual(await spool.read(ID, []), []);
  assert.equal(statSync(file()).size, 16_384);
  await spool.write(entry('b'));
  assert.deepEqual(await spool.read(ID, []), [entry('b')]);
  await spool.discard(ID);
  assert.deepEqual(readdirSync(directory), []);
  assert.deepEqual(await spool.read(ID, []), []);
});

test('connections have places of their own', async (t) => {
  const { spool } = spoolIn(t);
  await Promise.all(['one', 'two', 'three'].map((id) => spool.write(entry(`attempt of ${id}`, 100, id))));
  for (const id of ['one', 'two', 'three']) assert.equal((await spool.read(id, []))[0]?.attemptId, `attempt of ${id}`);
});

test('a write that was torn anywhere reads as none, over an empty place and over an older entry', () => {
  const written = Buffer.from(encodeEntry(entry('the new one', 600)));
  for (const before of [Buffer.alloc(16_384), Buffer.concat([encodeEntry(entry('an older one', 900)), Buffer.alloc(16_384)])]) {
    for (let torn = 0; torn < written.length; torn += 1) {
      const file = Buffer.concat([written.subarray(0, torn), before.subarray(torn)]);
      const read = decodeEntry(file);
      assert.ok(read === undefined || read.attemptId === 'an older one', `torn at ${torn}`);
      if (torn > 16) assert.equal(read, undefined, `torn at ${torn}`);
    }
    assert.deepEqual(decodeEntry(Buffer.concat([written, before.subarray(written.length)])), entry('the new one', 600));
  }
});

test('entries: whatever goes in comes out; whatever one bit is changed, or cut, does not', () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.maxSafeNat(), (text, sealed, where, number) => {
      const attemptId = text.toWellFormed();
      const answer = { connectionId: `of ${attemptId}`, attemptId, version: number, stagedAtMs: number, sealed };
      const bytes = Buffer.from(encodeEntry(answer));
      assert.deepEqual(decodeEntry(bytes), { ...answer, sealed: new Uint8Array(sealed) });
      assert.equal(decodeEntry(bytes.subarray(0, where % bytes.length)), undefined);
      const at = where % (bytes.length * 8);
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
      assert.equal(decodeEntry(bytes), undefined);
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeEntry(bytes) === undefined));
  assert.equal(decodeEntry(EMPTY_HEADER), undefined);
});

test('a process that is killed while it writes leaves a whole answer or none, never less than it reported', async (t) => {
  const { directory, spool } = spoolIn(t);
  for (let round = 0; round < 4; round += 1) {
    const writer = child(t, new URL('./support/spool.child.ts', import.meta.url), [directory, ID]);
    await writer.line(`written ${20 + 7 * round}`);
    writer.process.kill('SIGKILL');
    await writer.ended;
    const last = Number(present(writer.lines.at(-1)).split(' ')[1]);
    const [read] = await spool.read(ID, []);
    if (read !== undefined) {
      assert.ok(Number(read.attemptId) >= last, `${read.attemptId} after ${last} were written`);
      assert.ok(read.sealed.every((byte) => byte === Number(read.attemptId) % 256));
    }
  }
});

test('a spool that others can enter, or a place that is a symbolic link, is refused', async (t) => {
  const { directory, spool, file } = spoolIn(t);
  await spool.reserve(ID);
  chmodSync(directory, 0o755);
  const open = await failure(() => spool.reserve(ID));
  assert.equal(open.code, 'insecure_permissions');
  assert.match(open.message, /chmod 700/);
  chmodSync(directory, 0o700);
  const path = file();
  const target = `${directory}-elsewhere`;
  writeFileSync(target, 'untouched');
  await spool.discard(ID);
  symlinkSync(target, path);
  assert.equal((await failure(() => spool.write(entry('a')))).name, 'StoreError');
  assert.equal(readFileSync(target, 'utf8'), 'untouched');
});

test('entries lists what lies in the spool, whole answers only; an answer of the first format is read by its connection', async (t) => {
  const { directory, spool } = spoolIn(t);
  const listed = async () => {
    const ids: string[] = [];
    for await (const { connectionId } of spool.entries()) ids.push(connectionId);
    return ids.sort();
  };
  assert.deepEqual(await listed(), []);
  await spool.reserve('empty');
  for (const id of ['one', 'two']) await spool.write(entry('a', 10, id));
  writeFileSync(`${directory}/notes.txt`, encodeEntry(entry('a', 10, 'three')));
  assert.deepEqual(await listed(), ['one', 'two']);
  const content = Buffer.concat([Buffer.from('FMSPOOL1'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 2]), Buffer.from('ass')]);
  const first = Buffer.concat([content, createHash('sha256').update(content).digest()]);
  const sealed = new Uint8Array(Buffer.from('ss'));
  assert.deepEqual(decodeEntry(first, ID), { connectionId: ID, attemptId: 'a', version: -1, stagedAtMs: 0, sealed });
  assert.equal(decodeEntry(first), undefined);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { MasterKey, Seal } from '../src/seal/seal.ts';
import { dataKeysFor, openKeys, replacement } from '../src/seal/stored-keys.ts';
import type { StoredKeys } from '../src/store-maintenance.ts';

const random = { bytes: (length: number): Uint8Array => randomBytes(length) };
const STORE = 'store-1';
const PLACE = { table: 'tokens', row: 'a', column: 'refresh_token', version: 3 };

function firstKeys(key: Uint8Array): StoredKeys {
  const master = new MasterKey(key, random);
  return { check: master.makeCheck(STORE), dataKeys: [master.makeDataKey(STORE, 1, 0)], former: [] };
}

/** As the store is after its master key was replaced. */
function replaced(stored: StoredKeys, key: Uint8Array, nextKey: Uint8Array): StoredKeys {
  const { master } = openKeys(STORE, stored, key, random);
  const { next, former } = replacement(STORE, stored, master, new MasterKey(nextKey, random), 5);
  return { ...next, former: [...stored.former, former] };
}

test('each of a line of master keys opens the store while it is kept, and what was sealed before', () => {
  const keys = [random.bytes(32), random.bytes(32), random.bytes(32)];
  const [one = keys[0], two, three] = keys;
  if (one === undefined || two === undefined || three === undefined) throw new TypeError('three keys');
  let stored = firstKeys(one);
  const before = openKeys(STORE, stored, one, random).seal;
  const sealed = before.seal(PLACE, 'refresh');
  const place = { connectionId: 'c', attemptId: 'attempt', version: 3, stagedAtMs: 5 };
  const spooled = before.sealForSpool(place, Buffer.from('answer'));
  stored = replaced(replaced(stored, one, two), two, three);
  assert.equal(stored.former.length, 2);
  for (const [index, key] of keys.entries()) {
    const opened = openKeys(STORE, stored, key, random);
    assert.equal(opened.isFormer, index < 2);
    assert.equal(opened.formerMasters.length, index);
    assert.equal(opened.seal.open(PLACE, sealed), 'refresh');
    assert.equal(Buffer.from(opened.seal.openFromSpool({ ...place, sealed: spooled })).toString(), 'answer');
    assert.equal(opened.seal.isFormerEntry(spooled), index > 0);
  }
});

test('a former master key that is not kept any more is a wrong one', () => {
  const [one, two] = [random.bytes(32), random.bytes(32)];
  const stored = replaced(firstKeys(one), one, two);
  const forgotten = { ...stored, former: [] };
  assert.throws(() => openKeys(STORE, forgotten, one, random), { code: 'wrong_master_key' });
  assert.throws(() => dataKeysFor(STORE, forgotten, new MasterKey(one, random)), { code: 'wrong_master_key' });
  assert.throws(() => openKeys(STORE, stored, random.bytes(32), random), { code: 'wrong_master_key' });
  assert.throws(() => openKeys('store-2', stored, two, random), { code: 'wrong_master_key' });
});

test('without keys there is nothing to open, and no key is made', () => {
  assert.throws(() => openKeys(STORE, { check: undefined, dataKeys: [], former: [] }, random.bytes(32), random), TypeError);
});

test('a data key that is added later is there for the newest master key and for the former ones', () => {
  const [one, two] = [random.bytes(32), random.bytes(32)];
  const stored = replaced(firstKeys(one), one, two);
  const { master, formerMasters } = openKeys(STORE, stored, two, random);
  const added = master.makeDataKey(STORE, 2, 9);
  const former = stored.former.map((row, index) => {
    const key = formerMasters[index];
    if (key === undefined) throw new TypeError('opened');
    return { ...row, dataKeys: [...row.dataKeys, master.rewrap(STORE, added, key)] };
  });
  const later = { ...stored, dataKeys: [...stored.dataKeys, added], former };
  const sealed = openKeys(STORE, later, two, random).seal.seal(PLACE, 'by the second data key');
  assert.equal(openKeys(STORE, later, one, random).seal.open(PLACE, sealed), 'by the second data key');
  const running = openKeys(STORE, stored, one, random);
  assert.equal(running.seal.knows(sealed), false);
  running.seal.learn(dataKeysFor(STORE, later, running.master));
  assert.equal(running.seal.knows(sealed), true);
  assert.equal(running.seal.open(PLACE, sealed), 'by the second data key');
  assert.equal(running.seal.newest, 2);
});

test('what this process sealed is outdated once it has learned a newer data key; what it read is not', () => {
  const master = new MasterKey(random.bytes(32), random);
  const first = master.makeDataKey(STORE, 1, 0);
  const seal = new Seal(STORE, master, [first], random);
  const [made, read] = [seal.seal(PLACE, 'made'), Uint8Array.from(seal.seal(PLACE, 'read'))];
  assert.equal(seal.isOutdated(made), false);
  seal.learn([first, master.makeDataKey(STORE, 2, 0)]);
  assert.deepEqual([seal.isOutdated(made), seal.isOutdated(read)], [true, false]);
  assert.equal(seal.isOutdated(seal.seal(PLACE, 'made again')), false);
});

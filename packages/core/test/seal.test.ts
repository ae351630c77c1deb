import assert from 'node:assert/strict';
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { StoreError } from '../src/errors.ts';
import { decrypt, encrypt, placeBytes, type SealPlace } from '../src/seal/envelope.ts';
import { MasterKey, Seal } from '../src/seal/seal.ts';

const random = { bytes: (length: number): Uint8Array => randomBytes(length) };
const place: SealPlace = { table: 'tokens', row: 'a', column: 'refresh_token', version: 3 };

function seals(): { master: MasterKey; seal: Seal } {
  const master = new MasterKey(randomBytes(32), random);
  return { master, seal: new Seal('store-1', master, [master.makeDataKey('store-1', 1, 0)], random) };
}

test('what is sealed opens at its place and nowhere else', () => {
  const { seal } = seals();
  const sealed = seal.seal(place, 'canary-refresh-token');
  assert.equal(seal.open(place, sealed), 'canary-refresh-token');
  assert.ok(!Buffer.from(sealed).includes('canary'));
  const elsewhere: SealPlace[] = [
    { ...place, table: 'connections' },
    { ...place, row: 'b' },
    { ...place, column: 'access_token' },
    { ...place, version: 2 },
    { ...place, version: 4 },
    { table: 'tokensa', row: '', column: 'refresh_token', version: 3 },
  ];
  for (const wrong of elsewhere) assert.throws(() => seal.open(wrong, sealed), { code: 'unsealing_failed' });
});

test('a value of another store does not open, under the same keys', () => {
  const master = new MasterKey(randomBytes(32), random);
  const dataKey = master.makeDataKey('store-1', 1, 0);
  const one = new Seal('store-1', master, [dataKey], random);
  assert.throws(() => new Seal('store-2', master, [dataKey], random), StoreError);
  const two = new Seal('store-2', master, [master.makeDataKey('store-2', 1, 0)], random);
  assert.throws(() => two.open(place, one.seal(place, 'x')), StoreError);
});

test('every flipped bit, every cut and every lengthening is noticed', () => {
  const { seal } = seals();
  const sealed = seal.seal(place, 'secret');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const forged = Uint8Array.from(sealed);
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => seal.open(place, forged), StoreError, `bit ${bit}`);
  }
  for (let length = 0; length < sealed.length; length += 1) {
    assert.throws(() => seal.open(place, sealed.subarray(0, length)), StoreError, `${length} bytes`);
  }
  assert.throws(() => seal.open(place, Buffer.concat([sealed, Buffer.from([0])])), StoreError);
});

test('a genuine but shortened tag is not taken', () => {
  const key = createSecretKey(randomBytes(32));
  const sealed = encrypt(key, { kekId: 1, dekId: 1 }, Buffer.from('0123456789abcdef'), placeBytes('s', place), randomBytes(12));
  assert.ok(decrypt(key, sealed, placeBytes('s', place)));
  for (const bytes of [1, 4, 8, 12])
    assert.equal(decrypt(key, sealed.subarray(0, sealed.length - bytes), placeBytes('s', place)), undefined);
});

test('the envelope is AES-256-GCM as anybody computes it', () => {
  const key = createSecretKey(randomBytes(32));
  const nonce = randomBytes(12);
  const aad = placeBytes('s', place);
  const sealed = encrypt(key, { kekId: 7, dekId: 9 }, Buffer.from('text'), aad, nonce);
  const header = Buffer.concat([Buffer.from([1, 0, 0, 0, 7, 0, 0, 0, 9]), nonce]);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat([header, aad]));
  const expected = Buffer.concat([header, cipher.update('text'), cipher.final(), cipher.getAuthTag()]);
  assert.deepEqual(Buffer.from(sealed), expected);
});

test('equal texts never seal to equal bytes', () => {
  const { seal } = seals();
  const all = new Set(Array.from({ length: 1_000 }, () => Buffer.from(seal.seal(place, 'same')).toString('hex')));
  assert.equal(all.size, 1_000);
});

test('a wrong master key is noticed by its check, and the message has no key in it', () => {
  const right = new MasterKey(randomBytes(32), random);
  const wrongBytes = randomBytes(32);
  const check = right.makeCheck('store-1');
  right.verifyCheck('store-1', check);
  assert.throws(
    () => new MasterKey(wrongBytes, random).verifyCheck('store-1', check),
    (error: unknown) =>
      error instanceof StoreError && error.code === 'wrong_master_key' && !error.message.includes(wrongBytes.toString('hex')),
  );
  assert.throws(() => right.verifyCheck('store-2', check), { code: 'wrong_master_key' });
  assert.throws(() => new MasterKey(randomBytes(16), random), TypeError);
});

test('the spool is sealed by the master key: a new data key does not strand it', () => {
  const master = new MasterKey(randomBytes(32), random);
  const before = new Seal('store-1', master, [master.makeDataKey('store-1', 1, 0)], random);
  const after = new Seal('store-1', master, [master.makeDataKey('store-1', 2, 0)], random);
  const spooled = { connectionId: 'connection', attemptId: 'attempt', version: 3, stagedAtMs: 7 };
  const sealed = before.sealForSpool(spooled, Buffer.from('answer'));
  assert.equal(Buffer.from(after.openFromSpool({ ...spooled, sealed })).toString(), 'answer');
  for (const elsewhere of [{ attemptId: 'another' }, { connectionId: 'another' }, { version: 4 }, { stagedAtMs: 8 }]) {
    assert.throws(() => after.openFromSpool({ ...spooled, ...elsewhere, sealed }), StoreError);
  }
});

test('old data keys still open, the newest one seals', () => {
  const master = new MasterKey(randomBytes(32), random);
  const first = master.makeDataKey('store-1', 1, 0);
  const old = new Seal('store-1', master, [first], random).seal(place, 'old');
  const both = new Seal('store-1', master, [first, master.makeDataKey('store-1', 2, 0)], random);
  assert.equal(both.open(place, old), 'old');
  assert.throws(() => new Seal('store-1', master, [first], random).open(place, both.seal(place, 'new')), StoreError);
});

test('property: any text, any place, opens to itself; places never collide', () => {
  const { seal } = seals();
  const anyPlace = fc.record({ table: fc.string(), row: fc.string(), column: fc.string(), version: fc.nat() });
  fc.assert(
    fc.property(anyPlace, anyPlace, fc.string({ unit: 'grapheme' }), (here, there, text) => {
      const sealed = seal.seal(here, text);
      assert.equal(seal.open(here, sealed), text);
      const same = JSON.stringify(here) === JSON.stringify(there);
      assert.equal(Buffer.compare(placeBytes('s', here), placeBytes('s', there)) === 0, same);
    }),
    { numRuns: 2_000 },
  );
});

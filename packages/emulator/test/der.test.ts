import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as der from '../src/server/der.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('known encodings', () => {
  assert.equal(hex(der.boolean(true)), '0101ff');
  assert.equal(hex(der.boolean(false)), '010100');
  assert.equal(hex(der.nothing()), '0500');
  assert.equal(hex(der.objectIdentifier('1.2.840.113549.1.1.11')), '06092a864886f70d01010b');
  assert.equal(hex(der.objectIdentifier('1.2.840.10045.4.3.2')), '06082a8648ce3d040302');
  assert.equal(hex(der.objectIdentifier('2.5.29.17')), '0603551d11');
  assert.equal(hex(der.utf8String('é')), '0c02c3a9');
  assert.equal(hex(der.sequence(der.boolean(true), der.integer(Buffer.of(0)))), '30060101ff020100');
  assert.equal(hex(der.setOfOne(der.nothing())), '31020500');
  assert.equal(hex(der.context(3, der.nothing())), 'a3020500');
  assert.equal(hex(der.contextPrimitive(7, Buffer.of(127, 0, 0, 1))), '87047f000001');
  assert.equal(hex(der.bitString(Buffer.of(0xab))), '030200ab');
});

test('a bit string of named bits ends with the last one that is set', () => {
  assert.equal(hex(der.namedBits([0])), '03020780');
  assert.equal(hex(der.namedBits([5, 6])), '03020106');
  assert.equal(hex(der.namedBits([8, 0])), '0303078080');
  assert.equal(hex(der.namedBits([])), '030100');
});

test('time: two digits of the year through 2049, four from 2050 on', () => {
  const text = (iso: string): string => der.time(Date.parse(iso)).subarray(2).toString();
  assert.equal(text('2026-07-08T09:10:11.999Z'), '260708091011Z');
  assert.equal(text('2049-12-31T23:59:59Z'), '491231235959Z');
  assert.equal(text('2050-01-01T00:00:00Z'), '20500101000000Z');
  assert.deepEqual([der.time(0)[0], der.time(Date.parse('2050-01-01T00:00:00Z'))[0]], [0x17, 0x18]);
});

test('an integer is never negative and has no octet too many', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
      const [tag, length, ...content] = der.integer(bytes);
      assert.equal(tag, 0x02);
      assert.equal(length, content.length);
      assert.equal(BigInt(`0x${hex(Uint8Array.from(content))}`), BigInt(`0x${hex(bytes)}`));
      assert.ok((content[0] ?? 0) < 0x80);
      assert.ok(content.length === 1 || content[0] !== 0 || (content[1] ?? 0) >= 0x80);
    }),
  );
});

test('the length says how many octets follow, in the shortest form', () => {
  for (const [size, head] of [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_535, '0482ffff'],
    [65_536, '0483010000'],
  ] as const) {
    const encoded = der.octetString(Buffer.alloc(size));
    assert.equal(hex(encoded.subarray(0, encoded.length - size)), head);
  }
});

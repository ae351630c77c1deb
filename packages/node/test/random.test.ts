import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../src/random.ts';

test('every length is given, and no bytes are given twice', () => {
  const lengths = [0, 1, 8, 12, 16, 32, 2_047, 2_048, 2_049, 10_000];
  for (const length of lengths) assert.equal(systemRandom.bytes(length).length, length);
  const given = Array.from({ length: 5_000 }, () => Buffer.from(systemRandom.bytes(12)).toString('hex'));
  assert.equal(new Set(given).size, given.length);
});

test('all byte values come about as often as one another', () => {
  const counts = new Uint32Array(256);
  for (let round = 0; round < 4_000; round += 1)
    for (const byte of systemRandom.bytes(100)) counts[byte] = (counts[byte] ?? 0) + 1;
  // 400,000 bytes: 1,562.5 of each, give or take 39.5; a truly random source misses eight times that once in 10^12 runs.
  for (const count of counts) assert.ok(Math.abs(count - 1_562.5) < 316, `a byte value came ${count} times`);
});

test('who changes what was given changes nothing that is given later', () => {
  const mine = systemRandom.bytes(16);
  mine.fill(7);
  for (let round = 0; round < 200; round += 1) assert.notDeepEqual([...systemRandom.bytes(16)], [...mine]);
});

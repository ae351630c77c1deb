import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemRandom as random } from '../src/random.ts';
import { replicaIdOf } from '../src/replica-id.ts';
import { failure, temporaryDirectory } from './support/machine.ts';

test('a spool’s replica id is made once, private, and the same for everybody who uses the spool', (t) => {
  const directory = `${temporaryDirectory(t)}/spool`;
  const id = replicaIdOf(directory, random);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(replicaIdOf(directory, random), id);
  assert.deepEqual(readdirSync(directory), ['replica-id']);
  assert.equal(readFileSync(`${directory}/replica-id`, 'latin1'), `${id}\n`);
  assert.equal((statSync(`${directory}/replica-id`).mode & 0o777).toString(8), '600');
});

test('spools of different directories are different replicas', (t) => {
  const directory = temporaryDirectory(t);
  assert.notEqual(replicaIdOf(`${directory}/a`, random), replicaIdOf(`${directory}/b`, random));
});

test('of two processes that make it at once one wins, and both have the winner’s', (t) => {
  const directory = `${temporaryDirectory(t)}/spool`;
  let other: string | undefined;
  // The other process comes right between the look and the making.
  const racing = {
    bytes: (length: number) => {
      other ??= replicaIdOf(directory, random);
      return random.bytes(length);
    },
  };
  assert.equal(replicaIdOf(directory, racing), other);
  assert.deepEqual(readdirSync(directory), ['replica-id']);
});

test('a damaged id is an error, never a new one: the answers in the spool belong to the old one', async (t) => {
  const directory = temporaryDirectory(t);
  for (const damage of ['', 'zz', 'A'.repeat(32), 'a'.repeat(31)]) {
    writeFileSync(`${directory}/replica-id`, damage);
    const error = await failure(() => replicaIdOf(directory, random));
    assert.equal(error.code, 'store_corrupt', JSON.stringify(damage));
    assert.equal(readFileSync(`${directory}/replica-id`, 'latin1'), damage);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announceUse, isInUse } from '../src/sqlite/presence.ts';
import { child } from './support/child.ts';
import { temporaryDirectory } from './support/machine.ts';

const ANNOUNCER = new URL('./support/announcer.ts', import.meta.url);

test('who works with a master key is seen until it ends, even stopped, and killed it is gone', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  assert.equal(isInUse(path, 7), false);
  const [one, two] = [child(t, ANNOUNCER, [path, '7']), child(t, ANNOUNCER, [path, '7'])];
  await one.line('announced');
  await two.line('announced');
  one.process.kill('SIGSTOP');
  assert.equal(isInUse(path, 7), true);
  assert.equal(isInUse(path, 8), false);
  for (const process of [one, two]) {
    assert.equal(isInUse(path, 7), true);
    process.process.kill('SIGKILL');
    await process.ended;
  }
  assert.equal(isInUse(path, 7), false);
});

test('users in one process are counted one by one', (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  const [one, two] = [announceUse(path, 0xfe), announceUse(path, 0xfe)];
  one[Symbol.dispose]();
  assert.equal(isInUse(path, 0xfe), true);
  one[Symbol.dispose]();
  two[Symbol.dispose]();
  assert.equal(isInUse(path, 0xfe), false);
});

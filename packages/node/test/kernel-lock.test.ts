import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { createKernelLock } from '../src/kernel-lock.ts';
import { child } from './support/child.ts';
import { type Ending, failure, present, temporaryDirectory } from './support/machine.ts';

const HOLDER = new URL('./support/lock.child.ts', import.meta.url);

const condition = async () => ({ is: 'active' }) as const;

function lockIn(t: Ending) {
  const storePath = `${temporaryDirectory(t)}/store.db`;
  return { storePath, lock: createKernelLock({ storePath, condition }) };
}

async function acquired(lock: ReturnType<typeof createKernelLock>, id: string) {
  for (;;) {
    const lease = await lock.tryAcquire(id, 180_000);
    if (lease !== undefined) return lease;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('one holder at a time in a process; each connection has a lock of its own', async (t) => {
  const { lock, storePath } = lockIn(t);
  const lease = present(await lock.tryAcquire('one', 180_000));
  assert.equal(await lock.tryAcquire('one', 180_000), undefined);
  assert.equal(await createKernelLock({ storePath, condition }).tryAcquire('one', 180_000), undefined);
  const other = present(await lock.tryAcquire('two', 180_000));
  await lease.release();
  await lease.release();
  const again = present(await lock.tryAcquire('one', 180_000));
  assert.equal(await lock.tryAcquire('two', 180_000), undefined);
  await again.release();
  await other.release();
});

test('lock files are private, empty, named by a hash, and stay', async (t) => {
  const { lock, storePath } = lockIn(t);
  const umask = process.umask(0);
  await present(await lock.tryAcquire('../evil name', 180_000)).release();
  process.umask(umask);
  const directory = `${storePath}.locks`;
  const [name = ''] = readdirSync(directory);
  assert.match(name, /^[0-9a-f]{32}$/);
  const { mode, size } = statSync(`${directory}/${name}`);
  assert.deepEqual([(mode & 0o777).toString(8), size], ['600', 0]);
  assert.equal((statSync(directory).mode & 0o777).toString(8), '700');
});

test('a lock directory that others can enter is refused', async (t) => {
  const { lock, storePath } = lockIn(t);
  mkdirSync(`${storePath}.locks`);
  chmodSync(`${storePath}.locks`, 0o770);
  assert.equal((await failure(() => lock.tryAcquire('one', 180_000))).code, 'insecure_permissions');
});

test('a lease that nobody refers to any more is still held', { timeout: 60_000 }, async (t) => {
  const { lock } = lockIn(t);
  const forget = async () => {
    present(await lock.tryAcquire('one', 180_000));
  };
  await forget();
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let round = 0; round < 5; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await lock.tryAcquire('one', 180_000), undefined);
});

test('SIGKILL of the holder frees the lock', { timeout: 60_000 }, async (t) => {
  const { lock, storePath } = lockIn(t);
  const holder = child(t, HOLDER, [storePath, 'hold', 'one']);
  await holder.line('held');
  assert.equal(await lock.tryAcquire('one', 180_000), undefined);
  holder.process.kill('SIGKILL');
  await (await acquired(lock, 'one')).release();
});

test('a holder that is stopped is never robbed', { timeout: 60_000 }, async (t) => {
  const { lock, storePath } = lockIn(t);
  const holder = child(t, HOLDER, [storePath, 'hold', 'one']);
  await holder.line('held');
  holder.process.kill('SIGSTOP');
  const state = () => /\) (\S)/.exec(readFileSync(`/proc/${holder.process.pid}/stat`, 'utf8'))?.[1];
  if (process.platform === 'linux') while (state() !== 'T') await new Promise((resolve) => setImmediate(resolve));
  for (let attempt = 0; attempt < 500; attempt += 1) assert.equal(await lock.tryAcquire('one', 180_000), undefined);
  holder.process.kill('SIGKILL');
  await (await acquired(lock, 'one')).release();
});

test('of eight processes never two hold the lock, though some are killed', { timeout: 120_000 }, async (t) => {
  const { storePath } = lockIn(t);
  const log = `${storePath}.log`;
  const steady = Array.from({ length: 6 }, () => child(t, HOLDER, [storePath, 'work', 'one', log, '40']));
  const doomed = Array.from({ length: 2 }, () => child(t, HOLDER, [storePath, 'work', 'one', log, '1000000']));
  for (const one of doomed) {
    await one.line('worked 3');
    one.process.kill('SIGKILL');
    await one.ended;
  }
  for (const one of steady) assert.equal(await one.ended, 0);
  const killed = new Set(doomed.map(({ process: { pid } }) => String(pid)));
  let holder: string | undefined;
  let turns = 0;
  for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
    const [what, pid = ''] = line.split(' ');
    if (what === 'enter') {
      assert.ok(holder === undefined || killed.has(holder), `${pid} entered while ${holder} was inside`);
      holder = pid;
      turns += 1;
    } else {
      assert.equal(pid, holder);
      holder = undefined;
    }
  }
  assert.ok(turns >= 6 * 40 + 2 * 3, `${turns}`);
});

test('a lock file that was replaced while it rested is not mistaken for the one that others lock', async (t) => {
  const { storePath, lock } = lockIn(t);
  await (await acquired(lock, 'one')).release();
  const directory = `${storePath}.locks`;
  for (const file of readdirSync(directory)) renameSync(`${directory}/${file}`, `${directory}/${file}.moved`);
  const other = createKernelLock({ storePath, condition });
  const held = await acquired(other, 'one');
  assert.equal(await lock.tryAcquire('one', 180_000), undefined);
  await held.release();
  await (await acquired(lock, 'one')).release();
  lock[Symbol.dispose]();
  other[Symbol.dispose]();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import type { Clock } from '@forcemint/core/ports';
import { Upkeep, type UpkeepWork } from '../src/upkeep.ts';

/** A clock that moves when it is told to, by as much as its sleeper wants. */
function manual() {
  let nowMs = 0;
  let wake: (() => void) | undefined;
  const rests: number[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => Promise.reject(new Error('it keeps the process alive')),
    rest: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        rests.push(durationMs);
        wake = () => {
          nowMs += durationMs;
          resolve();
        };
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  const turn = async (): Promise<void> => {
    const go = wake;
    wake = undefined;
    go?.();
    while (wake === undefined) await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, rests, turn };
}

function counted(faults: { beat?: Error } = {}) {
  const counts = { beats: 0, raises: 0 };
  const work: UpkeepWork = {
    beat: async () => {
      counts.beats += 1;
      if (faults.beat) throw faults.beat;
    },
    hourly: async () => {
      counts.raises += 1;
    },
  };
  return { counts, work };
}

test('a replica gives a sign of life every ten seconds, and raises the generation once an hour', async () => {
  const { clock, rests, turn } = manual();
  const { counts, work } = counted();
  const upkeep = new Upkeep(clock, work, assert.fail);
  upkeep.start();
  upkeep.start();
  for (let i = 0; i < 2 * 360; i += 1) await turn();
  assert.deepEqual(counts, { beats: 720, raises: 2 });
  assert.deepEqual(new Set(rests), new Set([10_000]));
  await upkeep.stop();
});

test('where there are no replicas it wakes once an hour', async () => {
  const { clock, rests, turn } = manual();
  const { counts, work } = counted();
  const upkeep = new Upkeep(clock, { hourly: work.hourly }, assert.fail);
  upkeep.start();
  for (let i = 0; i < 3; i += 1) await turn();
  assert.deepEqual(counts, { beats: 0, raises: 3 });
  assert.deepEqual(new Set(rests), new Set([3_600_000]));
  await upkeep.stop();
});

test('what fails is tried again; its reason is told once, and again when it has changed or come back', async () => {
  const { clock, turn } = manual();
  const faults: { beat?: Error } = {};
  const { counts, work } = counted(faults);
  const told: string[] = [];
  const upkeep = new Upkeep(clock, work, (text) => told.push(text));
  upkeep.start();
  faults.beat = new StoreError('store_unavailable', 'synthetic: down', { retryable: true });
  for (let i = 0; i < 5; i += 1) await turn();
  assert.deepEqual([counts.beats, told.length], [5, 1]);
  assert.match(told[0] ?? '', /synthetic: down/);
  faults.beat = new RangeError('a defect whose words may hold a secret');
  await turn();
  assert.deepEqual([told.length, told[1]?.includes('secret')], [2, false]);
  delete faults.beat;
  await turn();
  faults.beat = new StoreError('store_unavailable', 'synthetic: down', { retryable: true });
  await turn();
  assert.equal(told.length, 3);
  await upkeep.stop();
});

test('stopped, it rests no longer and does nothing more', async () => {
  const { clock, turn } = manual();
  const { counts, work } = counted();
  const upkeep = new Upkeep(clock, work, assert.fail);
  upkeep.start();
  await turn();
  await upkeep.stop();
  assert.equal(counts.beats, 1);
});

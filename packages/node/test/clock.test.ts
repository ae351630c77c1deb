import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { systemRandom } from '../src/random.ts';

test('the clocks run, and the monotonic one does not go back', async () => {
  const [wall, monotonic] = [systemClock.nowMs(), systemClock.monotonicMs()];
  await systemClock.sleep(5);
  assert.ok(systemClock.monotonicMs() - monotonic >= 4);
  assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1_000 && wall > 1_700_000_000_000);
});

test('a sleep ends early with the reason of its signal', async () => {
  const reason = new RangeError('synthetic');
  await assert.rejects(systemClock.sleep(3_600_000, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(sleeping, reason);
});

test('random bytes are as many as asked for, and differ', () => {
  assert.equal(systemRandom.bytes(32).length, 32);
  assert.notDeepEqual(systemRandom.bytes(32), systemRandom.bytes(32));
});

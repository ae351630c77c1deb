import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Forcemint, OpenOptions } from '@forcemint/node';
import { type Context, withForcemint } from '../src/context.ts';

test('a command opens the store without renewing ahead of time, waits until nothing is under way, and closes it', async () => {
  const steps: string[] = [];
  const opened: OpenOptions[] = [];
  const forcemint = {
    idle: async () => void steps.push('idle'),
    [Symbol.asyncDispose]: async () => void steps.push('closed'),
  } as unknown as Forcemint;
  const context = {
    env: {},
    output: { warn: () => undefined },
    interrupts: { atStake: (work: () => Promise<unknown>) => work() },
    openForcemint: async (options: OpenOptions) => {
      opened.push(options);
      return forcemint;
    },
  } as unknown as Context;
  await assert.rejects(
    withForcemint(context, async () => {
      steps.push('work');
      throw new RangeError('synthetic');
    }),
    RangeError,
  );
  assert.deepEqual(
    opened.map(({ renewAhead }) => renewAhead),
    [false],
  );
  assert.deepEqual(steps, ['work', 'idle', 'closed']);
});

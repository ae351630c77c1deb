import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batch } from '../../src/postgres/batch.ts';

/** Nobody is held up for long enough. */
const clock = { rest: () => new Promise<void>(() => {}) };

test('calls of one turn of the event loop are one batch, each with its own output', async () => {
  const batches: (readonly number[])[] = [];
  const doubled = new Batch<number, number>(async (inputs) => {
    batches.push(inputs);
    return inputs.map((input) => input * 2);
  }, clock);
  const first = Promise.all([1, 2, 3].map((input) => doubled.call(input)));
  assert.deepEqual(batches, [], 'nothing is sent before everybody in this turn has called');
  assert.deepEqual(await first, [2, 4, 6]);
  assert.equal(await doubled.call(4), 8);
  assert.deepEqual(batches, [[1, 2, 3], [4]]);
});

test('a call that comes while a batch is under way waits for a batch of its own: what it gets is not older than itself', async () => {
  let value = 'before';
  const gate = Promise.withResolvers<void>();
  const read = new Batch<undefined, string>(async (inputs) => {
    const found = value;
    await gate.promise;
    return inputs.map(() => found);
  }, clock);
  const early = read.call(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  value = 'after';
  const late = read.call(undefined);
  gate.resolve();
  assert.deepEqual(await Promise.all([early, late]), ['before', 'after']);
});

test('more than one statement should hold are sent as several; a failure is that of its own batch', async () => {
  const sizes: number[] = [];
  const batch = new Batch<number, number>(async (inputs) => {
    sizes.push(inputs.length);
    if (inputs.includes(0)) throw new RangeError('synthetic');
    return inputs;
  }, clock);
  const outcomes = await Promise.allSettled(Array.from({ length: 600 }, (_, index) => batch.call(index)));
  assert.deepEqual(sizes, [256, 256, 88]);
  assert.deepEqual(outcomes.map(({ status }) => status).indexOf('fulfilled'), 256);
  const short = new Batch<number, number>(async () => [], clock);
  await assert.rejects(short.call(1), TypeError);
});

test('calls that come while a batch is under way are the next one together, which an end of the first or a long wait sends', async () => {
  const batches: (readonly number[])[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const patience = Promise.withResolvers<void>();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const batch = new Batch<number, number>(
    async (inputs) => {
      await gates[batches.push(inputs) - 1]?.promise;
      return inputs;
    },
    { rest: () => patience.promise },
  );
  const calls = [batch.call(1)];
  await turn();
  for (const input of [2, 3]) {
    calls.push(batch.call(input));
    await turn();
  }
  assert.deepEqual(batches, [[1]]);
  patience.resolve();
  await turn();
  await turn();
  assert.deepEqual(batches, [[1], [2, 3]], 'a statement that does not come back holds nobody up');
  calls.push(batch.call(4));
  gates[1]?.resolve();
  await turn();
  await turn();
  gates[2]?.resolve();
  gates[0]?.resolve();
  assert.deepEqual(await Promise.all(calls), [1, 2, 3, 4]);
  assert.deepEqual(batches, [[1], [2, 3], [4]]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sized } from '../../../test/support/length.ts';
import { ExchangePlay } from './support/exchange-play.ts';
import type { Script, ServerKind, Step } from './support/exchange-script.ts';
import type { Weather } from './support/simulated-salesforce.ts';

const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = sized(150, 10_000);

const surroundings = {
  server: fc.constantFrom<ServerKind>('static', 'rotating', 'cascading', 'grace'),
  rotates: fc.constantFrom('auto' as const, 'yes' as const),
  renewAhead: fc.boolean(),
  introspect: fc.boolean(),
  order: fc.integer(),
};

/** 100 callers in three processes, who come in any order and in any hurry. */
const herds: fc.Arbitrary<Step[]> = fc
  .record({
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 2 }),
    hurry: fc.nat({ max: 30 }),
  })
  .map(({ cuts, hurry }) => {
    const [low = 1, high = 99] = cuts.sort((one, other) => one - other);
    const counts = [low, high - low, 100 - high];
    return counts.map((callers, process) => ({ do: 'herd', process, callers, hurry: process < 2 ? hurry : undefined }));
  });

const FAILURES: readonly Weather[] = [
  'lost-before',
  'lost-after',
  'html',
  'html-after',
  'error-500',
  'error-500-after',
  'rate-limited',
  'slow',
  'late',
  'late-after',
  { error: 'invalid_grant', description: 'expired access/refresh token' },
  { error: 'invalid_client', description: 'invalid client credentials' },
  { tamper: { instance_url: 'https://acme.my.salesforce.com.example' } },
];

test(`100 waiters on a leader that fails lead to exactly one request, and none of them hangs (seed ${seed})`, async () => {
  const scripts = fc.record({ ...surroundings, weather: fc.constantFrom(...FAILURES), herd: herds });
  await fc.assert(
    fc.asyncProperty(scripts, async ({ weather, herd, ...rest }) => {
      const steps: Step[] = [{ do: 'weather', weather }, ...herd, { do: 'pass', ms: 15_000 }];
      const played = await ExchangePlay.untilItsEnd({ ...rest, steps });
      assert.deepEqual(played.violations, []);
      assert.equal(played.world.salesforce.posts.length, 1);
      assert.equal(played.waiting, 0);
    }),
    { seed, numRuns },
  );
});

test(`100 waiters on a leader that succeeds are all served by one request, though one process stands still meanwhile (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ ...surroundings, herd: herds }), async ({ herd, ...rest }) => {
      const [first, second, third] = herd;
      assert.ok(first && second && third);
      const stop: Step = { do: 'stop', process: 1 };
      const resume: Step = { do: 'continue', process: 1 };
      const steps: Step[] = [first, second, stop, third, { do: 'pass', ms: 400 }, resume, { do: 'pass', ms: 6_000 }];
      const played = await ExchangePlay.untilItsEnd({ ...rest, steps });
      assert.deepEqual(played.violations, []);
      assert.equal(played.world.salesforce.posts.length, 1);
      assert.equal(played.waiting, 0);
      assert.equal(played.served, 100);
    }),
    { seed, numRuns },
  );
});

test(`who comes between the result published and the flight cleared is served by that result (seed ${seed})`, async () => {
  const scripts = fc.record({
    ...surroundings,
    after: fc.nat({ max: 40 }),
    call: fc.constantFrom('get' as const, 'renew' as const),
  });
  await fc.assert(
    fc.asyncProperty(scripts, async ({ after, call, ...rest }) => {
      const steps: Step[] = [
        { do: 'gap', process: 0, call, after },
        { do: 'get', process: 0 },
        { do: 'pass', ms: 6_000 },
      ];
      const script: Script = { ...rest, steps };
      const played = await ExchangePlay.untilItsEnd(script);
      assert.deepEqual(played.violations, []);
      assert.equal(played.waiting, 0);
      assert.equal(played.served, 2);
      // A renewal by name is an exchange of its own.
      assert.equal(played.world.salesforce.posts.length, call === 'get' ? 1 : 2);
    }),
    { seed, numRuns },
  );
});

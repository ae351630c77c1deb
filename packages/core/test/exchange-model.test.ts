import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import { IS_LONG, sized } from '../../../test/support/length.ts';
import { type Batch, playBatches } from './support/exchange-batch.ts';
import { ExchangePlay } from './support/exchange-play.ts';
import { type ServerKind, scripts } from './support/exchange-script.ts';
import { replicaScripts } from './support/replica-script.ts';

const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);
/** Of the machines that share a database the same schedules in each short run: what chance finds, the long form looks for. */
const sharedSeed = process.env['FORCEMINT_TEST_SEED'] === undefined && !IS_LONG ? 1_234_567 : seed;
const schedules = Number(process.env['FORCEMINT_TEST_RUNS'] ?? sized(10_000, 1_000_000));
const BATCH = sized(200, 2_500);

const SERVERS: Readonly<Record<ServerKind, string>> = {
  static: 'an app that does not rotate',
  rotating: 'an app that rotates and forgives re-use',
  cascading: 'an app that rotates and ends the grant on re-use',
  grace: 'an app that rotates and answers a spent token with its successor for a while',
};

/** One machine; or a database, and machines that come and go. A schedule of the second world takes several times as long. */
const WORLDS = [
  { isShared: false, share: 0.84, from: seed, where: 'on one machine' },
  { isShared: true, share: 0.16, from: sharedSeed, where: 'of machines that share a database' },
] as const;

for (const { isShared, share, from, where } of WORLDS) {
  for (const [index, [server, words]] of Object.entries(SERVERS).entries()) {
    test(`any schedule of calls, faults, deaths and time ${where} keeps the promises of the exchange: ${words} (seed ${from})`, async (t) => {
      const count = Math.ceil((schedules * share) / 4);
      const batches = Array.from(
        { length: Math.ceil(count / BATCH) },
        (_, number): Batch => ({
          server: server as ServerKind,
          isShared,
          seed: (from + index + 4 * number) | 0,
          schedules: Math.min(BATCH, count - number * BATCH),
        }),
      );
      const startedMs = performance.now();
      let played = 0;
      // In threads of their own also where one would do: the test runner follows every promise of its own thread, which takes most of the time.
      const wrong = await playBatches(batches, availableParallelism(), (more) => {
        played += more;
        if (played % 50_000 < BATCH && played < count) console.log(`${server}: ${played} of ${count} schedules`);
      });
      t.diagnostic(`${played} schedules, ${Math.round((played / (performance.now() - startedMs)) * 1000)} a second`);
      assert.equal(wrong, undefined, wrong);
    });
  }
}

const ANY_SERVER = fc.constantFrom(...(Object.keys(SERVERS) as ServerKind[]));

test(`a schedule plays the same way each time (seed ${seed})`, async () => {
  const sampled = [scripts, replicaScripts].flatMap((of) => fc.sample(of(ANY_SERVER), { seed, numRuns: 25 }));
  for (const script of sampled) {
    const [once, again] = [await ExchangePlay.of(script), await ExchangePlay.of(script)];
    assert.deepEqual(again.world.salesforce.posts, once.world.salesforce.posts, JSON.stringify(script));
    assert.deepEqual(again.world.disk.events, once.world.disk.events, JSON.stringify(script));
  }
});

test('the schedules reach what they are about', async () => {
  const seen = new Map<string, number>();
  const see = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const script of fc.sample(scripts(ANY_SERVER), { seed: 1, numRuns: 750 })) {
    const { world } = await ExchangePlay.of(script);
    for (const type of new Set(world.disk.events.map((event) => event.type))) see(type);
    const presented = world.salesforce.posts.map((post) => post.presented).filter((token) => token !== undefined);
    if (new Set(presented).size < presented.length) see('presented twice');
    if (!world.salesforce.familyAlive) see('dead grant');
    see(world.row().exchange.phase);
  }
  const rare = [
    ...['renewed', 'rotated', 'login', 'adopted', 'updated', 'held', 'revoked', 'removed', 'reported-invalid', 'warning'],
    ...['renewal-failed', 'outcome-unknown', 'reauthorization-required'],
    ...['idle', 'deleted', 'presented twice', 'dead grant'],
  ].filter((what) => (seen.get(what) ?? 0) < 4);
  assert.deepEqual(rare, [], JSON.stringify([...seen]));
});

test('the schedules of machines that share a database reach what they are about', async () => {
  const seen = new Map<string, number>();
  const see = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const script of fc.sample(replicaScripts(ANY_SERVER), { seed: 1, numRuns: 250 })) {
    const { world } = await ExchangePlay.of(script);
    for (const { type, detail } of world.disk.events) {
      see(type);
      if (String(detail['text']).includes('was brought back')) see('brought back');
      if (detail['code'] === 'lease_lost') see('lease lost');
    }
    if (world.salesforce.posts.length > 0) see(world.row().exchange.phase);
  }
  const rare = [
    ...['renewed', 'rotated', 'login', 'adopted', 'outcome-unknown', 'reauthorization-required', 'renewal-failed'],
    ...['brought back', 'lease lost', 'idle'],
  ].filter((what) => (seen.get(what) ?? 0) < 4);
  assert.deepEqual(rare, [], JSON.stringify([...seen]));
});

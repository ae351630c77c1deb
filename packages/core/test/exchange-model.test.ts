import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DURATIONS } from '../src/tokens/durations.ts';
import { Mortal } from './support/mortal.ts';
import type { Weather } from './support/simulated-salesforce.ts';
import { type Process, World } from './support/world.ts';

type Step =
  | { readonly do: 'get' | 'renew' | 'report'; readonly process: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'weather'; readonly weather: Weather }
  | { readonly do: 'die'; readonly process: number; readonly calls: number };

const PROCESSES = 3;
const LOSSES: readonly Weather[] = ['lost-after'];

const process = fc.nat({ max: PROCESSES - 1 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'renew' as const, 'report' as const), process }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        ms: fc.constantFrom(10, 400, 31_000, 119_000, 130_000, 3_600_000, 7_300_000),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('weather' as const),
        weather: fc.constantFrom<Weather>(
          'refused-connection',
          'lost-before',
          'lost-after',
          'slow',
          'html',
          'error-500',
          'busy',
          'rate-limited',
        ),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), process, calls: fc.integer({ min: 1, max: 30 }) }) },
  ),
  { minLength: 1, maxLength: 25 },
);

interface Player {
  mortal: Mortal;
  process: Process;
}

function spawn(world: World): Player {
  const mortal = new Mortal();
  const bare = world.process().ports;
  return { mortal, process: world.process(mortal.ports(bare)) };
}

async function settleLittle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function play(script: readonly Step[], rotation: boolean): Promise<{ world: World; deaths: number; losses: number }> {
  const world = new World({ seed: JSON.stringify(script) });
  world.salesforce.rotation = rotation;
  await world.adopt();
  const players = Array.from({ length: PROCESSES }, () => spawn(world));
  let losses = 0;
  let deaths = 0;
  for (const step of script) {
    if (step.do === 'weather') {
      world.salesforce.weather.push(step.weather);
      if (LOSSES.includes(step.weather)) losses += 1;
    } else if (step.do === 'pass') {
      world.clock.advance(step.ms);
    } else {
      let player = players[step.process];
      if (player === undefined || !player.mortal.alive) {
        player = spawn(world);
        players[step.process] = player;
      }
      if (step.do === 'die') {
        player.mortal.dieAtCall(step.calls);
        deaths += 1;
      } else {
        start(player.process, step.do);
      }
    }
    await settleLittle();
  }
  for (const { mortal } of players) if (mortal.alive) mortal.dieAtCall(Number.POSITIVE_INFINITY);
  for (let i = 0; i < 8; i += 1) {
    world.clock.advance(40_000);
    await settleLittle();
  }
  return { world, deaths, losses };
}

function start({ manager }: Process, what: 'get' | 'renew' | 'report'): void {
  const ignore = (): void => undefined;
  if (what === 'get') manager.getToken('acme').then(ignore, ignore);
  if (what === 'renew') manager.renew('acme').then(ignore, ignore);
  if (what === 'report') {
    manager
      .getToken('acme')
      .then((token) => manager.reportInvalid('acme', token.value))
      .then(ignore, ignore);
  }
}

function check(world: World, deaths: number, losses: number, rotation: boolean): void {
  const { posts, currentRefreshToken, familyAlive } = world.salesforce;
  if (rotation) {
    const byToken = Map.groupBy(posts, ({ presented }) => presented);
    for (const [token, presentations] of byToken) {
      assert.ok(presentations.filter(({ issued }) => issued !== undefined).length <= 1, `${token} was rotated twice`);
      for (const [index, post] of presentations.entries()) {
        const before = presentations[index - 1];
        if (before === undefined || (before.refused && before.endedAtMs <= post.startedAtMs)) continue;
        assert.ok(post.startedAtMs >= before.startedAtMs + DURATIONS.unknownWaitMs, `${token} was presented again too early`);
        assert.ok(
          index < 2 || presentations[index - 2]?.refused === true,
          `${token} was presented a third time without an answer`,
        );
      }
    }
  }
  const { phase } = world.row().exchange;
  const stored = world.storedRefreshToken();
  const spooled = world.disk.spool.size > 0;
  if (stored === currentRefreshToken) {
    assert.ok(familyAlive || losses + deaths > 0, 'the family was killed without a fault');
  } else {
    assert.ok(losses + deaths > 0, 'a refresh token was lost without a fault');
    assert.ok(
      spooled || phase === 'unknown' || phase === 'intent' || phase === 'reauthorization-required',
      `lost silently in phase ${phase}`,
    );
  }
  if (!familyAlive) assert.ok(losses + deaths > 0, 'a spent token was presented without a fault');
}

const seed = Number(globalThis.process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(globalThis.process.env['FORCEMINT_TEST_RUNS'] ?? 400);

test(`any mix of calls, faults and deaths keeps the newest refresh token or says that it is lost (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { world, deaths, losses } = await play(script, true);
      check(world, deaths, losses, true);
    }),
    { seed, numRuns },
  );
});

test(`the same without rotation never loses anything (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { world } = await play(script, false);
      assert.equal(world.storedRefreshToken(), 'rt-1');
      assert.equal(world.salesforce.familyAlive, true);
    }),
    { seed, numRuns: Math.ceil(numRuns / 4) },
  );
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openForcemint } from '@forcemint/node';
import { extraHosts, PATIENT } from '../support/emulated-salesforce.ts';
import { KILL_POINTS, type KillPointName } from '../support/kill-points.ts';
import { IS_LONG, sized } from '../support/length.ts';
import { NUMBERED_INSTANCES } from '../support/numbered-tokens.ts';
import { quickStart } from '../support/quick-start.ts';
import { emulatedMode, ROTATION_MODES, type RotationMode } from '../support/rotation-modes.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type StoreKind, storeKinds } from '../support/store-kinds.ts';
import { KillLane, type Round, type RoundResult } from './support/kill-lane.ts';

const UNKNOWN_WAIT_MS = 1_000;
/** Those who live have all the time that a loaded machine needs. */
const DURATIONS = { ...PATIENT, unknownWaitMs: UNKNOWN_WAIT_MS };
/** The emulator's clock and the processes' are read at different moments of one machine. */
const LEAST_WAIT_MS = UNKNOWN_WAIT_MS - 100;
const LANES = 4;

/** Two processes in a row: the heir dies too, while it recovers or makes the one repetition. */
const TWICE: readonly (readonly [KillPointName, KillPointName])[] = [
  ['s2 after', 's2 after'],
  ['s3 after', 's5 after'],
  ['s4 after', 's3 before'],
  ['s4 after', 's4 after'],
  ['s4 halfway', 's7 after'],
  ['s6 before', 's6 after'],
  ['s2 after', 's9 after'],
  ['s7 after', 's9 before'],
  ['s9 before', 's11 before'],
];

const names = Object.keys(KILL_POINTS) as KillPointName[];

function scenarios({ rotates }: RotationMode): readonly (readonly KillPointName[])[] {
  const reached = names.filter((point) => !(rotates && 'isOfClearing' in KILL_POINTS[point]));
  return [...reached.map((point) => [point]), ...TWICE];
}

/** In `npm test` a database has the one mode in which every mistake costs a grant. */
function isRun({ name }: StoreKind, { rotates, reuseCascade }: RotationMode): boolean {
  return IS_LONG || name === 'SQLite' || (rotates && reuseCascade);
}

for (const kind of storeKinds()) {
  for (const mode of ROTATION_MODES.filter((one) => isRun(kind, one))) {
    const kills = repeats(kind) * scenarios(mode).flat().length;
    const heirs = kind.name === 'SQLite' ? '' : ', on the same machine or on another';
    test(`${kind.name}, ${mode.name}: ${kills} SIGKILLs before and after each step; each leaves what it must, and the next process${heirs} makes the best of it`, {
      skip: kind.skip,
    }, async (t) => {
      const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 1_000_000_007);
      const results = await runMatrix(t, kind, mode, seed);
      assert.equal(results.flatMap(({ points }) => points).length, kills);
      for (const line of report(`${kind.name}, ${mode.name}`, mode, seed, results)) t.diagnostic(line);
    });
  }
}

function repeats({ name }: StoreKind): number {
  return name === 'SQLite' ? sized(1, 8) : sized(1, 12);
}

async function runMatrix(t: TestContext, kind: StoreKind, mode: RotationMode, seed: number): Promise<RoundResult[]> {
  const lanes = Array.from({ length: LANES }, (_, index) => `lane-${index}`);
  const emulator = await emulatedMode(t, mode, lanes);
  const place = await kind.place(t);
  const hosts = [...extraHosts(emulator), ...NUMBERED_INSTANCES];
  const { machine } = place;
  await using operator = await openForcemint({
    ...machine('operator'),
    extraHosts: hosts,
    durations: PATIENT,
    renewAhead: false,
    env: {},
  });
  const env = await quickStart(t);
  const setup = { t, mode, emulator, place, operator, durations: DURATIONS, env, leastWaitMs: LEAST_WAIT_MS };
  const rounds = shuffledRounds(kind, mode, seededRandom(seed));
  const runs = await Promise.allSettled(
    lanes.map((name, lane) => new KillLane(setup, name).run(rounds.filter((_, index) => index % LANES === lane))),
  );
  return runs.flatMap((run) => {
    if (run.status === 'rejected') throw new Error(`seed ${seed}: ${String(run.reason)}`, { cause: run.reason });
    return run.value;
  });
}

/** Every scenario as often as it is asked for, by force and on demand in turn, and by heirs here and elsewhere, in an order of the seed's. */
function shuffledRounds(kind: StoreKind, mode: RotationMode, random: () => number): Round[] {
  const rounds = Array.from({ length: repeats(kind) }, (_, repeat) =>
    scenarios(mode).map(
      (points, index): Round => ({
        points,
        by: (repeat + index) % 2 === 0 ? 'get-token' : 'renew',
        heirs: kind.name === 'SQLite' || (Math.floor(repeat / 2) + Math.floor(index / 2)) % 2 === 0 ? 'here' : 'elsewhere',
      }),
    ),
  );
  return rounds
    .flat()
    .map((round) => ({ round, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ round }) => round);
}

function report(what: string, mode: RotationMode, seed: number, results: readonly RoundResult[]): string[] {
  const all = tally(results);
  const kills = results.flatMap(({ points }) => points).length;
  const share = (count: number) => `${count} (${((100 * count) / kills).toFixed(1)} % of kills)`;
  const total =
    `${what}, seed ${seed}: ${kills} kills, 0 violations; outcome unknown ${share(all.unknown)}, ` +
    `grant lost ${share(all.lost)}, given up though nothing left ${share(all.givenUp)}`;
  if (!IS_LONG || !mode.rotates) return [total];
  const rows = scenarios(mode).map((points) => {
    const label = points.join(', then ');
    return { label, ...tally(results.filter((result) => result.points.join(', then ') === label)) };
  });
  const harmed = rows.filter(({ unknown, lost, givenUp }) => unknown + lost + givenUp > 0);
  const harmless = rows.filter((row) => !harmed.includes(row)).map(({ label }) => label);
  const line = (cells: readonly (string | number)[]) =>
    cells.map((cell, column) => (column === 0 ? String(cell).padEnd(25) : String(cell).padStart(9))).join('');
  return [
    total,
    line(['killed', 'rounds', 'unknown', 'lost', 'given up']),
    ...harmed.map(({ label, rounds, unknown, lost, givenUp }) => line([label, rounds, unknown, lost, givenUp])),
    `neither unknown nor lost, nobody needed: ${harmless.join(' · ')}`,
  ];
}

function tally(results: readonly RoundResult[]) {
  return {
    rounds: results.length,
    unknown: results.filter(({ isUnknownMet }) => isUnknownMet).length,
    lost: results.filter(({ fate }) => fate === 'lost').length,
    givenUp: results.filter(({ fate }) => fate === 'given up').length,
  };
}

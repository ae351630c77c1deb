import fc from 'fast-check';
import {
  done,
  hurry,
  often,
  PROCESSES,
  process,
  type Script,
  type ServerKind,
  type Step,
  steps,
  surroundings,
} from './exchange-script.ts';
import type { Weather } from './simulated-salesforce.ts';

/** Longer than an access token lives, in milliseconds. */
const OVER_MS = 7_300_000;

const replicaSteps: readonly fc.WeightedArbitrary<Step>[] = [
  ...steps,
  often(2, fc.record({ do: done('pass'), ms: fc.constantFrom(179_000, 181_000, 301_000, 599_000, 661_000), hurry })),
  often(2, fc.record({ do: done('nap'), process })),
  often(2, fc.record({ do: done('continue'), process, hurry })),
  often(2, fc.record({ do: fc.constantFrom('lose' as const, 'return' as const), process })),
  often(
    2,
    fc.record({ do: done('cut'), commits: fc.array(fc.constantFrom('done' as const, 'undone' as const), { maxLength: 4 }) }),
  ),
  often(1, fc.record({ do: fc.constantFrom('moving' as const, 'moved' as const, 'not-moved' as const) })),
  often(1, fc.constant({ do: 'backup' as const })),
  often(1, fc.record({ do: fc.constantFrom('fail-over' as const, 'restore' as const, 'adopt' as const) })),
];

/**
 * A wall clock that is set back in the very minutes in which its machine sleeps hides the sleep from who counts a lease: nobody sets clocks here, they are
 * true.
 */
const step = fc.oneof(...replicaSteps).map((one): Step => (one.do === 'jump' ? { do: 'pass', ms: 1_000 } : one));

const two = fc.uniqueArray(process, { minLength: 2, maxLength: 2 }).map(([one = 0, other = PROCESSES - 1]) => ({ one, other }));
const calls = fc.integer({ min: 8, max: 30 });
const turns = fc.nat({ max: 30 });

/** A machine stands still for longer than its lease, wherever it is in an exchange, and goes on when another has taken over. */
const standsStill: fc.Arbitrary<Step[]> = fc
  .record({
    two,
    turns,
    how: fc.constantFrom('stop' as const, 'nap' as const),
    what: fc.constantFrom('get' as const, 'update' as const),
  })
  .map(({ two: { one, other }, turns: after, how, what }) => [
    { do: what, process: one, hurry: after },
    { do: how, process: one },
    { do: 'pass', ms: 181_000 },
    { do: 'get', process: other },
    { do: 'pass', ms: 661_000 },
    { do: 'get', process: other, hurry: 16 },
    { do: 'continue', process: one },
    { do: 'get', process: one },
  ]);

/** A machine dies in an exchange and is gone; another waits for it, and takes over; it comes back. */
const isLost: fc.Arbitrary<Step[]> = fc
  .record({
    two,
    calls,
    before: fc.constantFrom<Weather>('fair', 'lost-before'),
    what: fc.constantFrom('get' as const, 'login' as const),
    waits: fc.constantFrom(181_000, 599_000, 661_000),
  })
  .map(({ two: { one, other }, calls: after, before, what, waits }) => [
    { do: 'weather', weather: before },
    { do: 'get', process: one },
    { do: 'pass', ms: OVER_MS },
    { do: 'die', process: one, calls: after },
    { do: what, process: one },
    { do: 'lose', process: one },
    { do: 'pass', ms: waits },
    { do: 'get', process: other },
    { do: 'pass', ms: 121_000 },
    { do: 'get', process: other },
    { do: 'return', process: one },
    { do: 'get', process: one },
  ]);

/** The store goes back by some renewals of some machines. */
const goesBack: fc.Arbitrary<Step[]> = fc
  .record({
    two,
    how: fc.constantFrom('fail-over' as const, 'restore' as const),
    before: fc.array(fc.constantFrom('one' as const, 'other' as const), { maxLength: 3 }),
    hurry,
    isLost: fc.boolean(),
  })
  .map(({ two: machines, how, before, hurry: last, isLost: isGone }): Step[] => {
    const renewals = before.flatMap((who): Step[] => [
      { do: 'get', process: machines[who] },
      { do: 'pass', ms: OVER_MS },
    ]);
    return [
      { do: 'backup' },
      ...renewals,
      { do: 'get', process: machines.one, hurry: last },
      ...(isGone ? [{ do: 'lose', process: machines.one } as const] : []),
      { do: how },
      { do: 'pass', ms: 1_000 },
      { do: 'get', process: machines.other },
      { do: 'pass', ms: 301_000 },
      { do: 'adopt' },
      { do: 'get', process: machines.other },
    ];
  });

/** The one repetition of a request without answer, which dies, too. */
const repeats: fc.Arbitrary<Step[]> = fc.record({ two, calls }).map(({ two: { one, other }, calls: after }) => [
  { do: 'weather', weather: 'lost-before' },
  { do: 'get', process: one },
  { do: 'pass', ms: 121_000 },
  { do: 'die', process: one, calls: after },
  { do: 'get', process: one },
  { do: 'get', process: one, hurry: 0 },
  { do: 'pass', ms: 181_000 },
  { do: 'get', process: other },
]);

const fragments = fc.oneof(
  often(
    16,
    step.map((one) => [one]),
  ),
  often(2, standsStill),
  often(1, isLost),
  often(2, goesBack),
  often(1, repeats),
);

/** Any schedule, and of replicas that come and go, leases that run out, commits that are cut and stores that go back. */
export function replicaScripts(server: fc.Arbitrary<ServerKind>): fc.Arbitrary<Script> {
  return fc.record({
    server,
    replicas: fc.record({ staging: fc.boolean(), returns: fc.boolean() }),
    ...surroundings,
    steps: fc.array(fragments, { minLength: 1, maxLength: 12, size: 'max' }).map((some) => some.flat()),
  });
}

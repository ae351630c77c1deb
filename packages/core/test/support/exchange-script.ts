import fc from 'fast-check';
import type { RotatesSetting } from '../../src/connections/connection.ts';
import type { Weather } from './simulated-salesforce.ts';

/** How the app and its server treat refresh tokens. */
export type ServerKind = 'static' | 'rotating' | 'cascading' | 'grace';

/** One thing that happens. `hurry`: what it began goes on while the next things happen; how many turns are given before, unless all. */
export type Step = (
  | { readonly do: 'get' | 'renew' | 'report' | 'login' | 'stop' | 'continue' | 'kill'; readonly process: number }
  | { readonly do: 'update' | 'remove' | 'revoke'; readonly process: number }
  /** Six calls, one after the other, within a few seconds. */
  | { readonly do: 'insist'; readonly process: number }
  | { readonly do: 'herd'; readonly process: number; readonly callers: number }
  /** A call that comes when the next exchange lock has just been released, `after` microtasks later. */
  | { readonly do: 'gap'; readonly process: number; readonly call: 'get' | 'renew'; readonly after: number }
  | { readonly do: 'die'; readonly process: number; readonly calls: number }
  | { readonly do: 'pass' | 'suspend' | 'jump'; readonly ms: number }
  | { readonly do: 'weather'; readonly weather: Weather; readonly times?: number }
  | { readonly do: 'disk'; readonly store: boolean; readonly spool: boolean }
  /** Somebody ends the grant at Salesforce. */
  | { readonly do: 'end-grant' }
  /** The machine sleeps, and its monotonic clock with it, until it is continued. */
  | { readonly do: 'nap'; readonly process: number }
  | StoreStep
) & { readonly hurry?: number | undefined };

/** What happens only where several machines share a database; each process of a script is then a machine of its own. */
export type StoreStep =
  /** The machine is gone, and its spool with it, until it returns. */
  | { readonly do: 'lose' | 'return'; readonly process: number }
  /** Whether the next commits are done, nobody is told. */
  | { readonly do: 'cut'; readonly commits: readonly ('done' | 'undone')[] }
  /** An operator begins to move the store, or gives that up. */
  | { readonly do: 'moving' | 'moved' | 'not-moved' }
  | { readonly do: 'backup' }
  /** The store is again what it was at the last backup: a standby that lagged was promoted, or the backup came back. */
  | { readonly do: 'fail-over' | 'restore' }
  /** An operator says that the restored store is the one store. */
  | { readonly do: 'adopt' };

const OF_THE_STORE: ReadonlySet<string> = new Set<StoreStep['do']>([
  ...(['lose', 'return', 'cut', 'moving', 'moved', 'not-moved', 'backup', 'fail-over', 'restore', 'adopt'] as const),
]);

export function isOfTheStore(step: Step): step is StoreStep & Step {
  return OF_THE_STORE.has(step.do);
}

export interface Replicas {
  /** Answers are staged in the database, too. */
  readonly staging: boolean;
  /** Machines that are lost come back in the end. */
  readonly returns: boolean;
}

export interface Script {
  readonly server: ServerKind;
  /** Each process is a machine, and the store a database; absent: one machine. */
  readonly replicas?: Replicas;
  readonly rotates: RotatesSetting;
  readonly renewAhead: boolean;
  readonly introspect: boolean;
  /** Of the order in which calls of ports go on; 0: first come, first served. */
  readonly order: number;
  readonly steps: readonly Step[];
}

export const PROCESSES = 3;

export const process = fc.nat({ max: PROCESSES - 1 });
export const hurry = fc.option(fc.nat({ max: 12 }), { nil: undefined, freq: 2 });
const HOUR_MS = 3_600_000;
const FOREIGN: Weather = { tamper: { instance_url: 'https://acme.my.salesforce.com.example' } };

export function often<T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.WeightedArbitrary<T> {
  return { weight, arbitrary };
}

export function done<const T extends string>(name: T): fc.Arbitrary<T> {
  return fc.constant(name);
}

/** What may happen on one machine, and how often. */
export const steps: readonly fc.WeightedArbitrary<Step>[] = [
  often(
    7,
    fc.record({ do: fc.constantFrom('get' as const, 'get' as const, 'renew' as const, 'report' as const), process, hurry }),
  ),
  often(
    7,
    fc.record({
      do: done('pass'),
      ms: fc.constantFrom(10, 400, 6_000, 31_000, 61_000, 119_000, 130_000, 2 * HOUR_MS - 200_000, 2 * HOUR_MS + 100_000),
      hurry,
    }),
  ),
  often(
    6,
    fc.record({
      do: done('weather'),
      weather: fc.constantFrom<Weather>(
        'refused-connection',
        'lost-before',
        'lost-after',
        'lost-after',
        'slow',
        'late',
        'late-after',
        'html',
        'html-after',
        'error-500',
        'error-500-after',
        'busy',
        'rate-limited',
        FOREIGN,
      ),
      times: fc.constantFrom(1, 1, 1, 1, 6),
    }),
  ),
  often(4, fc.record({ do: done('die'), process, calls: fc.integer({ min: 1, max: 30 }) })),
  often(1, fc.record({ do: done('kill'), process, hurry })),
  often(2, fc.record({ do: done('stop'), process })),
  often(2, fc.record({ do: done('continue'), process, hurry })),
  often(2, fc.record({ do: done('disk'), store: fc.boolean(), spool: fc.boolean() })),
  often(2, fc.constant({ do: 'disk' as const, store: true, spool: false })),
  often(
    2,
    fc.record({ do: done('gap'), process, call: fc.constantFrom('get' as const, 'renew' as const), after: fc.nat({ max: 12 }) }),
  ),
  often(1, fc.record({ do: done('insist'), process })),
  often(2, fc.record({ do: done('herd'), process, callers: fc.constantFrom(3, 10), hurry })),
  often(2, fc.record({ do: done('jump'), ms: fc.constantFrom(HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS) })),
  often(1, fc.record({ do: done('suspend'), ms: fc.constantFrom(30_000, HOUR_MS, 10 * HOUR_MS) })),
  often(1, fc.record({ do: done('login'), process, hurry })),
  often(
    1,
    fc.record({
      do: fc.constantFrom('update' as const, 'update' as const, 'revoke' as const, 'remove' as const),
      process,
      hurry,
    }),
  ),
  often(1, fc.constant({ do: 'end-grant' as const })),
];

/** What a script has beside its steps. */
export const surroundings = {
  rotates: fc.constantFrom('auto' as const, 'auto' as const, 'yes' as const),
  renewAhead: fc.nat({ max: 15 }).map((n) => n === 15),
  introspect: fc.boolean(),
  order: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.integer() }),
};

/** Any schedule of calls, faults, deaths and time. */
export function scripts(server: fc.Arbitrary<ServerKind>): fc.Arbitrary<Script> {
  return fc.record({
    server,
    ...surroundings,
    steps: fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 20, size: 'max' }),
  });
}

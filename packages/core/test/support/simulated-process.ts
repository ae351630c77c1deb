import { StoreError, TransportError } from '../../src/errors.ts';
import type { Clock, Http, HttpRequest, HttpResponse } from '../../src/ports.ts';
import type { Interleaving, Owner } from './interleaving.ts';
import { Mortal, type OuterPorts } from './mortal.ts';
import { commitCut } from './replicated.ts';
import type { Machine } from './shared-store.ts';
import { around } from './staged-death.ts';
import type { Witness } from './witness.ts';
import type { Process, World } from './world.ts';

/** A disk that can be full, for the store or for the spool. */
export interface DiskFaults {
  store: boolean;
  spool: boolean;
  /** What becomes of the next commits whose outcome nobody is told. */
  readonly cuts: ('done' | 'undone')[];
}

/**
 * One process of ours in a world where everything takes turns: it can be killed at any call of a port, stopped and continued, and its calls go on in any
 * order with those of others. A witness sees what it does.
 */
export class SimulatedProcess implements Owner {
  readonly mortal: Mortal;
  readonly process: Process;
  stopped = false;
  /** Where it runs, if several machines share the store. */
  readonly machine: Machine | undefined;
  /** Called once, when the next exchange lock is released. */
  onRelease: (() => void) | undefined;
  /** The leases that this process holds, by connection. */
  readonly held = new Map<string, unknown>();
  readonly #world: World;
  readonly #turns: Interleaving;
  readonly #witness: Witness;
  readonly #faults: DiskFaults;

  /** Of the world's clock. */
  wokeAtMs = Number.NEGATIVE_INFINITY;
  #asleepSinceMs: number | undefined;
  #asleepMs = 0;

  constructor(
    world: World,
    turns: Interleaving,
    witness: Witness,
    { faults, renewAhead, machine }: { readonly faults: DiskFaults; readonly renewAhead: boolean; readonly machine?: Machine },
  ) {
    this.machine = machine;
    this.#world = world;
    this.#turns = turns;
    this.#witness = witness;
    this.#faults = faults;
    const died = (): void => {
      witness.died(this);
      machine?.fallsSilent();
    };
    this.mortal = new Mortal(died, { freesLocks: machine === undefined });
    const clock = this.#clock(world.clock);
    const bare = world.process(machine?.portsOf(clock)).ports;
    const outer = this.mortal.ports(this.#seen(bare));
    this.process = world.process({ ...this.#inTurns(outer), clock, replicas: bare.replicas });
    machine?.isHeard();
    if (renewAhead) this.process.renewAhead.start();
  }

  get alive(): boolean {
    return this.mortal.alive;
  }

  /** Stands still from now on, as by SIGSTOP; `asleep`: with its whole machine, whose monotonic clock stands still, too. */
  stop(asleep: boolean): void {
    this.stopped = true;
    if (asleep) this.#asleepSinceMs ??= this.#world.clock.monotonicMs();
    this.machine?.fallsSilent();
  }

  /** Goes on. */
  continue(): void {
    this.stopped = false;
    if (this.#asleepSinceMs !== undefined) {
      this.wokeAtMs = this.#world.clock.monotonicMs();
      this.#asleepMs += this.wokeAtMs - this.#asleepSinceMs;
    }
    this.#asleepSinceMs = undefined;
    if (this.alive) this.machine?.isHeard();
  }

  /** What the machine itself does and sees at each call: the effect, at one instant. */
  #seen({ store, spool, lock, http }: OuterPorts): OuterPorts {
    const witness = this.#witness;
    return {
      http: { request: (request) => this.#request(http, request) },
      store: around(store, (name, proceed) => {
        const writes = typeof name === 'string' && /^(insert|update|delete)/.test(name);
        if (writes && this.#faults.store) return Promise.reject(full('store'));
        const cut = writes ? this.#faults.cuts.shift() : undefined;
        if (cut === 'undone') return Promise.reject(commitCut());
        const result = proceed();
        if (writes) witness.looksAtTheStore(name === 'updateConnection');
        return cut === undefined ? result : Promise.resolve(result).then(() => Promise.reject(commitCut()));
      }),
      spool: {
        reserve: async (id) => {
          if (this.#faults.spool) throw full('spool');
          await spool.reserve(id);
        },
        write: async (answer) => {
          if (this.#faults.spool) throw full('spool');
          await spool.write(answer);
          witness.staged(this);
        },
        read: (id, attempts) => spool.read(id, attempts),
        // What brought a refresh token is to stay: who clears it all the same is judged as if it were still there.
        clear: (id) => spool.clear(id),
        discard: (id) => {
          this.machine?.hasNothing();
          return spool.discard(id);
        },
        entries: () => spool.entries(),
      },
      lock: {
        tryAcquire: async (id, forMs) => {
          const lease = await lock.tryAcquire(id, forMs);
          const holder = this.#world.holderOf(id);
          if (lease === undefined || holder === undefined) return lease;
          this.held.set(id, holder);
          return {
            ...lease,
            release: async () => {
              if (this.held.get(id) === holder) this.held.delete(id);
              await lease.release();
              const { onRelease } = this;
              this.onRelease = undefined;
              onRelease?.();
            },
          };
        },
      },
    };
  }

  /** The request leaves now, unless its deadline passed before it could. */
  async #request(http: Http, request: HttpRequest & { readonly calledAtMs?: number }): Promise<HttpResponse> {
    const { clock } = this.#world;
    const leftMs = (request.calledAtMs ?? this.#awakeMs) + request.deadlineMs - this.#awakeMs;
    if (leftMs <= 0) throw new TransportError('timeout', 'no', 'the deadline passed before the request left');
    const patience = new AbortController();
    const late = clock.sleep(leftMs, patience.signal).then(
      () => Promise.reject(new TransportError('timeout', 'maybe', 'no answer in time')),
      () => new Promise<never>(() => undefined),
    );
    try {
      return await this.#witness.watches(this, request, () => Promise.race([http.request(request), late]));
    } finally {
      patience.abort();
    }
  }

  /** Each call waits for turns before it takes effect, after it, both or neither. */
  #inTurns({ store, spool, lock, http }: OuterPorts): OuterPorts {
    const call = async <T>(proceed: () => T | Promise<T>, isChecked = false): Promise<T> => {
      const manner = this.#turns.choose(4);
      if (!isChecked && (manner % 2 === 0 || this.stopped)) await this.#turns.turn(this);
      try {
        return await proceed();
      } finally {
        if (manner > 1 || this.stopped) await this.#turns.turn(this);
      }
    };
    return {
      // Who looked whether its lease lasts does right then what needs it: a process that is stopped just in between is the exception that
      // no lease can rule out (security.md, G1).
      store: around(store, (name, proceed) => call(proceed, this.machine !== undefined && name === 'updateConnection')),
      spool: around(spool, (_name, proceed) => call(proceed)),
      lock: {
        tryAcquire: (id, forMs) =>
          call(async () => {
            const lease = await lock.tryAcquire(id, forMs);
            return lease && { ...lease, release: () => call(() => lease.release()) };
          }),
      },
      http: {
        request: (request) => {
          const timed = { ...request, calledAtMs: this.#awakeMs };
          return call(() => http.request(timed));
        },
      },
    };
  }

  #clock(clock: Clock): Clock {
    const sleep: Clock['sleep'] = async (durationMs, signal) => {
      await clock.sleep(durationMs, signal);
      await this.#turns.turn(this);
    };
    // Machines do not look at the same instant again and again.
    const rest: Clock['rest'] = (durationMs, signal) => sleep(durationMs + (this.machine?.restsLongerMs ?? 0), signal);
    return { nowMs: () => clock.nowMs(), monotonicMs: () => this.#awakeMs, sleep, rest };
  }

  /** What its monotonic clock shows. */
  get #awakeMs(): number {
    return this.#world.clock.monotonicMs() - this.#asleepMs;
  }
}

function full(what: string): StoreError {
  return new StoreError('store_full', `no space is left for the ${what}`, { retryable: true });
}

import { StoreError, TransportError } from '../../src/errors.ts';
import type { Clock, Http, HttpRequest, HttpResponse } from '../../src/ports.ts';
import type { Interleaving, Owner } from './interleaving.ts';
import { Mortal, type OuterPorts } from './mortal.ts';
import { around } from './staged-death.ts';
import type { Witness } from './witness.ts';
import type { Process, World } from './world.ts';

/** A disk that can be full, for the store or for the spool. */
export interface DiskFaults {
  store: boolean;
  spool: boolean;
}

/**
 * One process of ours in a world where everything takes turns: it can be killed at any call of a port, stopped and continued, and its calls go on in any
 * order with those of others. A witness sees what it does.
 */
export class SimulatedProcess implements Owner {
  readonly mortal: Mortal;
  readonly process: Process;
  stopped = false;
  /** Called once, when the next exchange lock is released. */
  onRelease: (() => void) | undefined;
  /** The leases that this process holds, by connection. */
  readonly held = new Map<string, object>();
  readonly #world: World;
  readonly #turns: Interleaving;
  readonly #witness: Witness;
  readonly #faults: DiskFaults;

  constructor(world: World, turns: Interleaving, witness: Witness, faults: DiskFaults, renewAhead: boolean) {
    this.#world = world;
    this.#turns = turns;
    this.#witness = witness;
    this.#faults = faults;
    this.mortal = new Mortal(() => witness.died(this));
    const bare = world.process().ports;
    const outer = this.mortal.ports(this.#seen(bare));
    this.process = world.process({ ...this.#inTurns(outer), clock: this.#clock(world.clock) });
    if (renewAhead) this.process.renewAhead.start();
  }

  get alive(): boolean {
    return this.mortal.alive;
  }

  /** What the machine itself does and sees at each call: the effect, at one instant. */
  #seen({ store, spool, lock, http }: OuterPorts): OuterPorts {
    const witness = this.#witness;
    return {
      http: { request: (request) => this.#request(http, request) },
      store: around(store, (name, proceed) => {
        const writes = typeof name === 'string' && /^(insert|update|delete)/.test(name);
        if (writes && this.#faults.store) return Promise.reject(full('store'));
        const result = proceed();
        if (writes) witness.looksAtTheStore();
        return result;
      }),
      spool: {
        reserve: async (id) => {
          if (this.#faults.spool) throw full('spool');
          await spool.reserve(id);
        },
        write: async (id, answer) => {
          if (this.#faults.spool) throw full('spool');
          await spool.write(id, answer);
          witness.staged(this);
        },
        read: (id) => spool.read(id),
        clear: (id) => spool.clear(id),
        discard: (id) => spool.discard(id),
      },
      lock: {
        tryAcquire: async (id) => {
          const lease = await lock.tryAcquire(id);
          const holder = this.#world.disk.locks.get(id);
          if (lease === undefined || holder === undefined) return lease;
          this.held.set(id, holder);
          return {
            release: async () => {
              this.held.delete(id);
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
    const leftMs = (request.calledAtMs ?? clock.monotonicMs()) + request.deadlineMs - clock.monotonicMs();
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
    const call = async <T>(proceed: () => T | Promise<T>): Promise<T> => {
      const manner = this.#turns.choose(4);
      if (manner % 2 === 0 || this.stopped) await this.#turns.turn(this);
      try {
        return await proceed();
      } finally {
        if (manner > 1 || this.stopped) await this.#turns.turn(this);
      }
    };
    return {
      store: around(store, (_name, proceed) => call(proceed)),
      spool: around(spool, (_name, proceed) => call(proceed)),
      lock: {
        tryAcquire: (id) =>
          call(async () => {
            const lease = await lock.tryAcquire(id);
            return lease && { release: () => call(() => lease.release()) };
          }),
      },
      http: {
        request: (request) => {
          const timed = { ...request, calledAtMs: this.#world.clock.monotonicMs() };
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
    return { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs(), sleep, rest: sleep };
  }
}

function full(what: string): StoreError {
  return new StoreError('store_full', `no space is left for the ${what}`, { retryable: true });
}

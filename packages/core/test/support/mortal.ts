import type { ExchangeLock, Http, Spool, TokenStore } from '../../src/ports.ts';
import type { ExchangePorts } from '../../src/tokens/exchange-ports.ts';

const NEVER = new Promise<never>(() => undefined);

/** The ports through which a process touches what outlives it. */
export type OuterPorts = Pick<ExchangePorts, 'store' | 'spool' | 'lock' | 'http'>;

/**
 * The ports of a process that can be killed: from the moment of its death none of its calls goes out or comes back, and the kernel frees its locks. What it
 * had sent goes on at the other end, as with SIGKILL.
 */
export class Mortal {
  #alive = true;
  #callsLeft = Number.POSITIVE_INFINITY;
  readonly #leases = new Set<() => Promise<void>>();
  readonly #onDeath: () => void;
  readonly #freesLocks: boolean;

  /** @param options `freesLocks`: as the kernel does; leases of a database run out by themselves */
  constructor(onDeath: () => void = () => undefined, options: { readonly freesLocks: boolean } = { freesLocks: true }) {
    this.#onDeath = onDeath;
    this.#freesLocks = options.freesLocks;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Dies around its `calls / 2`-th call of a port from now: odd numbers before the call takes effect, even ones after. */
  dieAtCall(calls: number): void {
    this.#callsLeft = calls / 2;
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    if (this.#freesLocks) for (const release of this.#leases) void release();
    this.#onDeath();
  }

  ports(ports: OuterPorts): OuterPorts {
    const lock: ExchangeLock = {
      tryAcquire: async (id, forMs) => {
        const lease = await this.#call(async () => {
          const acquired = await ports.lock.tryAcquire(id, forMs);
          if (acquired === undefined) return undefined;
          this.#leases.add(acquired.release);
          if (!this.#alive && this.#freesLocks) void acquired.release();
          return acquired;
        });
        return lease && { ...lease, release: () => this.#call(() => lease.release()) };
      },
    };
    return {
      lock,
      store: this.#wrap<TokenStore>(ports.store),
      spool: this.#wrap<Spool>(ports.spool),
      http: this.#wrap<Http>(ports.http),
    };
  }

  #wrap<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        return typeof member === 'function' ? (...input: unknown[]) => this.#call(() => member.apply(target, input)) : member;
      },
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#alive) return NEVER;
    this.#callsLeft -= 1;
    if (this.#callsLeft === -0.5) {
      this.kill();
      return NEVER;
    }
    const result = work();
    if (this.#callsLeft === 0) this.kill();
    const value = await result;
    return this.#alive ? value : NEVER;
  }
}

import type { ExchangePorts } from '@forcemint/core';
import type { ExchangeLease } from '@forcemint/core/ports';
import type { KillPointName } from './kill-points.ts';
import { watchSockets } from './mortal-sockets.ts';

/** Ends this process by SIGKILL, and by nothing gentler, at the kill point it is told; or stops it there, once. */
export class Death {
  #at: KillPointName | undefined;
  #by: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL';
  readonly #passed = new Set<KillPointName>();

  constructor() {
    watchSockets(
      (point) => this.reach(point),
      () => this.#at,
    );
  }

  appoint(point: KillPointName, by: 'SIGKILL' | 'SIGSTOP'): void {
    this.#at = point;
    this.#by = by;
    this.#passed.clear();
  }

  reach(point: KillPointName): void {
    this.#passed.add(point);
    if (this.#at !== point) return;
    this.#at = undefined;
    process.kill(process.pid, this.#by);
  }

  /** Whether this process has been at that point since `appoint`. */
  hasPassed(point: KillPointName): boolean {
    return this.#passed.has(point);
  }
}

/** The same ports, with the kill points of `kill-points.ts` in them. Those of s3 to s6 lie in the sockets; s5 is the server's. */
export function mortalPorts(ports: ExchangePorts, death: Death): ExchangePorts {
  const { store, lock, http, spool, seal } = ports;
  return {
    ...ports,
    store: withMethods(store, {
      async changeMarks() {
        death.reach('s0 before');
        return store.changeMarks();
      },
      async getConnection(name) {
        death.reach('s0 before');
        return store.getConnection(name);
      },
      async getRow(name) {
        death.reach('s0 before');
        const found = await store.getRow(name);
        death.reach('s0 after');
        return found;
      },
      async getToken(connectionId) {
        const row = await store.getToken(connectionId);
        death.reach('s0 after');
        return row;
      },
      async updateToken(row, expectedRevision, events, options) {
        const isIntent = row.exchange.phase === 'intent';
        const isAcceptance = events.some(({ type }) => type === 'renewed' || type === 'adopted');
        if (isIntent) death.reach('s2 before');
        if (isAcceptance) death.reach('s9 before');
        const isDone = await store.updateToken(row, expectedRevision, events, options);
        if (isIntent && isDone) death.reach('s2 after');
        if (isAcceptance && isDone) death.reach('s9 after');
        return isDone;
      },
    }),
    lock: withMethods(lock, {
      async tryAcquire(connectionId, forMs) {
        death.reach('s1 before');
        const lease = await lock.tryAcquire(connectionId, forMs);
        if (lease !== undefined) death.reach('s1 after');
        return lease && mortalLease(lease, death);
      },
    }),
    http: withMethods(http, {
      async request(request) {
        const answer = await http.request(request);
        death.reach('s6 after');
        return answer;
      },
    }),
    spool: withMethods(spool, {
      async write(answer) {
        death.reach('s7 before');
        await spool.write(answer);
        death.reach('s7 after');
        // The answer is parsed behind this, with nothing between that could be watched.
        queueMicrotask(() => death.reach('s8 before'));
      },
      async clear(connectionId) {
        // What an earlier process left is cleared at the start.
        if (death.hasPassed('s9 after')) death.reach('s10 before');
        await spool.clear(connectionId);
      },
    }),
    seal: withMethods(seal, {
      seal(place, plaintext) {
        if (death.hasPassed('s8 before')) death.reach('s8 after');
        return seal.seal(place, plaintext);
      },
    }),
  };
}

function mortalLease(lease: ExchangeLease, death: Death): ExchangeLease {
  return {
    ...(lease.id !== undefined && { id: lease.id }),
    condition: lease.condition,
    remainingMs: () => lease.remainingMs(),
    async release() {
      death.reach('s11 before');
      await lease.release();
      death.reach('s11 after');
    },
  };
}

/** `target` with some of its methods replaced; the others run on it as before. */
function withMethods<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_target, key) {
      const own: unknown = Reflect.get(methods, key);
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

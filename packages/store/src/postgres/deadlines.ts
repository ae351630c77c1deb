import type { Clock } from '@forcemint/core/ports';
import { ConnectionCut } from './postgres-errors.ts';

interface Waiting {
  readonly untilMs: number;
  readonly waitMs: number;
  readonly giveUp: (error: ConnectionCut) => void;
}

/** Longest and shortest time between two looks at what is late, in milliseconds. */
const LONGEST_LOOK_MS = 500;
const SHORTEST_LOOK_MS = 10;
/** As long as a timer can be. */
const HOLDING_MS = 2 ** 31 - 1;

/** Bounds waits by a clock, with one timer for all of them: a timer for each statement costs as much as sending it. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  /** Holds the process while anybody waits: connections that are idle, or are being closed, do not. */
  readonly #holding = setInterval(() => undefined, HOLDING_MS).unref();
  #isLooking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What `doing` brings. @throws ConnectionCut when that takes longer than `waitMs`, by up to half a second */
  within<T>(waitMs: number, doing: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { untilMs: this.#clock.monotonicMs() + waitMs, waitMs, giveUp: reject };
      if (this.#waiting.add(waiting).size === 1) this.#holding.ref();
      doing.then(
        (value) => {
          this.#ends(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#ends(waiting);
          reject(error);
        },
      );
      this.#look();
    });
  }

  #ends(waiting: Waiting): void {
    if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#holding.unref();
  }

  /** Looks for as long as anybody waits. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const shortest = Math.min(...[...this.#waiting].map(({ waitMs }) => waitMs));
    const everyMs = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, shortest / 4));
    void this.#clock.rest(everyMs).then(() => {
      this.#isLooking = false;
      const nowMs = this.#clock.monotonicMs();
      for (const waiting of this.#waiting) {
        if (waiting.untilMs > nowMs) continue;
        this.#ends(waiting);
        waiting.giveUp(new ConnectionCut(`no answer within ${waiting.waitMs} ms`));
      }
      if (this.#waiting.size > 0) this.#look();
    });
  }
}

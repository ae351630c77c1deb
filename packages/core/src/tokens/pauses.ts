import { AuthError } from '../errors.ts';
import type { Clock } from '../ports.ts';

const FIRST_PAUSE_MS = 30_000;
const FIRST_PAUSE_WITHOUT_HOPE_MS = 300_000;
const LONGEST_PAUSE_MS = 3_600_000;

interface Pause {
  /** On the monotonic clock. */
  readonly untilMs: number;
  /** What the pause after the next failure doubles. */
  readonly lengthMs: number;
}

/** Who failed is left alone for a while, longer each time; what waits for an instant is left alone until then. */
export class Pauses {
  readonly #clock: Clock;
  readonly #pauses = new Map<string, Pause>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#pauses.size;
  }

  has(name: string): boolean {
    const pause = this.#pauses.get(name);
    if (pause === undefined) return false;
    const overMs = this.#clock.monotonicMs() - pause.untilMs;
    // One that is long over is forgotten, with its length.
    if (overMs > LONGEST_PAUSE_MS) this.#pauses.delete(name);
    return overMs < 0;
  }

  clear(name: string): void {
    const pause = this.#pauses.get(name);
    if (pause !== undefined && pause.untilMs <= this.#clock.monotonicMs()) this.#pauses.delete(name);
  }

  /** @param untilMs epoch milliseconds */
  until(name: string, untilMs: number): void {
    this.#pauses.set(name, { untilMs: this.#monotonic(untilMs), lengthMs: 0 });
  }

  after(name: string, error: unknown): void {
    const retryable = error instanceof AuthError && error.retryable;
    const first = retryable ? FIRST_PAUSE_MS : FIRST_PAUSE_WITHOUT_HOPE_MS;
    const lengthMs = Math.min(Math.max((this.#pauses.get(name)?.lengthMs ?? 0) * 2, first), LONGEST_PAUSE_MS);
    const nowMs = this.#clock.monotonicMs();
    const retryAtMs = error instanceof AuthError && error.retryAt !== undefined ? this.#monotonic(error.retryAt * 1000) : nowMs;
    this.#pauses.set(name, { untilMs: retryAtMs > nowMs ? retryAtMs : nowMs + lengthMs, lengthMs });
  }

  /** An instant of the wall clock on the one that is never set. */
  #monotonic(epochMs: number): number {
    return this.#clock.monotonicMs() + epochMs - this.#clock.nowMs();
  }
}

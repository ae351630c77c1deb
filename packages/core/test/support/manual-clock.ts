import type { Clock } from '../../src/ports.ts';

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  #wallOffsetMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Sets the wall clock wrong by `offsetMs`. */
  skew(offsetMs: number): void {
    this.#wallOffsetMs = offsetMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        if (this.#timers.delete(timer)) reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const timer: Timer = { atMs: this.#nowMs + durationMs, wake };
      this.#timers.add(timer);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  rest(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.sleep(durationMs, signal);
  }

  /** The wall clock jumps; nothing else moves. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** In how many milliseconds the next sleeper wakes; `undefined`: nobody sleeps. */
  nextWakeInMs(): number | undefined {
    const next = this.#next();
    return next && Math.max(0, next.atMs - this.#nowMs);
  }

  /** Moves time forward; who sleeps until then wakes in order. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) this.#wake(next);
    this.#nowMs = untilMs;
  }

  /** Lets work run until `promise` is settled, moving time to the next sleeper whenever nothing else can happen. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    for (let turns = 0; !settled; turns += 1) {
      for (let i = 0; i < 5 && !settled; i += 1) await new Promise((resolve) => setImmediate(resolve));
      const next = this.#next();
      if (!settled && next !== undefined) this.#wake(next);
      if (turns > 100_000) throw new Error('nothing settles');
    }
    return promise;
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.atMs < first.atMs) first = timer;
    return first;
  }

  #wake(timer: Timer): void {
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.wake();
  }
}

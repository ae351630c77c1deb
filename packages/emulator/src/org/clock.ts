/** The emulator's clock: one from outside, set forward by tests. It never runs backwards by itself. */
export class Clock {
  readonly #source: () => number;
  #advancedMs = 0;

  constructor(source: () => number = Date.now) {
    this.#source = source;
  }

  /** Whole epoch milliseconds. */
  now(): number {
    return Math.floor(this.#source() + this.#advancedMs);
  }

  /** Back to the time of the source. */
  reset(): void {
    this.#advancedMs = 0;
  }

  advance(seconds: number): void {
    this.#advancedMs += seconds * 1000;
  }
}

import { AuthError } from '@forcemint/core/errors';
import type { Clock } from '@forcemint/core/ports';

/** Between two signs of life, in milliseconds; an answer of a replica that gave none for 10 minutes is not waited for any more. */
const BEAT_MS = 10_000;
const HOUR_MS = 3_600_000;

export interface UpkeepWork {
  /** What is done every hour. */
  hourly(): Promise<void>;
  /** Tells the other replicas that this one lives; absent where there are none. */
  readonly beat?: () => Promise<void>;
}

/** What a process does for its store for as long as it is open; does not keep the process alive. */
export class Upkeep {
  readonly #clock: Clock;
  readonly #work: UpkeepWork;
  readonly #warn: (text: string) => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #told: string | undefined;

  constructor(clock: Clock, work: UpkeepWork, warn: (text: string) => void) {
    this.#clock = clock;
    this.#work = work;
    this.#warn = warn;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { beat } = this.#work;
    let doneAtMs = this.#clock.monotonicMs();
    for (;;) {
      await this.#clock.rest(beat === undefined ? HOUR_MS : BEAT_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#try(async () => {
        await beat?.();
        if (this.#clock.monotonicMs() - doneAtMs < HOUR_MS) return;
        await this.#work.hourly();
        doneAtMs = this.#clock.monotonicMs();
      });
    }
  }

  /** What fails is tried again the next time; a reason is told once. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#told = undefined;
    } catch (error) {
      const why = error instanceof AuthError ? error.message : `unexpected ${error instanceof Error ? error.name : typeof error}`;
      if (this.#told !== why) this.#warn(`the store could not be told that this replica lives: ${why}`);
      this.#told = why;
    }
  }
}

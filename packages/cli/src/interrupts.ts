import { constants } from 'node:os';

/** Ctrl-C, or another signal that asks to end, was obeyed. */
export class Interrupted extends Error {
  readonly code = 'interrupted';
  /** 128 and the signal's number, as a shell says it. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.name = 'Interrupted';
    this.exitCode = signalExitCode(signal);
  }
}

/** 128 and the signal's number. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}

/** What of a process the interrupts need. */
export interface SignalProcess {
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): never;
}

/** What is said when a signal meets work that must not be cut short: to the first one, and to the one that cuts it short all the same. */
export interface AtStake {
  readonly finishing: string;
  readonly stopped: string;
}

const EXCHANGE: AtStake = {
  finishing: 'finishing the exchange so that no refresh token is lost; press Ctrl-C again to stop now',
  stopped: 'stopped in the middle of an exchange; the next renewal finds out what became of it',
};

export const HANDING_OVER: AtStake = {
  finishing: 'finishing the hand-over, so that the refresh token is in one place; press Ctrl-C again to stop now',
  stopped: 'stopped in the middle of a hand-over; nothing is lost: run it again, it says what to do with the file that it left',
};

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A terminal and a package manager may both deliver the same Ctrl-C. */
const SAME_KEYPRESS_MS = 250;

/**
 * What happens on Ctrl-C. With nothing at stake the process ends at once; during an exchange the first one waits for it, so that no refresh token is
 * lost, and the second ends the process; who has something to clear away is told by `signal`.
 */
export class Interrupts {
  readonly #process: SignalProcess;
  readonly #say: (text: string) => void;
  readonly #nowMs: () => number;
  readonly #controller = new AbortController();
  readonly #atStake: AtStake[] = [];
  #clearing = 0;
  #received: { readonly signal: NodeJS.Signals; readonly atMs: number } | undefined;
  #forward: ((signal: NodeJS.Signals) => void) | undefined;

  /**
   * @param say tells the person
   * @param nowMs a clock that never goes back
   */
  constructor(process: SignalProcess, say: (text: string) => void, nowMs: () => number = () => performance.now()) {
    this.#process = process;
    this.#say = say;
    this.#nowMs = nowMs;
  }

  listen(): void {
    for (const signal of SIGNALS) this.#process.on(signal, () => this.#receive(signal));
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Work that must not be cut short, because a token could be lost.
   * @throws Interrupted when a signal came meanwhile, after the work has settled
   */
  async protect<T>(work: () => Promise<T>): Promise<T> {
    this.throwIfInterrupted();
    const settled = await this.atStake(work).then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    this.throwIfInterrupted();
    return settled();
  }

  /** The same, but a signal only delays: whoever calls this goes on as if none had come. */
  async atStake<T>(work: () => Promise<T>, what: AtStake = EXCHANGE): Promise<T> {
    this.#atStake.push(what);
    try {
      return await work();
    } finally {
      this.#atStake.splice(this.#atStake.indexOf(what), 1);
    }
  }

  /** Work that watches `signal` and leaves something to clear away: the process is not ended under it. */
  async clearingAway<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.throwIfInterrupted();
    this.#clearing += 1;
    try {
      return await work(this.signal);
    } finally {
      this.#clearing -= 1;
    }
  }

  /** While `work` runs, signals are handed on instead. */
  async forwarding<T>(forward: (signal: NodeJS.Signals) => void, work: () => Promise<T>): Promise<T> {
    this.#forward = forward;
    try {
      return await work();
    } finally {
      this.#forward = undefined;
    }
  }

  /** @throws Interrupted */
  throwIfInterrupted(): void {
    if (this.#received !== undefined) throw new Interrupted(this.#received.signal);
  }

  #receive(signal: NodeJS.Signals): void {
    if (this.#forward !== undefined) {
      this.#forward(signal);
      return;
    }
    const atMs = this.#nowMs();
    const atStake = this.#atStake.at(-1);
    if (this.#received !== undefined) {
      if (atMs - this.#received.atMs < SAME_KEYPRESS_MS) return;
      // A terminal that goes says so more than once, and nobody sits there any more who could insist.
      if (signal === 'SIGHUP' && atStake !== undefined) return;
      if (atStake !== undefined) this.#say(atStake.stopped);
      this.#process.exit(signalExitCode(signal));
    }
    this.#received = { signal, atMs };
    this.#controller.abort(new Interrupted(signal));
    if (atStake !== undefined) {
      this.#say(atStake.finishing);
    } else if (this.#clearing === 0) {
      this.#process.exit(signalExitCode(signal));
    }
  }
}

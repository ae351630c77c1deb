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
  #atStake = 0;
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
  async atStake<T>(work: () => Promise<T>): Promise<T> {
    this.#atStake += 1;
    try {
      return await work();
    } finally {
      this.#atStake -= 1;
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
    if (this.#received !== undefined) {
      if (atMs - this.#received.atMs < SAME_KEYPRESS_MS) return;
      if (this.#atStake > 0) this.#say('stopped in the middle of an exchange; the next renewal finds out what became of it');
      this.#process.exit(signalExitCode(signal));
    }
    this.#received = { signal, atMs };
    this.#controller.abort(new Interrupted(signal));
    if (this.#atStake > 0) {
      this.#say('finishing the exchange so that no refresh token is lost; press Ctrl-C again to stop now');
    } else if (this.#clearing === 0) {
      this.#process.exit(signalExitCode(signal));
    }
  }
}

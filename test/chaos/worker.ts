import { setTimeout as sleep } from 'node:timers/promises';
import type { Durations } from '@forcemint/core';
import { ForcemintProcess, ToldFailure } from '../support/forcemint-process.ts';
import type { ChaosConnection } from './connection.ts';
import type { WorkerState, WorkerView } from './report.ts';

/** Between two renewals of one connection by one worker; at most so many milliseconds. */
const REST_MS = 400;

export interface WorkerSettings {
  readonly home: string;
  readonly extraHosts: readonly string[];
  readonly durations: Partial<Durations>;
  readonly connections: readonly ChaosConnection[];
  readonly random: () => number;
  /** Told what went wrong beside the killing. */
  readonly broken: (text: string) => void;
}

/** A place for a process that renews all connections without end: when one was killed, the next takes it. */
export class Worker {
  readonly number: number;
  readonly #settings: WorkerSettings;
  #process: ForcemintProcess | undefined;
  #state: WorkerState = 'killed';

  constructor(number: number, settings: WorkerSettings) {
    this.number = number;
    this.#settings = settings;
  }

  get view(): WorkerView {
    return { worker: this.number, pid: this.#process?.process.pid, state: this.#state };
  }

  async start(): Promise<void> {
    const { home, extraHosts, durations, connections } = this.#settings;
    this.#state = 'starting';
    const started = await ForcemintProcess.start({ after: () => undefined }, { isDetached: true });
    this.#process = started;
    started.ended.then((how) => this.#ended(started, how));
    await started.ask({ do: 'open', home, extraHosts, durations });
    this.#state = 'renewing';
    for (const connection of connections) {
      this.#keepRenewing(started, connection).catch((error: unknown) => this.#settings.broken(String(error)));
    }
  }

  #ended(process: ForcemintProcess, how: number | NodeJS.Signals | null): void {
    if (process !== this.#process || this.#state === 'killed') return;
    this.#settings.broken(`worker ${this.number} ended by itself (${how}): ${process.output}`);
  }

  async #keepRenewing(process: ForcemintProcess, connection: ChaosConnection): Promise<void> {
    const { name } = connection;
    while (process === this.#process) {
      try {
        await process.ask({ do: 'renew', name });
      } catch (error) {
        if (!(error instanceof ToldFailure)) return;
        if (error.told.name === 'ReauthorizationRequired') await connection.authorizeAgain();
        else if (error.told.retryable !== true) {
          this.#settings.broken(`${name}: worker ${this.number} got ${error.message}`);
          return;
        }
      }
      await sleep(this.#settings.random() * REST_MS);
    }
  }

  async kill(): Promise<void> {
    this.#state = 'killed';
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** SIGSTOP for so long. */
  async stop(durationMs: number, signal: AbortSignal): Promise<void> {
    this.#state = 'stopped';
    this.#process?.process.kill('SIGSTOP');
    await sleep(durationMs, undefined, { signal }).catch(() => undefined);
  }

  continue(): void {
    this.#process?.process.kill('SIGCONT');
    this.#state = 'renewing';
  }

  /** Ends its process without waiting for that: for an exit in a hurry. One that only starts ends with its channel. */
  abandon(): void {
    this.#state = 'killed';
    this.#process?.process.kill('SIGKILL');
  }
}

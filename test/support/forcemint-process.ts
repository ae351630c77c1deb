import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Command, Outcomes, Reply, Settled, ToldError } from './commands.ts';

/** The program that the processes run. */
export const FORCEMINT_CHILD = new URL('./forcemint.child.ts', import.meta.url).pathname;

/** What a Forcemint process answered with instead of a value. */
export class ToldFailure extends Error {
  readonly told: ToldError;

  constructor(told: ToldError) {
    super(`${told.name} ${told.code}: ${told.message}`);
    this.name = 'ToldFailure';
    this.told = told;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A Forcemint in a process of its own. Killed at the latest when the test ends. */
export class ForcemintProcess {
  readonly process: ChildProcess;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #eventWaiters: { readonly event: string; readonly resolve: () => void }[] = [];
  readonly #seen = new Map<string, number>();
  #lastId = 0;
  #output = '';

  private constructor(process: ChildProcess) {
    this.process = process;
    process.on('message', (reply: Reply) => this.#take(reply));
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.ended = once(process, 'close').then(([code, signal]) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process ended (${signal ?? code}): ${this.#output}`));
      this.#waiting.clear();
      return signal ?? code;
    });
  }

  /**
   * @param options.wrapper a command that runs the process, e.g. in a mount namespace of its own
   * @param options.isDetached in a process group of its own, which Ctrl-C in a terminal does not reach
   */
  static async start(
    t: Pick<TestContext, 'after'>,
    options: { readonly wrapper?: readonly string[]; readonly env?: NodeJS.ProcessEnv; readonly isDetached?: boolean } = {},
  ): Promise<ForcemintProcess> {
    const [command = '', ...args] = [...(options.wrapper ?? []), process.execPath, '--conditions=source', FORCEMINT_CHILD];
    const spawned = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: options.isDetached === true,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env },
    });
    const child = new ForcemintProcess(spawned);
    t.after(() => child.kill());
    await Promise.race([child.event('ready'), child.ended.then(() => Promise.reject(new Error(child.#output)))]);
    return child;
  }

  /** Everything it wrote to stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  /** @throws ToldFailure */
  ask(command: Command): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.send({ id, command }, (error) => {
        if (error !== null && this.#waiting.delete(id)) reject(error);
      });
    });
  }

  async getTokens(name: string, callers = 1): Promise<Outcomes> {
    return (await this.ask({ do: 'get-token', name, callers })) as Outcomes;
  }

  async settle(name: string, by: 'get-token' | 'renew', callers = 1): Promise<Settled> {
    return (await this.ask({ do: 'settle', name, by, callers })) as Settled;
  }

  /** What one call of this kind fails with. */
  async failure(command: Command): Promise<ToldError> {
    try {
      await this.ask(command);
    } catch (error) {
      if (error instanceof ToldFailure) return error.told;
      throw error;
    }
    throw new Error(`${command.do} should have failed`);
  }

  /** Resolves with the next event of this name, or at once if one came that nobody waited for. */
  event(event: string): Promise<void> {
    const seen = this.#seen.get(event) ?? 0;
    if (seen > 0) {
      this.#seen.set(event, seen - 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#eventWaiters.push({ event, resolve }));
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.process.kill(signal);
    await this.ended;
  }

  #take(reply: Reply): void {
    if ('event' in reply) {
      const index = this.#eventWaiters.findIndex(({ event }) => event === reply.event);
      const [waiter] = index < 0 ? [] : this.#eventWaiters.splice(index, 1);
      if (waiter === undefined) this.#seen.set(reply.event, (this.#seen.get(reply.event) ?? 0) + 1);
      else waiter.resolve();
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new ToldFailure(reply.error));
    else waiting?.resolve(reply.value);
  }
}

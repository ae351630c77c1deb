import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, temporaryHome } from '../../support/temporary-home.ts';
import type { CoreCommand, CoreReply, CoreRequest } from './core-command.ts';

const CHILD = new URL('./core.child.ts', import.meta.url).pathname;
const PRELOAD = new URL('./loopback-only.ts', import.meta.url).href;

/** What @salesforce/core rejected with. */
export class CoreFailure extends Error {
  readonly code: string | undefined;

  constructor({ name, message, code }: NonNullable<CoreReply['error']>) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

export interface CoreOptions {
  /** Default: an empty one that goes with the test. Give that of another process to share what it stored. */
  readonly home?: string;
  /** Where the web login listens for the callback. */
  readonly callbackPort?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * @salesforce/core in a process of its own, with a home of its own. It can reach nothing but loopback: after a refusal the
 * library goes on at Salesforce's own login hosts. Killed at the latest when the test ends.
 */
export class CoreProcess {
  readonly home: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #output = '';
  #lastId = 0;

  constructor(t: Ending, options: CoreOptions = {}) {
    // Before the home is made: it goes in the same order, and nobody may write there any more.
    t.after(() => this.#end());
    this.home = options.home ?? temporaryHome(t);
    const project = join(this.home, 'project');
    mkdirSync(join(project, 'force-app'), { recursive: true });
    const oauthLocalPort = options.callbackPort === undefined ? {} : { oauthLocalPort: options.callbackPort };
    const settings = { packageDirectories: [{ path: 'force-app', default: true }], ...oauthLocalPort };
    writeFileSync(join(project, 'sfdx-project.json'), JSON.stringify(settings));
    this.#process = spawn(process.execPath, ['--import', PRELOAD, CHILD], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        HOME: this.home,
        SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
        SF_DISABLE_LOG_FILE: 'true',
        SF_DISABLE_TELEMETRY: 'true',
        ...options.env,
      },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#process.on('message', (reply: CoreReply) => this.#take(reply));
    this.#ended = once(this.#process, 'close').then(([code, signal]) => {
      const error = new Error(`the process ended (${signal ?? code}): ${this.#output}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  /** @throws CoreFailure */
  ask(command: CoreCommand): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, command } satisfies CoreRequest, (error) => {
        if (error !== null) reject(new Error(`${error.message}: ${this.#output}`));
      });
    });
  }

  async failure(command: CoreCommand): Promise<CoreFailure> {
    const error = await this.ask(command).then(
      (value) => new Error(`should have failed: ${JSON.stringify(value)}`),
      (reason: unknown) => reason,
    );
    if (error instanceof CoreFailure) return error;
    throw error;
  }

  #end(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.#ended;
  }

  #take({ id, value, error }: CoreReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new CoreFailure(error));
  }
}

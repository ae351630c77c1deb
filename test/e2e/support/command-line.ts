import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Emulator, type EmulatorOptions, type ReadyApp } from '@forcemint/emulator';
import { type Forcemint, openForcemint } from '@forcemint/node';
import { bundledCli } from '../../support/bundled-cli.ts';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** On top of the world's; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  /** Where stdout goes instead of a pipe: a descriptor. */
  readonly stdout?: number;
}

/** A forcemint process that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with everything written so far once `pattern` is in it. Rejects when the process ends without. */
  seen(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string>;
}

/** An emulator, an empty home, and forcemint as real processes between them. */
export class World implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly folder: string;
  readonly home: string;
  readonly #entry: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(entry: string, emulator: Emulator, folder: string) {
    this.#entry = entry;
    this.emulator = emulator;
    this.folder = folder;
    this.home = join(folder, 'home');
  }

  static async make(options: EmulatorOptions = {}): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'forcemint-e2e-'));
    return new World(await bundledCli(), await createEmulator(options), folder);
  }

  get env(): Record<string, string | undefined> {
    const { loginUrl, myDomainUrl, ready } = this.emulator;
    return {
      PATH: process.env.PATH,
      HOME: join(this.folder, 'nobody-home'),
      FORCEMINT_HOME: this.home,
      FORCEMINT_EXTRA_HOSTS: `${loginUrl},${myDomainUrl}`,
      ...(ready.caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: ready.caFile }),
    };
  }

  app(name: string): ReadyApp {
    const app = this.emulator.ready.apps[name];
    if (app === undefined) throw new Error(`the emulator has no app ${name}`);
    return app;
  }

  start(args: readonly string[], options: RunOptions = {}): Running {
    const running = this.startTyping(args, options);
    running.child.stdin?.end(options.stdin ?? '');
    return running;
  }

  /** The same, with stdin left open. */
  startTyping(args: readonly string[], options: RunOptions = {}): Running {
    const child = spawn(process.execPath, [this.#entry, ...args], {
      env: { ...this.env, ...options.env },
      stdio: ['pipe', options.stdout ?? 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    this.#running.add(child);
    const text = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text.stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text.stderr += chunk;
    });
    child.stdin?.on('error', () => undefined);
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#running.delete(child);
        resolve({ code, signal, ...text });
      });
    });
    const seen = (stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(text[stream])) resolve(text[stream]);
        };
        child[stream]?.on('data', look);
        look();
        finished.then(
          (end) => reject(new Error(`forcemint ended with ${end.code}; ${pattern} never came:\n${end.stdout}\n${end.stderr}`)),
          reject,
        );
      });
    return { child, finished, seen };
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** Runs what must succeed. @returns stdout */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`forcemint ${args.join(' ')} ended with ${code}:\n${stderr}`);
    return stdout;
  }

  async json(args: readonly string[], options: RunOptions = {}): Promise<Record<string, unknown>> {
    return JSON.parse(await this.ok([...args, '--json'], options));
  }

  /** A file that only its owner can read. */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    await chmod(path, 0o600);
    return path;
  }

  /** The same store, or that of another home, from this process. */
  open(home?: string): Promise<Forcemint> {
    const { FORCEMINT_EXTRA_HOSTS, FORCEMINT_HOME } = this.env;
    return openForcemint({ env: { FORCEMINT_HOME: home ?? FORCEMINT_HOME, FORCEMINT_EXTRA_HOSTS }, renewAhead: false });
  }

  connectJwt(name: string, ...more: readonly string[]): string[] {
    const { clientId, username = '', privateKeyFile = '' } = this.app('jwt');
    const flags = ['--login-url', this.emulator.loginUrl, '--client-id', clientId, '--username', username];
    return ['connect', name, '--grant', 'jwt-bearer', ...flags, '--private-key-file', privateKeyFile, ...more];
  }

  /** The secret comes on stdin. */
  connectClient(name: string, ...more: readonly string[]): string[] {
    const flags = ['--login-url', this.emulator.myDomainUrl, '--client-id', this.app('clientCredentials').clientId];
    return ['connect', name, '--grant', 'client-credentials', ...flags, '--client-secret-file', '-', ...more];
  }

  get clientSecret(): string {
    return this.app('clientCredentials').clientSecret ?? '';
  }

  /** The refresh token, of an app that rotates, comes on stdin. */
  connectRotating(name: string, ...more: readonly string[]): string[] {
    const flags = ['--login-url', this.emulator.loginUrl, '--client-id', this.app('rotating').clientId];
    return ['connect', name, '--grant', 'refresh-token', ...flags, '--refresh-token-file', '-', ...more];
  }

  connectLogin(name: string, ...more: readonly string[]): string[] {
    const flags = ['--login-url', this.emulator.loginUrl, '--client-id', this.app('rotating').clientId];
    return ['connect', name, '--grant', 'authorization-code', ...flags, ...more];
  }

  rotatingToken(): string {
    const { username = '' } = this.app('rotating');
    return this.emulator.grant({ app: 'rotating', user: username })[0] ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await this.emulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

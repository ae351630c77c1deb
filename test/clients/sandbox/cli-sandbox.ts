import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createEmulator, type Emulator, type EmulatorOptions, type ReadyApp, type ReadyUser } from '@forcemint/emulator';
import { LATEST_API_VERSION } from '@forcemint/emulator/rest/versions';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { SALESFORCE_CLI } from '../install/client-package.ts';
import { installClient } from '../install/install-client.ts';
import { GuardRecord } from './guard-record.ts';
import { requestLine } from './request-line.ts';

const END_AFTER_MS = 90_000;
const BROWSERS = ['xdg-open', 'open'];

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** A command that has ended. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What reached the emulator meanwhile, in order; see {@link requestLine}. */
  readonly requests: readonly string[];
}

/** What a command says with `--json`. */
export interface JsonAnswer {
  readonly code: number | null;
  readonly requests: readonly string[];
  readonly name?: string;
  readonly message?: string;
  readonly result: unknown;
  readonly warnings: readonly string[];
}

/** An emulator, and the Salesforce CLI in a folder of its own that knows nobody and gets nowhere but to loopback. */
export class CliSandbox implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly guard: GuardRecord;
  /** The newest REST API version that the emulator lists. */
  readonly latest: string;
  readonly #cli: string;
  readonly #folder: string;

  private constructor(emulator: Emulator, latest: string, cli: string) {
    this.emulator = emulator;
    this.latest = latest;
    this.#cli = cli;
    this.#folder = mkdtempSync(join(tmpdir(), 'forcemint-clients-'));
    for (const name of ['home', 'tmp', 'project/force-app', 'bin']) mkdirSync(join(this.#folder, name), { recursive: true });
    this.guard = new GuardRecord(join(this.#folder, 'guard.jsonl'));
    for (const name of ['browser', ...BROWSERS]) this.#writeBrowser(name);
  }

  static async make(options?: EmulatorOptions): Promise<CliSandbox> {
    const cli = await installClient(SALESFORCE_CLI);
    return new CliSandbox(await createEmulator(options), `v${LATEST_API_VERSION}`, cli);
  }

  app(name: string): ReadyApp {
    const app = this.emulator.ready.apps[name];
    if (app === undefined) throw new Error(`the emulator has no app ${name}`);
    return app;
  }

  user(username: string): ReadyUser {
    const user = this.emulator.ready.users.find((one) => one.username === username);
    if (user === undefined) throw new Error(`the emulator has no user ${username}`);
    return user;
  }

  async run(args: readonly string[], { env = {}, stdin = '' }: RunOptions = {}): Promise<Finished> {
    const before = this.emulator.requests().at(-1)?.seq;
    const child = spawn(process.execPath, [this.#cli, ...args], {
      cwd: join(this.#folder, 'project'),
      env: { ...this.#env(), ...env },
      timeout: END_AFTER_MS,
      killSignal: 'SIGKILL',
    });
    child.stdin.on('error', () => 'it may end before it has read all').end(stdin);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const requests = this.emulator.requests(before).flatMap((entry) => requestLine(entry, this.latest) ?? []);
    return { code, ...output, requests };
  }

  /** Runs what must succeed. */
  async ok(args: readonly string[], options?: RunOptions): Promise<Finished> {
    const finished = await this.run(args, options);
    assert.equal(finished.code, 0, `sf ${args.join(' ')}: ${finished.stdout}${finished.stderr}`);
    return finished;
  }

  /** Runs with `--json`, whatever comes. */
  async json(args: readonly string[], options?: RunOptions): Promise<JsonAnswer> {
    const { code, stdout, stderr, requests } = await this.run([...args, '--json'], options);
    assert.ok(stdout.startsWith('{'), `sf ${args.join(' ')}: ${stdout}${stderr}`);
    return { ...JSON.parse(stdout), code, requests };
  }

  /** The page that the CLI opens in the browser, once the CLI knows that it is open: it loses an answer that comes before. */
  browsed(): Promise<string> {
    return until('the CLI opens a page', () => {
      if (this.guard.childrenAlive().length > 0) return undefined;
      try {
        return readFileSync(join(this.#folder, 'browsed'), 'utf8').trim();
      } catch {
        return undefined;
      }
    });
  }

  /** A file in the sandbox. */
  file(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Makes the working folder a project whose logins come back on a free port. */
  async takeFreeLoginPort(): Promise<number> {
    const port = await freePort();
    const project = { packageDirectories: [{ path: 'force-app', default: true }], oauthLocalPort: port };
    this.file('project/sfdx-project.json', JSON.stringify(project));
    return port;
  }

  /** `sf org login jwt`, of the app `jwt` and its user unless told otherwise. */
  loginJwt(alias: string, username = this.app('jwt').username ?? '', instanceUrl = this.emulator.loginUrl): string[] {
    const { clientId, privateKeyFile = '' } = this.app('jwt');
    const flags = ['--client-id', clientId, '--jwt-key-file', privateKeyFile, '--username', username];
    return ['org', 'login', 'jwt', ...flags, '--instance-url', instanceUrl, '--alias', alias];
  }

  /** Fails when a process still runs, or when something tried to get out that the test has not taken from {@link guard}. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await until('every process of the CLI ends', () => this.guard.alive().length === 0);
      assert.deepEqual(this.guard.takeAttempts(), [], 'nothing tries to leave this machine');
      const started = this.guard.spawned().filter((file) => !BROWSERS.includes(basename(file)));
      assert.deepEqual(started, [], 'nothing is started but the browser');
    } finally {
      for (const pid of this.guard.alive()) process.kill(pid, 'SIGKILL');
      await this.emulator.close();
      rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  #env(): Record<string, string> {
    const home = join(this.#folder, 'home');
    const { caFile } = this.emulator.ready;
    return {
      ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
      PATH: `${join(this.#folder, 'bin')}:/usr/bin:/bin`,
      HOME: home,
      TMPDIR: join(this.#folder, 'tmp'),
      XDG_CACHE_HOME: join(home, '.cache'),
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_DATA_HOME: join(home, '.local', 'share'),
      LANG: 'C.UTF-8',
      BROWSER: join(this.#folder, 'bin', 'browser'),
      SF_AUTOUPDATE_DISABLE: 'true',
      SF_DISABLE_AUTOUPDATE: 'true',
      SF_DISABLE_DNS_CHECK: 'true',
      SF_DISABLE_LOG_FILE: 'true',
      SF_DISABLE_TELEMETRY: 'true',
      SF_SKIP_NEW_VERSION_CHECK: 'true',
      SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
      ...this.guard.env,
    };
  }

  /** A browser that only notes where it was sent. */
  #writeBrowser(name: string): void {
    const browsed = join(this.#folder, 'browsed');
    const script = `#!/bin/sh\nprintf '%s\\n' "$1" > '${browsed}.partial' && mv '${browsed}.partial' '${browsed}'\n`;
    writeFileSync(join(this.#folder, 'bin', name), script, { mode: 0o700 });
  }
}

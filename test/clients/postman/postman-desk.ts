import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LedgerEntry, ReadyApp } from '@forcemint/emulator';
import { World } from '../../e2e/support/command-line.ts';
import { type ClientPackage, NEWMAN, POSTMAN_RUNTIME } from '../install/client-package.ts';
import { installClient } from '../install/install-client.ts';
import { GuardRecord } from '../sandbox/guard-record.ts';

const END_AFTER_MS = 60_000;
const RUNTIME_CHILD = fileURLToPath(new URL('runtime.child.ts', import.meta.url));

/** What came of a run of a whole collection. */
export interface CollectionRun {
  /** How many assertions there were. */
  readonly assertions: number;
  /** Those that failed, in order: name and reason. */
  readonly failed: readonly string[];
  /** Scripts that broke off, and requests that were not answered. */
  readonly troubles: readonly string[];
  /** What reached the emulator meanwhile, in order: method, path, status. */
  readonly requests: readonly string[];
  /** The token requests among them. */
  readonly ledger: readonly LedgerEntry[];
}

/** Newman’s report, as much of it as matters here. `test`: the assertion that failed. */
interface NewmanReport {
  readonly stats: { readonly assertions: { readonly total: number } };
  readonly failures: readonly { readonly error: { readonly test?: string; readonly message: string } }[];
}

/** The two files of one connection. */
export interface Files {
  readonly environment: string;
  readonly collection: string;
}

type Told = Pick<CollectionRun, 'assertions' | 'failed' | 'troubles'>;

/** Whoever runs collections. */
export type Runner = 'newman' | 'Postman’s runtime';

export const RUNNERS: readonly Runner[] = ['newman', 'Postman’s runtime'];

/** An emulator, connections that forcemint exports, and the two that run what was exported, which get nowhere but to loopback. */
export class PostmanDesk implements AsyncDisposable {
  readonly world: World;
  readonly #guard: GuardRecord;
  #runs = 0;

  private constructor(world: World) {
    this.world = world;
    this.#guard = new GuardRecord(join(world.folder, 'guard.jsonl'));
    for (const name of ['nobody-home', 'tmp']) mkdirSync(join(world.folder, name));
  }

  static async make(): Promise<PostmanDesk> {
    return new PostmanDesk(await World.make());
  }

  /** `forcemint connect`, of an app of the emulator. @param secret comes on stdin, for the flag that ends with `-file -` */
  async connect(name: string, grant: string, app: ReadyApp, flags: readonly string[], secret = ''): Promise<void> {
    const { loginUrl, myDomainUrl } = this.world.emulator;
    const url = grant === 'client-credentials' ? myDomainUrl : loginUrl;
    const line = ['connect', name, '--grant', grant, '--login-url', url, '--client-id', app.clientId, ...flags];
    await this.world.ok(line, { stdin: secret });
  }

  /** `forcemint export`, secrets filled in by hand. */
  async exported(name: string, values: Readonly<Record<string, string>> = {}): Promise<Files> {
    const out = join(this.world.folder, `${name}-${++this.#runs}`);
    const { environment, collection } = await this.world.json(['export', name, '--format', 'postman', '--out', out]);
    const files = { environment: String(environment), collection: String(collection) };
    this.fillIn(files, values);
    return files;
  }

  fillIn({ environment }: Files, values: Readonly<Record<string, string>>): void {
    const document = JSON.parse(readFileSync(environment, 'utf8'));
    for (const variable of document.values) variable.value = values[variable.key] ?? variable.value;
    writeFileSync(environment, JSON.stringify(document));
  }

  /** A variable as a run has left it. */
  variable({ environment }: Files, name: string): string | undefined {
    const { values } = JSON.parse(readFileSync(environment, 'utf8'));
    return values.find(({ key }: { key: string }) => key === name)?.value;
  }

  /** Runs a collection and keeps what its scripts store. @param accessToken of a login with Postman’s OAuth 2.0 helper, which newman has not */
  async run(runner: Runner, files: Files, accessToken?: string): Promise<CollectionRun> {
    const { emulator } = this.world;
    const [seen, known] = [emulator.requests().at(-1)?.seq, emulator.ledger().length];
    const told = await (runner === 'newman' ? this.#newman(files) : this.#runtime(files, accessToken));
    assert.deepEqual(this.#guard.takeAttempts(), [], 'nothing tries to leave this machine');
    return {
      ...told,
      requests: emulator.requests(seen).map(({ method, path, status }) => `${method} ${path} ${status}`),
      ledger: emulator.ledger().slice(known),
    };
  }

  async #newman({ environment, collection }: Files): Promise<Told> {
    const report = join(this.world.folder, 'newman.json');
    const kept = ['--environment', environment, '--export-environment', environment];
    const out = ['--reporters', 'json', '--reporter-json-export', report];
    await this.#node(NEWMAN, (entry) => [entry, 'run', collection, ...kept, ...out]);
    const { stats, failures }: NewmanReport = JSON.parse(readFileSync(report, 'utf8')).run;
    return {
      assertions: stats.assertions.total,
      failed: failures.flatMap(({ error: { test, message } }) => (test === undefined ? [] : [`${test}: ${message}`])),
      troubles: failures.flatMap(({ error: { test, message } }) => (test === undefined ? [message] : [])),
    };
  }

  async #runtime({ environment, collection }: Files, accessToken?: string): Promise<Told> {
    const more = accessToken === undefined ? [] : [accessToken];
    return JSON.parse(await this.#node(POSTMAN_RUNTIME, (entry) => [RUNTIME_CHILD, entry, collection, environment, ...more]));
  }

  /** @returns stdout */
  async #node(client: ClientPackage, args: (entry: string) => readonly string[]): Promise<string> {
    const { folder } = this.world;
    const child = spawn(process.execPath, args(await installClient(client)), {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: join(folder, 'nobody-home'), TMPDIR: join(folder, 'tmp'), ...this.#guard.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: END_AFTER_MS,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const signal = await new Promise((resolve, reject) => child.once('error', reject).once('close', (_code, by) => resolve(by)));
    assert.equal(signal, null, `${client.name} did not end: ${output.stderr}`);
    return output.stdout;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}

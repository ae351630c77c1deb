import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { bundledCli } from './bundled-cli.ts';
import type { Remains } from './canaries.ts';

const SAMPLE_EVERY_MS = 15;

export interface Ran {
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Told of each line on stdout while the command runs. */
  readonly onLine?: (line: string) => void;
}

/** Runs the command line as it is published, and keeps what others on the machine could see of it meanwhile. */
export class CommandLine {
  readonly #env: NodeJS.ProcessEnv;
  readonly #sampled = new Map<string, Remains>();

  /** @param env the whole environment of the commands */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** What `ps` and `/proc` showed of the commands. */
  get sampled(): readonly Remains[] {
    return [...this.#sampled.values()];
  }

  async run(args: readonly string[], { stdin = '', onLine }: RunOptions = {}): Promise<Ran> {
    const child = spawn(process.execPath, [await bundledCli(), ...args], { env: this.#env, stdio: 'pipe' });
    const sampling = setInterval(() => this.#sample(child.pid, args), SAMPLE_EVERY_MS);
    this.#sample(child.pid, args);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    if (onLine !== undefined) createInterface({ input: child.stdout }).on('line', onLine);
    child.stdin.on('error', () => 'it may end before it has read all').end(stdin);
    const [exitCode] = await once(child, 'close');
    clearInterval(sampling);
    return { args, exitCode, ...output };
  }

  #sample(pid: number | undefined, args: readonly string[]): void {
    for (const part of ['cmdline', 'environ']) {
      let bytes: Buffer;
      try {
        bytes = readFileSync(`/proc/${pid}/${part}`);
      } catch {
        return;
      }
      this.#sampled.set(`${args.join(' ')} ${part} ${bytes.length}`, { place: `${part} of forcemint ${args[0]}`, bytes });
    }
  }
}

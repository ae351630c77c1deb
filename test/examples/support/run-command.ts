import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from '../../support/until.ts';

/** An example takes seconds; one that hangs is killed, and fails. */
const GIVE_UP_MS = 120_000;

export interface Ran {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  /** stdout and stderr, for messages. */
  readonly output: string;
}

/** The environment in which a user would try an example: this Node first, nothing of the test run that is going on, no proxy, no download by npx. */
export function exampleEnvironment(folder: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(node_|npm_|salesforce$)|_proxy$/i.test(name));
  const temporary = temporaryFolder(folder);
  mkdirSync(temporary, { recursive: true });
  return {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    TMPDIR: temporary,
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    NO_COLOR: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Runs a command in a process group of its own; whatever is left of the group is killed when the test ends. */
export async function runCommand(
  t: Pick<TestContext, 'after'>,
  [command = '', ...args]: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    /** The command starts what goes on running, its output elsewhere. Default: it must leave no process behind. */
    readonly leavesProcesses?: boolean;
  },
): Promise<Ran> {
  const { cwd, env, leavesProcesses = false } = options;
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const group = new ProcessGroup(child.pid ?? Number.NaN);
  t.after(() => group.kill());
  const closed = once(child, 'close');
  let stdout = '';
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (stream === child.stdout) stdout += text;
    });
  }
  const giveUp = setTimeout(() => group.kill(), GIVE_UP_MS);
  const [exitCode] = await once(child, 'exit');
  clearTimeout(giveUp);
  if (!leavesProcesses) await until(`all processes of ${command} have ended`, () => !group.isAlive());
  await closed;
  return { exitCode, stdout, output };
}

/** Temporary files that a command left behind; those of test runners, their caches, don't count. */
export function leftTemporaryFiles(folder: string): string[] {
  return readdirSync(temporaryFolder(folder)).filter((name) => /^(forcemint|tmp\.)/.test(name));
}

/** A process and its descendants. */
class ProcessGroup {
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
  }

  isAlive(): boolean {
    return this.#signal(0);
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.#id, signal);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
      throw error;
    }
  }
}

function temporaryFolder(folder: string): string {
  return join(folder, '.tmp');
}

import { type ChildProcess, spawn } from 'node:child_process';
import type { Environment } from '../../context.ts';
import { UsageError } from '../../usage-error.ts';
import { readAnswer, type SfAnswer, UnusableAnswer, UPDATE_CLI, unusable } from './answers.ts';

export interface SfOptions {
  readonly env: Environment;
  /** Aborted: the command is ended, and its reason thrown. */
  readonly signal: AbortSignal;
  /** Default a minute: without a network, the CLI tries again for most of it. */
  readonly deadlineMs?: number;
}

const PROGRAM = 'sf';
const DEADLINE_MS = 60_000;
const MOST_BYTES = 16 * 1024 * 1024;
const UNKNOWN_COMMAND = 127;

/**
 * Runs a command of the Salesforce CLI with `--json`, without a shell.
 * @param command such as `org list auth`
 * @param flags nothing secret: every user of the machine can read them
 * @throws UsageError when there is no such program, or it does not know the command; UnusableAnswer
 */
export async function runSf(command: string, flags: readonly string[], options: SfOptions): Promise<SfAnswer> {
  options.signal.throwIfAborted();
  const name = `${PROGRAM} ${command}`;
  const { exitCode, stdout } = await outputOf([...command.split(' '), ...flags, '--json'], name, options);
  if (exitCode === UNKNOWN_COMMAND && stdout === '') throw unknownCommand(name);
  return readAnswer(stdout, exitCode, name);
}

function outputOf(
  args: readonly string[],
  name: string,
  { env, signal, deadlineMs = DEADLINE_MS }: SfOptions,
): Promise<{ readonly exitCode: number | null; readonly stdout: string }> {
  const { FORCEMINT_MASTER_KEY: _kept, ...theirs } = env;
  return new Promise((resolve, reject) => {
    // What installers put on the PATH may be a script around the program: a group of its own can be ended as a whole.
    const child = spawn(PROGRAM, args, { env: theirs, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const chunks: Buffer[] = [];
    let size = 0;
    const giveUp = (error: unknown): void => {
      endGroup(child);
      child.stdout.destroy();
      settle(() => reject(error));
    };
    const onAbort = (): void => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(tooSlow(name, deadlineMs)), deadlineMs);
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      end();
    };
    signal.addEventListener('abort', onAbort);
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_BYTES) giveUp(unusable(name, `said more than ${MOST_BYTES / 1024 / 1024} MiB`));
    });
    child.once('error', (error) => settle(() => reject(cannotStart(error))));
    child.once('close', (exitCode) => settle(() => resolve({ exitCode, stdout: Buffer.concat(chunks).toString('utf8') })));
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function cannotStart(error: NodeJS.ErrnoException): UsageError {
  const isMissing = error.code === 'ENOENT';
  return new UsageError(
    isMissing
      ? 'The Salesforce CLI is not here: there is no program sf on the PATH.'
      : `The Salesforce CLI, sf on the PATH, cannot be started (${error.code ?? 'unknown reason'}).`,
    {
      fix: [
        isMissing ? 'Install it: npm install --global @salesforce/cli' : 'See what it says: sf --version',
        'Or where the CLI is: sf org auth show-sfdx-auth-url --target-org ORG --json > FILE, then here: forcemint import FILE --take-over',
      ],
    },
  );
}

function unknownCommand(name: string): UsageError {
  return new UsageError(`The Salesforce CLI does not know ${name}.`, {
    why: 'It is too old, or sf on the PATH cannot start (exit code 127).',
    fix: [UPDATE_CLI, 'See whether it starts: sf --version'],
  });
}

function tooSlow(name: string, deadlineMs: number): UnusableAnswer {
  return new UnusableAnswer(`${name} did not answer within ${deadlineMs / 1000} seconds and was ended.`, {
    why: 'It may wait for a network, or for somebody to unlock its keychain.',
    fix: [`See what it waits for: ${name}`],
  });
}

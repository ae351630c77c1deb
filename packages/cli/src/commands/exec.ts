import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { act, type Context, type Environment, withForcemint } from '../context.ts';
import { parseDuration } from '../durations.ts';
import { signalExitCode } from '../interrupts.ts';
import { getTokenPatiently } from '../patience.ts';
import { tokenEnvironment } from '../token-format.ts';
import { UsageError } from '../usage-error.ts';

interface ExecFlags {
  readonly minTtl?: string;
  readonly purpose?: string;
}

const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

const HELP = `
The command finds SF_ACCESS_TOKEN, SF_INSTANCE_URL, SF_API_VERSION, SALESFORCE_ACCESS_TOKEN and
SALESFORCE_INSTANCE_URL in its environment. The exit code is the command's own: 127 if there is no such command,
128 + n if signal n ended it.

Examples:
  forcemint exec acme -- node sync.js --full
  forcemint exec acme -- sh -c 'curl -H "Authorization: Bearer $SF_ACCESS_TOKEN" "$SF_INSTANCE_URL/services/data"'`;

export function register(program: Command, context: Context): void {
  program
    .command('exec')
    .summary('run a command with a token in its environment')
    .description('Runs a command that finds a token that works in its environment.')
    .usage('NAME [options] -- COMMAND …')
    .argument('<name>', 'name of the connection')
    .argument('<command...>', 'the command and its arguments, behind --')
    .option('--min-ttl <duration>', 'how long the token must live at least (default: 5m)')
    .option('--purpose <text>', 'what the token is for')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, command: string[], flags: ExecFlags) => exec(context, name, command, flags)));
}

async function exec(context: Context, name: string, command: readonly string[], flags: ExecFlags): Promise<number> {
  const minTtlSeconds = flags.minTtl === undefined ? undefined : parseDuration(flags.minTtl, '--min-ttl');
  const variables = await withForcemint(context, async (forcemint) => {
    const token = await getTokenPatiently(context, forcemint, name, { minTtlSeconds, purpose: flags.purpose });
    const { connection } = await forcemint.status(name);
    return tokenEnvironment(token, connection.settings.apiVersion);
  });
  return runChild(context, command, childEnvironment(context.env, variables));
}

/** The child's environment: ours, the token's, and never the master key. */
function childEnvironment(env: Environment, variables: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const { FORCEMINT_MASTER_KEY: _removed, ...rest } = env;
  return { ...rest, ...variables };
}

async function runChild(context: Context, command: readonly string[], env: Record<string, string | undefined>): Promise<number> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, stdio: 'inherit' });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(cannotRun(context, `${file}: there is no such command`, NOT_FOUND));
      else if (error.code === 'EACCES') resolve(cannotRun(context, `${file} may not be executed`, NOT_EXECUTABLE));
      else reject(new UsageError(`${file} cannot be run (${error.code ?? 'unknown reason'}).`));
    });
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 0) : signalExitCode(signal)));
  });
  // A terminal delivers its signals to the child as well; a second copy would look like a second Ctrl-C.
  const fromTerminal = context.stdin.isTTY === true;
  const forward = (signal: NodeJS.Signals): void => {
    if (!fromTerminal || signal === 'SIGTERM') child.kill(signal);
  };
  return context.interrupts.forwarding(forward, () => ended);
}

function cannotRun(context: Context, reason: string, exitCode: number): number {
  context.output.note(`${context.output.paintNote('red', 'error:')} ${reason}`);
  return exitCode;
}

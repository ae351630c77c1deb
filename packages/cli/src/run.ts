import { CommanderError } from 'commander';
import type { Context } from './context.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { refuseSecretArguments } from './secret-arguments.ts';
import { reportError } from './terminal/error-report.ts';
import { usageErrorOf } from './usage-of-commander.ts';

/**
 * Runs one command line.
 * @param args without the names of the interpreter and the script
 * @returns the exit code
 */
export async function run(args: readonly string[], context: Context): Promise<number> {
  const json = wantsJson(args);
  try {
    refuseSecretArguments(args);
    const program = createProgram(context);
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync(args, { from: 'user' });
    await context.output.flush();
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const reported = error instanceof CommanderError ? usageErrorOf(error, args) : error;
    reportError(context.output, reported, { json, debug: context.env.FORCEMINT_DEBUG === '1' });
    return exitCodeOf(reported);
  }
}

/** Errors are JSON as well where `--json` was asked for, even if the line cannot be parsed. The format of `export` is that of its file. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return (
    own.includes('--json') ||
    (own[0] !== 'export' &&
      own.some((argument, index) => argument === '--format=json' || (argument === 'json' && own[index - 1] === '--format')))
  );
}

import { constants } from 'node:os';
import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { Interrupts } from './interrupts.ts';
import { run } from './run.ts';
import { Output } from './terminal/output.ts';

/** The process: its streams, its signals, its exit code. */
async function main(): Promise<void> {
  const { stdin, stdout, stderr, env, argv } = process;
  const output = new Output(stdout, stderr, env);
  const interrupts = new Interrupts(process, (text) => output.note(`\n${text}`));
  interrupts.listen();
  keepSecretsIn();
  const openForcemint: Context['openForcemint'] = async (options) => (await import('@forcemint/node')).openForcemint(options);
  const context: Context = { env, stdin, output, interrupts, now: Date.now, openForcemint, exitCode: EXIT.done };
  const exitCode = await run(argv.slice(2), context);
  process.exit(exitCode);
}

/** Diagnostic reports would hold the environment, and SIGUSR1 would open a debugger that anybody on this machine could use. */
function keepSecretsIn(): void {
  process.report.excludeEnv = true;
  if (constants.signals.SIGUSR1 !== undefined) process.on('SIGUSR1', () => undefined);
}

void main();

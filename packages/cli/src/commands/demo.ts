import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import { DEMO_GRANTS, ROTATING_CONNECTION } from '../demo/demo-steps.ts';
import { DemoStepError, runDemo } from '../demo/run-demo.ts';
import { EXIT } from '../exit-codes.ts';
import { ownCommand } from '../own-command.ts';
import { reportError } from '../terminal/error-report.ts';
import { untilAborted } from './emulator.ts';

const HELP = `
Starts a local Salesforce, makes one connection for each grant, gets and uses a token with each, and renews the one whose
refresh token rotates. All of it lives in a temporary folder that is removed at the end.

Examples:
  forcemint demo
  forcemint demo --once`;

export function register(program: Command, context: Context): void {
  program
    .command('demo')
    .summary('see every grant at work, without a Salesforce org')
    .description('Shows every grant at work against a local Salesforce.')
    .option('--once', 'end when everything was shown, instead of staying up to be tried')
    .addHelpText('after', HELP)
    .action(act(context, (flags: { readonly once?: boolean }) => demo(context, flags.once === true)));
}

async function demo(context: Context, once: boolean): Promise<number> {
  const { output, interrupts } = context;
  return interrupts.clearingAway(async (stopped) => {
    const home = await mkdtemp(join(tmpdir(), 'forcemint-demo-'));
    try {
      return await show(context, home, stopped, once);
    } catch (error) {
      interrupts.throwIfInterrupted();
      if (!(error instanceof DemoStepError)) throw error;
      output.note(`${output.paintNote('red', '✘')} ${error.message}`);
      reportError(output, error.cause, { json: false, debug: context.env.FORCEMINT_DEBUG === '1' });
      return EXIT.unexpected;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
}

async function show(context: Context, home: string, stopped: AbortSignal, once: boolean): Promise<number> {
  const { output, env } = context;
  const { createEmulator } = await import('@forcemint/emulator');
  await using emulator = await createEmulator();
  const extraHosts = [emulator.loginUrl, emulator.myDomainUrl];
  output.result(`${output.paint('bold', 'Forcemint demo')}: four ways to a token, against a local Salesforce\n`);
  await withForcemint(context, (forcemint) => runDemo(output, { emulator, forcemint }, stopped), {
    home,
    extraHosts,
    env: withoutForcemint(env),
  });
  if (once) return EXIT.done;
  invite(context, home, extraHosts);
  await untilAborted(stopped);
  output.note('\nThe demo is over; its folder is removed.');
  return EXIT.done;
}

/** The demo has a home and a key of its own, whatever is set. */
function withoutForcemint(env: Context['env']): Context['env'] {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('FORCEMINT_') && name !== 'CREDENTIALS_DIRECTORY'),
  );
}

function invite(context: Context, home: string, extraHosts: readonly string[]): void {
  const { output, env } = context;
  const { paint } = output;
  const forcemint = ownCommand(env);
  output.result(
    `\n${paint('bold', 'Now try it yourself')}: it stays up until Ctrl-C. In another terminal${forcemint === 'forcemint' ? '' : ', in this folder'}:\n`,
  );
  const lines = [
    `export FORCEMINT_HOME=${home}`,
    `export FORCEMINT_EXTRA_HOSTS=${extraHosts.join(',')}`,
    '',
    `${forcemint} list`,
    `${forcemint} token ${DEMO_GRANTS[0]?.connection ?? ''}`,
    `${forcemint} api ${ROTATING_CONNECTION} 'query?q=SELECT+Name+FROM+Account'`,
    `${forcemint} exec demo-client -- sh -c 'curl -s -H "Authorization: Bearer $SF_ACCESS_TOKEN" "$SF_INSTANCE_URL/services/data/v66.0/limits"'`,
    `${forcemint} events ${ROTATING_CONNECTION}`,
  ];
  for (const line of lines) output.result(line === '' ? '' : `  ${line}`);
}

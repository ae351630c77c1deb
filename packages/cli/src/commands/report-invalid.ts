import { fingerprint } from '@forcemint/core';
import type { Command } from 'commander';
import { act, type Context, withForcemint } from '../context.ts';
import { readSecret } from '../secret-input.ts';

interface ReportFlags {
  readonly tokenFile: string;
  readonly json?: boolean;
}

const HELP = `
It counts only if that token is still the current one, so reports that come late or twice do no harm.
The file holds the token, or its fingerprint.

Example:
  printf %s "$SF_ACCESS_TOKEN" | forcemint report-invalid acme --token-file -`;

export function register(program: Command, context: Context): void {
  program
    .command('report-invalid')
    .summary('say that a token got a 401: it is not handed out again')
    .description('“This token got a 401”: the next one who asks gets a new one.')
    .argument('<name>', 'name of the connection')
    .requiredOption('--token-file <file>', 'the rejected token; - reads stdin')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: ReportFlags) => reportInvalid(context, name, flags)));
}

async function reportInvalid(context: Context, name: string, flags: ReportFlags): Promise<undefined> {
  const rejected = (await readSecret(context, flags.tokenFile, { flag: '--token-file', what: 'rejected token' })).trim();
  const print = /^[0-9a-f]{16}$/.test(rejected) ? rejected : fingerprint(rejected);
  await withForcemint(context, async (forcemint) => {
    const before = await forcemint.status(name);
    await forcemint.reportInvalid(name, print);
    const wasCurrent = before.token?.fingerprint === print;
    const { output } = context;
    if (flags.json === true) return output.json({ connection: name, fingerprint: print, was_current: wasCurrent });
    output.result(
      wasCurrent
        ? `${output.paint('green', '✔')} noted: the next token of ${output.paint('bold', name)} is a new one`
        : `nothing to do: ${output.paint('bold', name)} has another token by now`,
    );
  });
  return undefined;
}

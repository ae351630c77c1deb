import type { Command } from 'commander';
import { tokenValidity } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { renewPatiently } from '../patience.ts';
import { tokenJson } from '../token-format.ts';

const HELP = `
At most once in 30 seconds for each connection. For a token that Salesforce rejected, say so instead
(forcemint report-invalid NAME), and the next one who asks gets another.

Example:
  forcemint renew acme`;

export function register(program: Command, context: Context): void {
  program
    .command('renew')
    .summary('get a new token now, whatever the age of the old one')
    .description('One exchange with Salesforce now, whatever the age of the token.')
    .argument('<name>', 'name of the connection')
    .option('--json', 'print JSON, with the token')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: { readonly json?: boolean }) => renew(context, name, flags.json === true)));
}

async function renew(context: Context, name: string, json: boolean): Promise<undefined> {
  await withForcemint(context, async (forcemint) => {
    const token = await renewPatiently(context, forcemint, name);
    const { output } = context;
    if (json) return output.json(tokenJson(token, { source: 'exchange', nowMs: context.now() }));
    output.result(
      `${output.paint('green', '✔')} ${output.paint('bold', name)} has a new token, valid for ${tokenValidity(token, context.now())}`,
    );
  });
  return undefined;
}

import type { Command } from 'commander';
import { connectionDocument } from '../connection-facts.ts';
import { outstandingRows } from '../connection-outstanding.ts';
import { connectionRows, failureRows } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { table } from '../terminal/table.ts';

const HELP = `
Secrets are never shown; only which ones are set.

Example:
  forcemint show acme --json`;

export function register(program: Command, context: Context): void {
  program
    .command('show')
    .summary('show a connection’s settings and the facts of its token')
    .description('Shows everything about a connection but its secrets.')
    .argument('<name>', 'name of the connection')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (name: string, flags: { readonly json?: boolean }) => show(context, name, flags.json === true)));
}

async function show(context: Context, name: string, json: boolean): Promise<undefined> {
  const { output } = context;
  const status = await withForcemint(context, (forcemint) => forcemint.status(name));
  if (json) {
    output.json(connectionDocument(status));
    return undefined;
  }
  const nowMs = context.now();
  const rows = [...connectionRows(status, nowMs), ...outstandingRows(status, nowMs), ...failureRows(status, nowMs)];
  output.result(output.paint('bold', name));
  output.result(table(rows, { paint: output.paint }));
  return undefined;
}

import type { Command } from 'commander';
import { GRANT_IN_WORDS, stateDocument } from '../connection-facts.ts';
import { outstandingInShort } from '../connection-outstanding.ts';
import { stateCell, validFor } from '../connection-view.ts';
import { act, type Context, withForcemint } from '../context.ts';
import { table } from '../terminal/table.ts';

const HELP = `
Example:
  forcemint list`;

export function register(program: Command, context: Context): void {
  program
    .command('list')
    .alias('ls')
    .summary('list the connections')
    .description('Lists the connections of the store.')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: { readonly json?: boolean }) => list(context, flags.json === true)));
}

async function list(context: Context, json: boolean): Promise<undefined> {
  const { output } = context;
  const all = await withForcemint(context, (forcemint) => forcemint.list());
  if (json) {
    output.json(
      all.map((status) => ({
        connection: status.connection.name,
        grant: status.connection.settings.grant,
        login_url: status.connection.settings.loginUrl,
        labels: status.connection.settings.labels,
        state: status.state,
        ...stateDocument(status),
      })),
    );
  } else if (all.length === 0) {
    output.note('There are no connections yet. Begin with one of these:');
    output.note('  forcemint connect --help    make one, with examples for each grant');
    output.note('  forcemint import FILE       take one over from Onify settings or the Salesforce CLI');
    output.note('  forcemint demo              try everything without a Salesforce org');
  } else {
    const notes = all.map((status) => outstandingInShort(status, context.now()));
    const hasNotes = notes.some((note) => note !== '');
    const rows = all.map((status, index) => [
      { text: status.connection.name, style: 'bold' } as const,
      stateCell(status.state),
      validFor(status),
      ...(hasNotes ? [notes[index] ?? ''] : []),
      GRANT_IN_WORDS[status.connection.settings.grant],
      status.connection.settings.loginUrl.replace('https://', ''),
    ]);
    const head = ['NAME', 'STATE', 'VALID FOR', ...(hasNotes ? ['OUTSTANDING'] : []), 'GRANT', 'LOGIN URL'];
    output.result(table(rows, { head, paint: output.paint, columns: output.stdout.columns }));
  }
  return undefined;
}

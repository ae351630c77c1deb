import { verifyStore } from '@forcemint/core/maintenance/verify-store';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { withStore } from '../store-access.ts';
import { withProgressBar } from '../terminal/progress-bar.ts';
import { table } from '../terminal/table.ts';

const HELP = `
Looks at the database’s own structures, opens each sealed value at its place, and finds rows that belong to nobody. Changes nothing.
Exit code 1 when something is found.

Examples:
  forcemint store verify
  forcemint store verify --json | jq .findings`;

const FIELDS = {
  secrets: 'secrets',
  refreshToken: 'refresh token',
  accessToken: 'access token',
  heldAnswer: 'held answer',
  revocation: 'grant to revoke',
} as const;

export function register(store: Command, context: Context): void {
  store
    .command('verify')
    .summary('look whether everything in the store is whole')
    .description('Looks whether everything in the store is whole: files, seals, rows.')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: { readonly json?: boolean }) => verify(context, flags.json === true)));
}

async function verify(context: Context, json: boolean): Promise<number> {
  const { output } = context;
  const { size, opened, findings, url } = await withStore(context, async ({ store, keys, url }) => ({
    url,
    ...(await withProgressBar(output, (report) => verifyStore({ store, keys, report }))),
  }));
  if (json) {
    output.json({ store: url, ...size, opened, findings });
  } else if (findings.length === 0) {
    output.result(
      `${output.paint('green', '✔')} ${url} is whole: ${count(size.connections, 'connection')}, ${count(opened, 'sealed value')}`,
    );
  } else {
    const rows = findings.map(({ connection = '', field, problem }) => [
      connection,
      field === undefined ? '' : FIELDS[field],
      problem,
    ]);
    output.result(table(rows, { head: ['CONNECTION', 'WHAT', 'PROBLEM'], paint: output.paint, columns: output.stdout.columns }));
    output.note(
      `${count(findings.length, 'finding')} in ${url}. What does not open is lost here: log in again, give secrets again (forcemint update), or restore a backup.`,
    );
  }
  return findings.length === 0 ? EXIT.done : EXIT.unexpected;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}

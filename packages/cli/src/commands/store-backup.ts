import { resolve } from 'node:path';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { withStore } from '../store-access.ts';
import { withProgressBar } from '../terminal/progress-bar.ts';

const HELP = `
By the database’s own means, while others use the store: SQLite’s online backup, or pg_dump (on PATH, or FORCEMINT_PG_DUMP). Secrets
in the file are sealed. The master key is not in it: keep a copy of that elsewhere, or the backup is worth nothing.
A store that is restored from it is noticed as one: forcemint store adopt --help

Examples:
  forcemint store backup --out forcemint-$(date +%F).db
  FORCEMINT_PG_DUMP=/usr/lib/postgresql/17/bin/pg_dump forcemint store backup --out forcemint.dump`;

interface BackupFlags {
  readonly out: string;
  readonly json?: boolean;
}

export function register(store: Command, context: Context): void {
  store
    .command('backup')
    .summary('write the store into a new file, sealed, without the key')
    .description('Writes the store into a new file, sealed, without the master key.')
    .requiredOption('--out <file>', 'new file; never takes the place of another')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: BackupFlags) => backup(context, flags)));
}

async function backup(context: Context, { out, json }: BackupFlags): Promise<undefined> {
  const { output, env } = context;
  const { backupStore } = await import('@forcemint/node/backup-store');
  const file = resolve(out);
  const { url, generation } = await withStore(context, async (store) => {
    await withProgressBar(output, (report) => backupStore(store, file, env, report));
    return { url: store.url, generation: (await store.store.standing()).generation };
  });
  if (json === true) {
    output.json({ store: url, file, generation });
    return undefined;
  }
  output.result(`${output.paint('green', '✔')} ${url} is in ${file}`);
  output.note('The master key is not in it: without the key nothing in it can be read.');
  return undefined;
}

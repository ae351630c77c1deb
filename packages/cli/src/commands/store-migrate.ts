import { resolvePaths } from '@forcemint/node/paths';
import type { Command } from 'commander';
import { act, type Context } from '../context.ts';
import { withStore } from '../store-access.ts';

const HELP = `
A store is brought up to date whenever it is opened by somebody who may do that. Where the programs’ role of a PostgreSQL store may not,
--print shows what an administrator runs, with the role that owns the schema and the one that the programs use.

Examples:
  forcemint store migrate
  forcemint store migrate --print --owner forcemint_owner --role forcemint | psql -h db.example.com forcemint`;

interface MigrateFlags {
  readonly print?: boolean;
  readonly owner: string;
  readonly role: string;
  readonly json?: boolean;
}

export function register(store: Command, context: Context): void {
  store
    .command('migrate')
    .summary('bring the store’s schema up to date, or print the SQL for it')
    .description('Brings the store’s schema up to date, or prints the SQL for an administrator.')
    .option('--print', 'print the SQL, and change nothing')
    .option('--owner <role>', 'with --print: the role that owns the schema', 'forcemint_owner')
    .option('--role <role>', 'with --print: the role that the programs use', 'forcemint')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(act(context, (flags: MigrateFlags) => migrate(context, flags)));
}

async function migrate(context: Context, { print, owner, role, json }: MigrateFlags): Promise<undefined> {
  const { output, env } = context;
  if (print === true) {
    output.raw(await schemaText(resolvePaths(env).store.is, owner, role));
    return undefined;
  }
  const url = await withStore(context, async (store) => store.url);
  if (json === true) {
    output.json({ store: url, migrated: true });
    return undefined;
  }
  output.result(`${output.paint('green', '✔')} the schema of ${url} is up to date`);
  return undefined;
}

async function schemaText(kind: 'sqlite' | 'postgres', owner: string, runtimeRole: string): Promise<string> {
  if (kind === 'postgres') {
    const { schemaSql } = await import('@forcemint/store/postgres/schema-sql');
    return schemaSql({ owner, runtimeRole });
  }
  const { MIGRATIONS } = await import('@forcemint/store/sqlite/migrations/index');
  return `${MIGRATIONS.map(({ sql }) => sql.replace(/^ {4}/gm, '').trim()).join('\n\n')}\n`;
}

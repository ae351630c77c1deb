import { StoreError } from '@forcemint/core/errors';
import { integer, text } from '../rows/columns.ts';
import type { Database, Transaction } from './database.ts';
import { refusal, sqlState } from './postgres-errors.ts';

/** One step of the schema's history. */
export interface Migration {
  /** Number of the step, from 1, without gaps; the store keeps it in `meta.schema_version`. */
  readonly version: number;
  readonly sql: string;
}

/** What the database says it is. */
export type SchemaState = { readonly is: 'fresh' } | { readonly is: 'store'; readonly version: number; readonly storeId: string };

/** Another process that creates the same schema at the same moment makes one of them fail with one of these; its work is there afterwards. */
const BEATEN: ReadonlySet<string | undefined> = new Set(['23505', '42P06', '42P07', '42710', 'XX000']);
const TRIES = 5;

export interface FirstRow {
  readonly storeId: string;
  readonly createdAtMs: number;
}

/** @throws StoreError */
export async function schemaState(source: { query: Transaction['query'] }): Promise<SchemaState> {
  const [found] = await source.query(
    `SELECT count(*)::int AS tables FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'forcemint' AND c.relname = 'meta'`,
  );
  if (integer(found, 'tables') === 0) return { is: 'fresh' };
  const [meta] = await source.query('SELECT schema_version, store_id FROM forcemint.meta WHERE id = 1');
  if (meta === undefined) {
    throw refusal(
      'store_corrupt',
      'The schema forcemint is there, but not what makes it a store.',
      'Its only row in forcemint.meta is missing.',
      ['Restore the database from a backup, or drop the schema forcemint where nothing of it is needed.'],
    );
  }
  return { is: 'store', version: integer(meta, 'schema_version'), storeId: text(meta, 'store_id') };
}

export function latestVersion(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/** @throws StoreError `store_newer` when a later Forcemint migrated this store */
export function refuseNewer(state: SchemaState, migrations: readonly Migration[], safeUrl: string): void {
  const known = latestVersion(migrations);
  if (state.is === 'fresh' || state.version <= known) return;
  throw refusal(
    'store_newer',
    `${safeUrl} belongs to a newer Forcemint: its schema is ${state.version}, this program knows ${known}.`,
    'Another installation of Forcemint that uses this database is newer and has migrated it.',
    ['Update this Forcemint; nothing was changed.'],
  );
}

/** @throws StoreError `store_schema_older` where the schema has to be made or changed, and this program may not */
export function refuseOlder(state: SchemaState, migrations: readonly Migration[], safeUrl: string): void {
  const known = latestVersion(migrations);
  if (state.is === 'store' && state.version >= known) return;
  const what =
    state.is === 'fresh' ? 'has no schema forcemint yet' : `has the schema ${state.version}, and this program needs ${known}`;
  throw refusal(
    'store_schema_older',
    `${safeUrl} ${what}.`,
    'The database was not migrated, and this program was told not to do it, or its role may not.',
    [
      'Run `forcemint store migrate` with a role that may create a schema.',
      'Or let an administrator run what `forcemint store migrate --print` prints.',
    ],
  );
}

/**
 * Brings the schema up to date, all steps in one transaction. Of several processes that do so at once one does the work, and the others find it done.
 * @throws StoreError `store_newer`; `store_schema_older` where the role lacks the right
 */
export async function migrate(database: Database, migrations: readonly Migration[], firstRow: FirstRow): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.transaction((transaction) => runAll(transaction, database, migrations, firstRow));
    } catch (error) {
      const state = sqlState(causeOf(error));
      if (BEATEN.has(state) && tries < TRIES) continue;
      if (error instanceof StoreError && error.code === 'store_no_rights') {
        refuseOlder(await schemaState({ query: (text, values) => database.read(text, values) }), migrations, database.safeUrl);
      }
      throw error;
    }
  }
}

async function runAll(
  transaction: Transaction,
  database: Database,
  migrations: readonly Migration[],
  firstRow: FirstRow,
): Promise<void> {
  const before = await schemaState(transaction);
  if (before.is === 'fresh') await transaction.query('CREATE SCHEMA IF NOT EXISTS forcemint');
  else await transaction.query('LOCK TABLE forcemint.meta IN ACCESS EXCLUSIVE MODE');
  const state = before.is === 'fresh' ? before : await schemaState(transaction);
  refuseNewer(state, migrations, database.safeUrl);
  const from = state.is === 'store' ? state.version : 0;
  for (const { version, sql } of migrations) if (version > from) await transaction.query(sql);
  const latest = latestVersion(migrations);
  if (state.is === 'store') {
    await transaction.query('UPDATE forcemint.meta SET schema_version = $1 WHERE id = 1', [latest]);
  } else {
    await transaction.query('INSERT INTO forcemint.meta (id, schema_version, store_id, created_at_ms) VALUES (1, $1, $2, $3)', [
      latest,
      firstRow.storeId,
      firstRow.createdAtMs,
    ]);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@forcemint/core/errors';
import { integer } from '../rows/columns.ts';
import { corruptError } from './sqlite-errors.ts';

/** Stands in the header of every Forcemint store (`PRAGMA application_id`); "FmSt" in ASCII. */
export const APPLICATION_ID = 0x466d5374;

/** One step of the schema's history. */
export interface Migration {
  /** Number of the step, from 1, without gaps; the store keeps it in `PRAGMA user_version`. */
  readonly version: number;
  readonly sql: string;
}

/** What the header of a database says it is. */
export type SchemaState = { readonly is: 'fresh' } | { readonly is: 'store'; readonly version: number; readonly wal: boolean };

/**
 * Looks at a database before anything is done to it.
 * @param path only for messages
 * @throws StoreError `store_corrupt` for a database of another program; the errors of SQLite
 */
export function schemaState(database: DatabaseSync, path: string): SchemaState {
  const row = database
    .prepare(
      `SELECT (SELECT application_id FROM pragma_application_id) AS application_id,
              (SELECT user_version FROM pragma_user_version) AS user_version,
              (SELECT count(*) FROM sqlite_schema) AS objects`,
    )
    .get();
  const applicationId = integer(row, 'application_id');
  const version = integer(row, 'user_version');
  if (applicationId === APPLICATION_ID) {
    return { is: 'store', version, wal: database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] === 'wal' };
  }
  if (applicationId === 0 && version === 0 && integer(row, 'objects') === 0) return { is: 'fresh' };
  throw corruptError(path, 'is an SQLite database, but not a Forcemint store.');
}

/** @throws StoreError `store_newer` when a later Forcemint wrote this store */
export function refuseNewer(version: number, migrations: readonly Migration[], path: string): void {
  const known = latestVersion(migrations);
  if (version <= known) return;
  throw new StoreError(
    'store_newer',
    `${path} was written by a newer Forcemint: its schema is ${version}, this program knows ${known}.`,
    {
      diagnosis: {
        cause: 'Another installation of Forcemint on this machine is newer and has migrated the store.',
        fix: ['Update this Forcemint; nothing was changed.'],
        who: 'operator',
        retry: 'fix-first',
      },
    },
  );
}

export function latestVersion(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

/**
 * Brings the schema up to date, all steps in one transaction.
 * @param firstRow run in the same transaction when the store is new
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[], path: string, firstRow: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const state = schemaState(database, path);
    const from = state.is === 'store' ? state.version : 0;
    refuseNewer(from, migrations, path);
    for (const migration of migrations.filter(({ version }) => version > from)) database.exec(migration.sql);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${latestVersion(migrations)}`);
    if (state.is === 'fresh') firstRow();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

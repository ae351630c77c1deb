import { latestVersion } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';

export interface SchemaSqlOptions {
  /** Role that owns the schema and changes it; it is only used by whoever migrates. */
  readonly owner: string;
  /** Role that the programs use: it reads and writes rows, and changes no table. */
  readonly runtimeRole: string;
  /** Version of the schema that is there. Default 0: none. */
  readonly from?: number;
}

/** What the run-time role needs, table by table. Rows are never truncated, and there is one store in a schema for ever. */
const RIGHTS: Readonly<Record<string, string>> = {
  meta: 'SELECT, UPDATE',
  data_keys: 'SELECT, INSERT, UPDATE, DELETE',
  former_master_keys: 'SELECT, INSERT, UPDATE, DELETE',
  former_data_keys: 'SELECT, INSERT, UPDATE, DELETE',
  connections: 'SELECT, INSERT, UPDATE, DELETE',
  tokens: 'SELECT, INSERT, UPDATE, DELETE',
  events: 'SELECT, INSERT, DELETE',
  revocations: 'SELECT, INSERT, UPDATE, DELETE',
  changes: 'SELECT, UPDATE',
  leases: 'SELECT, INSERT, UPDATE, DELETE',
  staged_answers: 'SELECT, INSERT, UPDATE, DELETE',
  replicas: 'SELECT, INSERT, UPDATE, DELETE',
};

/**
 * What an administrator runs, with `psql` for example, so that the programs need no right to create anything: both roles must be there, and the database, in UTF-8.
 * @throws TypeError for a role name that is empty
 */
export function schemaSql({ owner, runtimeRole, from = 0 }: SchemaSqlOptions): string {
  const latest = latestVersion(MIGRATIONS);
  const lines = ['BEGIN;'];
  if (from === 0) lines.push(`CREATE SCHEMA forcemint AUTHORIZATION ${identifier(owner)};`);
  lines.push(`SET LOCAL ROLE ${identifier(owner)};`);
  for (const { version, sql } of MIGRATIONS) if (version > from) lines.push(sql.replace(/^ {4}/gm, '').trim());
  lines.push(
    from === 0
      ? `INSERT INTO forcemint.meta (id, schema_version, store_id, created_at_ms)
VALUES (1, ${latest}, replace(gen_random_uuid()::text, '-', ''), floor(extract(epoch FROM clock_timestamp()) * 1000));`
      : `UPDATE forcemint.meta SET schema_version = ${latest} WHERE id = 1;`,
    `GRANT USAGE ON SCHEMA forcemint TO ${identifier(runtimeRole)};`,
    ...Object.entries(RIGHTS).map(([table, rights]) => `GRANT ${rights} ON forcemint.${table} TO ${identifier(runtimeRole)};`),
    'COMMIT;',
  );
  return `${lines.join('\n')}\n`;
}

function identifier(name: string): string {
  if (name === '' || name.includes('\0')) throw new TypeError('a role name is empty or has a NUL in it');
  return `"${name.replaceAll('"', '""')}"`;
}

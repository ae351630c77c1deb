import { StoreError } from '@forcemint/core/errors';
import { integer, type Row, text } from '../rows/columns.ts';
import { storedRowFrom } from '../rows/rows.ts';
import type { Database } from './database.ts';
import { sqlState } from './postgres-errors.ts';
import type { WholeStore } from './whole-store.ts';

const PAGE = 1_000;
const WAIT_MS = 600_000;
/** Each table with the order of its primary key. */
const TABLES = { connections: 'id', tokens: 'connection_id', events: 'connection_id, ordinal', revocations: 'id' };
/** amcheck is not there (42883, 42P01, 3F000), or this role may not use it (42501). */
const WITHOUT_AMCHECK: ReadonlySet<string | undefined> = new Set(['42883', '42P01', '3F000', '42501']);

/**
 * What is wrong with the store's tables and indexes, one line each: by the extension amcheck where it is installed and this role may use it, else by counting
 * each table through its primary key and without it; and every row that this program can't read.
 */
export async function checkIntegrity(database: Database, whole: WholeStore): Promise<readonly string[]> {
  const findings: string[] = [];
  const checked = await checkIndexes(database, findings);
  if (!checked) for (const [table, key] of Object.entries(TABLES)) await compareCounts(database, table, key, findings);
  await readEverything(whole, findings);
  return findings;
}

async function checkIndexes(database: Database, findings: string[]): Promise<boolean> {
  const extension = await database.read(
    "SELECT quote_ident(n.nspname) AS schema FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'",
  );
  if (extension.length === 0) return false;
  const indexes = await database.read(
    `SELECT i.indexrelid::bigint AS oid, i.indexrelid::regclass::text AS name FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'forcemint' ORDER BY name`,
  );
  for (const index of indexes) {
    try {
      await unhurried(database, `SELECT ${text(extension[0], 'schema')}.bt_index_check($1::oid::regclass, true)`, [
        integer(index, 'oid'),
      ]);
    } catch (error) {
      const state = stateOf(error);
      if (WITHOUT_AMCHECK.has(state)) return false;
      if (!isDamage(state)) throw error;
      findings.push(`The index ${text(index, 'name')} is damaged (SQLSTATE ${state}).`);
    }
  }
  return true;
}

async function compareCounts(database: Database, table: string, key: string, findings: string[]): Promise<void> {
  try {
    const byTable = await count(database, `SELECT count(*) AS n FROM forcemint.${table}`, 'indexscan');
    const byIndex = await count(
      database,
      `SELECT count(*) AS n FROM (SELECT ${key} FROM forcemint.${table} ORDER BY ${key}) k`,
      'seqscan',
    );
    if (byTable !== byIndex) {
      findings.push(`The table ${table} has ${byTable} rows, and its primary key ${byIndex}, if nothing was written meanwhile.`);
    }
  } catch (error) {
    if (!isDamage(stateOf(error))) throw error;
    findings.push(`The table ${table} can't be read to its end (SQLSTATE ${stateOf(error)}).`);
  }
}

async function count(database: Database, sql: string, avoided: 'indexscan' | 'seqscan'): Promise<number> {
  const switches =
    avoided === 'seqscan'
      ? ['enable_seqscan', 'enable_bitmapscan', 'enable_sort']
      : ['enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan'];
  const [row] = await unhurried(database, sql, [], switches);
  return integer(row, 'n');
}

async function readEverything(whole: WholeStore, findings: string[]): Promise<void> {
  for (let after: string | undefined; ; ) {
    let rows: readonly Row[];
    try {
      rows = await whole.rawRows(after, PAGE);
    } catch (error) {
      if (!isDamage(stateOf(error))) throw error;
      findings.push(`The rows behind the connection id ${after ?? '(first)'} can't be read (SQLSTATE ${stateOf(error)}).`);
      return;
    }
    for (const row of rows) {
      const problem = problemOf(() => storedRowFrom(row));
      if (problem !== undefined)
        findings.push(`The rows of the connection ${String(row['c_name'] ?? row['connection_id'])}: ${problem}`);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = text(last, 'connection_id');
  }
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

function unhurried(
  database: Database,
  sql: string,
  values: unknown[],
  switchedOff: readonly string[] = [],
): Promise<readonly Row[]> {
  return database.transaction(
    async ({ query }) => {
      await query("SELECT set_config('statement_timeout', '0', true)");
      for (const setting of switchedOff) await query(`SET LOCAL ${setting} = off`);
      return query(sql, values);
    },
    { waitMs: WAIT_MS },
  );
}

function stateOf(error: unknown): string | undefined {
  return error instanceof Error ? sqlState(error.cause) : undefined;
}

/** `data_corrupted` and `index_corrupted`. */
function isDamage(state: string | undefined): boolean {
  return state === 'XX001' || state === 'XX002';
}

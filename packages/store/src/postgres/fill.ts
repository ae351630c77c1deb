import type { EventRow } from '@forcemint/core/connections/connection';
import type { PendingRevocation, StoredRow } from '@forcemint/core/ports';
import { RAISED } from './change-marks.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import type { Database, Transaction } from './database.ts';
import { DURABLY } from './durability.ts';
import { type Column, names, Parameters } from './parameters.ts';
import { CONTENT, EVENT, REVOCATION } from './write-parts.ts';

/** Rows in one statement at most. */
const BATCH = 1_000;
const RAISE_ALL = `UPDATE forcemint.changes c SET ${RAISED}`;
/** For statements over everything. */
const WAIT_MS = 600_000;

export interface Content {
  readonly rows?: readonly StoredRow[];
  readonly events?: readonly EventRow[];
  readonly revocations?: readonly PendingRevocation[];
}

/** Writes what comes from another store, in one transaction. @throws StoreError; also when the store is not being filled */
export async function fill(database: Database, { rows = [], events = [], revocations = [] }: Content): Promise<void> {
  await whileFilling(database, async ({ query }) => {
    for (const part of batches(rows)) await fillRows(query, part);
    for (const part of batches(events)) await fillEvents(query, part);
    for (const part of batches(revocations)) await fillRevocations(query, part);
  });
}

/** @throws StoreError; also when the store is not being filled */
export async function empty(database: Database): Promise<void> {
  await whileFilling(database, async ({ query }) => {
    for (const table of ['events', 'revocations', 'staged_answers', 'leases', 'tokens', 'connections'])
      await query(`DELETE FROM forcemint.${table}`);
    await query(RAISE_ALL);
  });
}

async function whileFilling(database: Database, body: (transaction: Transaction) => Promise<void>): Promise<void> {
  await database.transaction(
    async (transaction) => {
      // Behind this lock the condition stays what it is, and two who fill at once come one after the other.
      const [meta] = await transaction.query(
        `SELECT m.condition, ${DURABLY}, set_config('statement_timeout', '0', true) FROM forcemint.meta m WHERE m.id = 1 FOR UPDATE`,
      );
      refuseWrite('fill', conditionOf(meta));
      await body(transaction);
    },
    { waitMs: WAIT_MS },
  );
}

async function fillRows(query: Transaction['query'], rows: readonly StoredRow[]): Promise<void> {
  const gone = rows.filter(({ connection }) => connection === undefined).map(({ token }) => token.connectionId);
  if (gone.length > 0) await query('DELETE FROM forcemint.connections WHERE id = ANY ($1::text[])', [gone]);
  const connections = rows.flatMap(({ connection }) => connection ?? []);
  const p = new Parameters();
  const connected = upsert(p, 'connections', 'id', connections, [
    ['id', 'text', ({ id }) => id],
    ['name', 'text', ({ name }) => name],
    ['revision', 'bigint', ({ revision }) => revision],
    ['settings', 'text', ({ settings }) => JSON.stringify(settings)],
    ['secrets', 'bytea', ({ secrets }) => secrets],
    ['created_at_ms', 'bigint', ({ createdAtMs }) => createdAtMs],
    ['updated_at_ms', 'bigint', ({ updatedAtMs }) => updatedAtMs],
  ]);
  const tokens = rows.map(({ token }) => token);
  const tokened = upsert(p, 'tokens', 'connection_id', tokens, [
    ['connection_id', 'text', ({ connectionId }) => connectionId],
    ['revision', 'bigint', ({ revision }) => revision],
    ['version', 'bigint', ({ version }) => version],
    ...CONTENT,
    ['write_ids', 'text', () => ''],
  ]);
  // In one go: the process that fills is busy sealing what comes next, and each answer waits until it looks.
  await query(`WITH connected AS (${connected}), raised AS (${RAISE_ALL}) ${tokened}`, p.values);
}

/** Behind what is there, in the order in which they come. */
async function fillEvents(query: Transaction['query'], events: readonly EventRow[]): Promise<void> {
  const p = new Parameters();
  const columns: readonly Column<EventRow>[] = [['connection_id', 'text', ({ connectionId }) => connectionId], ...EVENT];
  await query(
    `WITH given AS MATERIALIZED (
       SELECT g.*, row_number() OVER (PARTITION BY g.connection_id ORDER BY g.place) AS nth
       FROM ${p.rows(events, columns)} WITH ORDINALITY AS g (${names(columns)}, place)),
     last AS MATERIALIZED (
       SELECT d.connection_id, coalesce((SELECT max(e.ordinal) FROM forcemint.events e WHERE e.connection_id = d.connection_id), 0) AS ordinal
       FROM (SELECT DISTINCT connection_id FROM given) d),
     noted AS (
       INSERT INTO forcemint.events (connection_id, ordinal, at_ms, type, detail)
       SELECT g.connection_id, l.ordinal + g.nth, g.at_ms, g.type, g.detail FROM given g JOIN last l USING (connection_id) ORDER BY g.place
       RETURNING connection_id, ordinal),
     raised AS (${RAISE_ALL})
     UPDATE forcemint.tokens t SET last_event = greatest(t.last_event, n.ordinal)
     FROM (SELECT connection_id, max(ordinal) AS ordinal FROM noted GROUP BY connection_id) n WHERE t.connection_id = n.connection_id`,
    p.values,
  );
}

async function fillRevocations(query: Transaction['query'], revocations: readonly PendingRevocation[]): Promise<void> {
  const p = new Parameters();
  await query(upsert(p, 'revocations', 'id', revocations, [...REVOCATION, ['write_id', 'text', () => '']]), p.values);
}

function upsert<R>(p: Parameters, table: string, key: string, rows: readonly R[], columns: readonly Column<R>[]): string {
  const replaced = columns.filter(([name]) => name !== key).map(([name]) => `${name} = excluded.${name}`);
  return `INSERT INTO forcemint.${table} (${names(columns)}) SELECT * FROM ${p.rows(rows, columns)}
     ON CONFLICT (${key}) DO UPDATE SET ${replaced.join(', ')}`;
}

function batches<R>(rows: readonly R[]): R[][] {
  return Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, n) => rows.slice(n * BATCH, (n + 1) * BATCH));
}

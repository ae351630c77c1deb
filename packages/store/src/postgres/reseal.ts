import type { PendingRevocation } from '@forcemint/core/ports';
import type { ResealedRow } from '@forcemint/core/store-maintenance';
import { integer } from '../rows/columns.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import type { Database } from './database.ts';
import { DURABLY } from './durability.ts';
import { type Column, names, Parameters } from './parameters.ts';
import { raiseMarks } from './revocation-writes.ts';
import { allows } from './write-parts.ts';

const GIVEN: readonly Column<ResealedRow>[] = [
  ['id', 'text', idOf],
  ['connection_revision', 'bigint', ({ connection }) => connection?.revision],
  ['secrets', 'bytea', ({ connection }) => connection?.secrets],
  ['token_revision', 'bigint', ({ token }) => token?.revision],
  ['refresh_token', 'bytea', ({ token }) => token?.refreshToken],
  ['access_token', 'bytea', ({ token }) => token?.accessToken],
  ['held_answer', 'bytea', ({ token }) => token?.heldAnswer],
];

/**
 * One statement for all rows. The lock of the token row comes first and keeps every other writer of the connection out; then the connection is written where
 * its revision is the expected one, and the token row where that was so: both or neither.
 * @throws StoreError
 */
export async function reseal(database: Database, rows: readonly ResealedRow[]): Promise<readonly boolean[]> {
  if (rows.length === 0) return [];
  const p = new Parameters();
  // No two of these are joined with each other: the server can't know how many rows they have, and would compare each with each.
  const result = await database.send(
    `WITH given AS MATERIALIZED (
       SELECT * FROM ${p.rows(rows, GIVEN)} WITH ORDINALITY AS g (${names(GIVEN)}, place) WHERE ${allows('begin')} AND ${DURABLY}),
     locked AS MATERIALIZED (
       SELECT g.* FROM given g JOIN forcemint.tokens t ON t.connection_id = g.id
       WHERE g.token_revision IS NULL OR t.revision = g.token_revision - 1
       ORDER BY t.connection_id FOR UPDATE OF t),
     connected AS (
       UPDATE forcemint.connections c SET revision = g.connection_revision, secrets = g.secrets
       FROM locked g WHERE c.id = g.id AND c.revision = g.connection_revision - 1 RETURNING c.id),
     fit AS MATERIALIZED (
       SELECT g.* FROM locked g WHERE g.connection_revision IS NULL OR g.id IN (SELECT id FROM connected)),
     tokened AS (
       UPDATE forcemint.tokens t SET revision = g.token_revision, refresh_token = g.refresh_token, access_token = g.access_token,
         held_answer = g.held_answer
       FROM fit g WHERE t.connection_id = g.id AND g.token_revision IS NOT NULL RETURNING t.connection_id),
     written AS MATERIALIZED (SELECT id FROM fit),
     ${raiseMarks(p, rows.map(idOf))}
     SELECT m.condition, (SELECT array_agg(f.place::int) FROM fit f) AS places, (SELECT count(*) FROM tokened)::int AS tokened
     FROM forcemint.meta m WHERE m.id = 1`,
    p.values,
  );
  refuseWrite('begin', conditionOf(result[0]));
  const places: unknown = result[0]?.['places'];
  const written = new Set(Array.isArray(places) ? places : []);
  return rows.map((_, index) => written.has(index + 1));
}

/** @throws StoreError */
export async function resealRevocation(database: Database, revocation: PendingRevocation): Promise<boolean> {
  const [row] = await database.send(
    `WITH written AS (
       UPDATE forcemint.revocations SET sealed = $3::bytea
       WHERE id = $1::text AND tries = $2::bigint AND ${allows('begin')} AND ${DURABLY} RETURNING id)
     SELECT (SELECT count(*) FROM written)::int AS written, m.condition FROM forcemint.meta m WHERE m.id = 1`,
    [revocation.id, revocation.tries, revocation.sealed],
  );
  refuseWrite('begin', conditionOf(row));
  return integer(row, 'written') > 0;
}

function idOf({ connection, token }: ResealedRow): string {
  const id = token?.connectionId ?? connection?.id;
  if (id === undefined || (connection !== undefined && connection.id !== id)) {
    throw new TypeError('a row that is sealed anew has neither connection nor token, or those of two');
  }
  return id;
}

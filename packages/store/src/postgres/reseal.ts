import type { PendingRevocation } from '@forcemint/core/ports';
import type { ResealedRow } from '@forcemint/core/store-maintenance';
import { integer } from '../rows/columns.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import type { Database } from './database.ts';
import { DURABLY } from './durability.ts';
import { Parameters } from './parameters.ts';
import { raiseMarks } from './revocation-writes.ts';
import { allows } from './write-parts.ts';

/**
 * One statement for all rows. The lock of the token row comes first and keeps every other writer of the connection out; then the connection is written where
 * its revision is the expected one, and the token row where that was so: both or neither.
 * @throws StoreError
 */
export async function reseal(database: Database, rows: readonly ResealedRow[]): Promise<readonly boolean[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(idOf);
  const p = new Parameters();
  const column = (of: (row: ResealedRow) => unknown, type: string) =>
    p.add(
      rows.map((row) => of(row) ?? null),
      `${type}[]`,
    );
  const bytes = (of: (row: ResealedRow) => Uint8Array | undefined) =>
    column((row) => {
      const value = of(row);
      return value && Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }, 'bytea');
  const columns = [
    p.add(ids, 'text[]'),
    column(({ connection }) => connection?.revision, 'bigint'),
    bytes(({ connection }) => connection?.secrets),
    column(({ token }) => token?.revision, 'bigint'),
    bytes(({ token }) => token?.refreshToken),
    bytes(({ token }) => token?.accessToken),
    bytes(({ token }) => token?.heldAnswer),
  ];
  const result = await database.send(
    `WITH given AS MATERIALIZED (
       SELECT * FROM unnest(${columns.join(', ')}) WITH ORDINALITY
         AS g (id, connection_revision, secrets, token_revision, refresh_token, access_token, held_answer, place)
       WHERE ${allows('begin')} AND ${DURABLY}),
     locked AS MATERIALIZED (
       SELECT t.connection_id FROM forcemint.tokens t JOIN given g ON g.id = t.connection_id
       WHERE g.token_revision IS NULL OR t.revision = g.token_revision - 1
       ORDER BY t.connection_id FOR UPDATE OF t),
     connected AS (
       UPDATE forcemint.connections c SET revision = g.connection_revision, secrets = g.secrets
       FROM given g JOIN locked l ON l.connection_id = g.id
       WHERE c.id = g.id AND c.revision = g.connection_revision - 1 RETURNING c.id),
     fit AS MATERIALIZED (
       SELECT g.* FROM given g JOIN locked l ON l.connection_id = g.id
       WHERE g.connection_revision IS NULL OR g.id IN (SELECT id FROM connected)),
     tokened AS (
       UPDATE forcemint.tokens t SET revision = g.token_revision, refresh_token = g.refresh_token, access_token = g.access_token,
         held_answer = g.held_answer
       FROM fit g WHERE t.connection_id = g.id AND g.token_revision IS NOT NULL RETURNING t.connection_id),
     written AS MATERIALIZED (SELECT id FROM fit),
     ${raiseMarks(p, ids)}
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

import type { Pick } from '@forcemint/core/ports';
import type { Query } from './database.ts';
import { Parameters } from './parameters.ts';

/** Names of connections whose exchange has not come to rest. */
export function listUnsettled(limit: number, pick: Pick | undefined): Query {
  const p = new Parameters();
  return names(p, 't.unsettled', 't.connection_id', limit, pick);
}

/** Names of connections that lie idle, the longest idle first. @param issuedBefore epoch seconds */
export function listIdle(issuedBefore: number, limit: number, pick: Pick | undefined): Query {
  const p = new Parameters();
  return names(p, `t.idle_since < ${p.add(Math.trunc(issuedBefore), 'bigint')}`, 't.idle_since', limit, pick);
}

function names(p: Parameters, which: string, order: string, limit: number, pick: Pick | undefined): Query {
  const most = p.add(limit, 'bigint');
  if (pick === undefined) {
    return {
      text: `SELECT c.name FROM forcemint.tokens t JOIN forcemint.connections c ON c.id = t.connection_id WHERE ${which} ORDER BY ${order} LIMIT ${most}`,
      values: p.values,
    };
  }
  return { text: picking(p, which, order, most, pick), values: p.values };
}

/**
 * `SKIP LOCKED` only keeps those who pick at the same moment from waiting for each other. That no two of them get the same row is the upsert's
 * doing: it looks again, with the row of `leases` locked.
 */
function picking(p: Parameters, which: string, order: string, most: string, { replicaId, forMs }: Pick): string {
  const replica = p.add(replicaId, 'text');
  const until = `clock_timestamp() + ${p.add(Math.trunc(forMs), 'bigint')} * interval '1 millisecond'`;
  const isFree = (lease: string) =>
    `(${lease}.picked_until IS NULL OR ${lease}.picked_until < clock_timestamp() OR ${lease}.picked_by = ${replica})`;
  return `WITH found AS MATERIALIZED (
      SELECT t.connection_id, c.name, ${order} AS place
      FROM forcemint.tokens t JOIN forcemint.connections c ON c.id = t.connection_id
      WHERE ${which} AND NOT EXISTS (SELECT FROM forcemint.leases l WHERE l.connection_id = t.connection_id AND NOT ${isFree('l')})
      ORDER BY ${order} LIMIT ${most} FOR NO KEY UPDATE OF t SKIP LOCKED),
    picked AS (
      INSERT INTO forcemint.leases AS l (connection_id, lease_id, replica_id, until, picked_by, picked_until)
      SELECT f.connection_id, '', ${replica}, '-infinity', ${replica}, ${until} FROM found f ORDER BY f.connection_id
      ON CONFLICT (connection_id) DO UPDATE SET picked_by = excluded.picked_by, picked_until = excluded.picked_until WHERE ${isFree('l')}
      RETURNING l.connection_id)
    SELECT f.name FROM found f JOIN picked p ON p.connection_id = f.connection_id ORDER BY f.place`;
}

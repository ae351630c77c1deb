import type { ConnectionEvent } from '@forcemint/core/connections/connection';
import type { PendingRevocation } from '@forcemint/core/ports';
import { RAISED, shardOf } from './change-marks.ts';
import type { Write } from './database.ts';
import { DURABLY } from './durability.ts';
import { Parameters } from './parameters.ts';
import { addEvents, addRevocations, allows, rememberWrite } from './write-parts.ts';

const OUTCOME = '(SELECT count(*) FROM written)::int AS written, m.condition FROM forcemint.meta m WHERE m.id = 1';

/** Common table expressions that raise the marks of several connections once `written` has a row, in the order of their shards, so that two who do so don't wait for each other. */
export function raiseMarks(p: Parameters, connectionIds: readonly string[]): string {
  const shards = p.add([...new Set(connectionIds.map(shardOf))], 'smallint[]');
  return `counted AS MATERIALIZED (SELECT c.shard FROM forcemint.changes c WHERE c.shard = ANY (${shards}) AND EXISTS (SELECT FROM written)
      ORDER BY c.shard FOR UPDATE),
    marked AS (UPDATE forcemint.changes c SET ${RAISED} FROM counted k WHERE c.shard = k.shard)`;
}

export function insertRevocations(revocations: readonly PendingRevocation[], writeId: string): Write {
  const p = new Parameters();
  const write = p.add(writeId, 'text');
  const revoked = addRevocations(p, revocations, write, `${allows('begin')} AND ${DURABLY}`);
  const marks = raiseMarks(
    p,
    revocations.map(({ connectionId }) => connectionId),
  );
  const text = `WITH ${revoked.join(', ')}, written AS MATERIALIZED (SELECT connection_id FROM revoked), ${marks} SELECT ${OUTCOME}`;
  // Adding what is there already changes nothing: it may simply be sent again.
  return { text, values: p.values, wasWritten: async () => false };
}

export function claimRevocation({ id, connectionId, tries }: PendingRevocation, dueAtMs: number, writeId: string): Write {
  const p = new Parameters();
  const [key, write] = [p.add(id, 'text'), p.add(writeId, 'text')];
  const text = `WITH written AS (
      UPDATE forcemint.revocations r SET tries = r.tries + 1, due_at_ms = ${p.add(dueAtMs, 'bigint')}, write_id = ${write}
      WHERE r.id = ${key} AND r.tries = ${p.add(tries, 'bigint')} AND ${allows('begin')} AND ${DURABLY} RETURNING r.id),
    ${raiseMarks(p, [connectionId])} SELECT ${OUTCOME}`;
  return {
    text,
    values: p.values,
    wasWritten: async (database) =>
      (await database.readFresh('SELECT 1 AS found FROM forcemint.revocations WHERE id = $1 AND write_id = $2', [id, writeId]))
        .length > 0,
  };
}

/**
 * Its events go to the revocation's connection, which may have no token row any more: then their ordinals follow the last one that is seen, and a sibling
 * that did the same at the same time makes this one fail for a duplicate.
 */
export function deleteRevocation(id: string, events: readonly ConnectionEvent[], writeId: string): Write {
  const p = new Parameters();
  const connectionId = events[0]?.connectionId;
  const key = p.add(id, 'text');
  const parts = [
    `written AS (DELETE FROM forcemint.revocations r WHERE r.id = ${key} AND ${allows('begin')} AND ${DURABLY} RETURNING r.connection_id)`,
  ];
  if (connectionId !== undefined) {
    const [connection, count] = [p.add(connectionId, 'text'), p.add(events.length, 'bigint')];
    parts.push(
      `history AS (UPDATE forcemint.tokens t SET last_event = t.last_event + ${count}, ${rememberWrite(p.add(writeId, 'text'))}
        FROM written WHERE t.connection_id = ${connection} RETURNING t.connection_id, t.last_event)`,
      `source AS MATERIALIZED (SELECT connection_id, last_event FROM history UNION ALL
        SELECT ${connection}, ${count} + coalesce((SELECT max(e.ordinal) FROM forcemint.events e WHERE e.connection_id = ${connection}), 0)
        FROM written WHERE NOT EXISTS (SELECT FROM forcemint.tokens t WHERE t.connection_id = ${connection}))`,
      ...addEvents(p, events, 'source'),
      raiseMarks(p, [connectionId]),
    );
  }
  return {
    text: `WITH ${parts.join(', ')} SELECT ${OUTCOME}`,
    values: p.values,
    // What is gone after the cut was most likely deleted by this statement; and if not, it is gone all the same.
    wasWritten: async (database) =>
      (await database.readFresh('SELECT 1 AS found FROM forcemint.revocations WHERE id = $1', [id])).length === 0,
  };
}

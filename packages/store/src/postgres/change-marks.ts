import type { ChangeMarks } from '@forcemint/core/ports';
import type { Row } from '../rows/columns.ts';
import { text } from '../rows/columns.ts';

/** Rows of the table `changes`. Part of the schema: a program that counted otherwise would mark changes where others don't look. */
const SHARDS = 256;

/** Which row of `changes` a connection's writes count in: FNV-1a over the UTF-8 of its id. */
export function shardOf(connectionId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(connectionId)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARDS;
}

/**
 * Every mark in one row. Each write of a connection raises its shard in its own transaction, behind the lock of the token row, so a mark and what it speaks of
 * become visible in one instant: who reads a mark and then a row has at least what was committed under that mark. (A sequence would move before the commit,
 * and `xmin` of a snapshot with every transaction of the server.) It rises by a random number, so that a server that lost its last writes
 * doesn't come by the same marks again with other content.
 */
export const READ_MARKS = `SELECT string_agg(n::text, ' ' ORDER BY shard) AS marks FROM forcemint.changes`;

/** What raises a mark, in `UPDATE forcemint.changes c SET`. */
export const RAISED = 'n = c.n + 1 + floor(random() * 1048576)::bigint';

/** Common table expression that raises the mark of one connection, once `written` has a row. @param shard a parameter */
export function raiseMark(shard: string): string {
  return `marked AS (UPDATE forcemint.changes c SET ${RAISED} FROM written WHERE c.shard = ${shard})`;
}

export function changeMarksOf(row: Row | undefined): ChangeMarks {
  const marks = text(row, 'marks').split(' ').map(Number);
  return { of: (connectionId) => marks[shardOf(connectionId)] ?? 0 };
}

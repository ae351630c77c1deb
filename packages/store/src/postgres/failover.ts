import type { StoreCondition } from '@forcemint/core/ports';
import type { Row } from '../rows/columns.ts';
import { conditionOf } from './conditions.ts';
import type { Database } from './database.ts';
import { DURABLY } from './durability.ts';
import { sqlState } from './postgres-errors.ts';

/** For how long a silent replica may still come with an answer that it holds; and, after a failover, how long is waited for what the new primary lacks. */
export const ANSWERS_WAIT_MS = 600_000;
const WAIT = `interval '${ANSWERS_WAIT_MS} milliseconds'`;
/**
 * A request may be under way whose intent the new primary lacks: its holder believes in a lease for 180 s, and for 120 s more it may be at work at the other
 * end. Replicas that live, and that the new primary may not know, are heard of long before.
 */
const AT_LEAST = "interval '300 seconds'";

/**
 * The server's timeline: a standby that is promoted begins a new one. The name of the file that is being written has it at once; `pg_control_checkpoint()`
 * only after the next checkpoint. Any role may ask for it (https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-BACKUP).
 */
const TIMELINE = 'left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)';
const NO_TIMELINE = 'NULL::text';

/** Functions that an engine lacks (42883), doesn't implement (0A000) or doesn't let this role call (42501). */
const WITHOUT: ReadonlySet<string | undefined> = new Set(['42883', '0A000', '42501']);

/** What asks this server for its timeline; where it has none, failovers go unnoticed. @throws StoreError */
export async function timelineOf(database: Database): Promise<string> {
  try {
    await database.read(`SELECT ${TIMELINE} AS timeline`);
    return TIMELINE;
  } catch (error) {
    if (error instanceof Error && WITHOUT.has(sqlState(error.cause))) return NO_TIMELINE;
    throw error;
  }
}

/**
 * Columns of a query over `forcemint.meta m`: the stored condition, whether the server is on another timeline than was noted, and until when others may
 * bring what it lacks: ten minutes, or until every replica that was heard of in the ten minutes before, or since, has brought what it has; but five minutes
 * at least, in which whatever is under way comes to its end.
 */
export function conditionColumns(timeline: string): string {
  return `m.condition, (m.timeline IS DISTINCT FROM ${timeline})::int AS unnoted,
    (SELECT floor(extract(epoch FROM m.failed_over_at) * 1000)::bigint + ${ANSWERS_WAIT_MS}
     WHERE m.failed_over_at > clock_timestamp() - ${WAIT} AND (m.failed_over_at > clock_timestamp() - ${AT_LEAST} OR EXISTS (
       SELECT FROM forcemint.replicas r
       WHERE r.seen_at >= m.failed_over_at - ${WAIT} AND r.replayed_timeline IS DISTINCT FROM m.timeline))) AS failed_over_until`;
}

/**
 * What a row with `conditionColumns` says; notes a new timeline first, where that is due.
 * @throws StoreError
 */
export async function effectiveCondition(database: Database, timeline: string, row: Row | undefined): Promise<StoreCondition> {
  if (timeline === NO_TIMELINE || row?.['unnoted'] !== 1) return conditionIn(row);
  await database.send(
    `UPDATE forcemint.meta m
     SET timeline = ${timeline}, failed_over_at = CASE WHEN m.timeline IS NULL THEN NULL ELSE clock_timestamp() END
     WHERE m.id = 1 AND m.timeline IS DISTINCT FROM ${timeline} AND ${DURABLY}`,
  );
  const [noted] = await database.read(`SELECT ${conditionColumns(timeline)} FROM forcemint.meta m WHERE m.id = 1`);
  return conditionIn(noted);
}

function conditionIn(row: Row | undefined): StoreCondition {
  const stored = conditionOf(row);
  const untilMs = row?.['failed_over_until'];
  return stored.is === 'active' && typeof untilMs === 'number' ? { is: 'failed-over', untilMs } : stored;
}

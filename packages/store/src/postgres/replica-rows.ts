import type { Clock, Replicas, StoreCondition } from '@forcemint/core/ports';
import type { ReplicaRow } from '@forcemint/core/store-maintenance';
import { integer, type Row, text } from '../rows/columns.ts';
import type { Database } from './database.ts';
import { DURABLY, HASTILY } from './durability.ts';
import { ANSWERS_WAIT_MS, conditionColumns, effectiveCondition } from './failover.ts';

/** What a replica says of itself, every few seconds. */
export interface Beat {
  /** Of its spool; never used by another machine. */
  readonly id: string;
  /** Its name, for people. */
  readonly host: string;
  /** `MasterKey.id` of the key it works with. */
  readonly masterKeyId: number;
  /** Answers in its spool that are sealed by another master key than the newest. */
  readonly formerEntries: number;
  /** The timeline for which every answer in its spool was compared with the store: what a former beat gave as `replay`. */
  readonly replayed?: string;
}

export interface Heard {
  readonly condition: StoreCondition;
  /** See `StoreStanding.generation`. */
  readonly generation: number;
  /** After a failover: compare every answer in the spool with the store, bring what is newer, then beat with this as `replayed`. */
  readonly replay: string | undefined;
}

/** Not in the list of replicas any more, and nobody waits for its answers; it is back with its next beat. */
const FORGOTTEN = "'-infinity'";

/**
 * One statement; only the first beat of a replica waits for the disk. A failover that this beat is the first to notice is in its condition at once, and in `replay` from the next beat on.
 * @throws StoreError
 */
export async function beat(database: Database, timeline: string, replica: Beat): Promise<Heard> {
  const { id, host, masterKeyId, formerEntries, replayed = null } = replica;
  const [row] = await database.send(
    `WITH heard AS (
       INSERT INTO forcemint.replicas AS r (id, host, seen_at, master_key_id, former_entries, replayed_timeline)
       SELECT $1::text, $2::text, clock_timestamp(), $3::bigint, $4::bigint, $5::text
       WHERE CASE WHEN EXISTS (SELECT FROM forcemint.replicas k WHERE k.id = $1::text) THEN ${HASTILY} ELSE ${DURABLY} END
       ON CONFLICT (id) DO UPDATE SET host = excluded.host, seen_at = excluded.seen_at, master_key_id = excluded.master_key_id,
         former_entries = excluded.former_entries, replayed_timeline = coalesce(excluded.replayed_timeline, r.replayed_timeline)
       RETURNING replayed_timeline)
     SELECT m.generation, ${conditionColumns(timeline)},
       (SELECT m.timeline FROM heard h WHERE m.failed_over_at IS NOT NULL AND h.replayed_timeline IS DISTINCT FROM m.timeline) AS replay
     FROM forcemint.meta m WHERE m.id = 1`,
    [id, host, masterKeyId, formerEntries, replayed],
  );
  const condition = await effectiveCondition(database, timeline, row);
  const replay = row?.['replay'];
  return { condition, generation: integer(row, 'generation'), replay: typeof replay === 'string' ? replay : undefined };
}

/** @throws StoreError */
export async function listReplicas(database: Database): Promise<readonly ReplicaRow[]> {
  const rows = await database.read(
    `SELECT *, floor(greatest(0, extract(epoch FROM clock_timestamp() - seen_at)) * 1000)::bigint AS silent_for_ms
     FROM forcemint.replicas WHERE seen_at > ${FORGOTTEN} ORDER BY id`,
  );
  return rows.map(replicaFromRow);
}

/** @throws StoreError */
export async function deleteReplica(database: Database, id: string): Promise<boolean> {
  const rows = await database.send(
    `UPDATE forcemint.replicas SET seen_at = ${FORGOTTEN} WHERE id = $1 AND seen_at > ${FORGOTTEN} RETURNING id`,
    [id],
  );
  return rows.length > 0;
}

function replicaFromRow(row: Row): ReplicaRow {
  return {
    id: text(row, 'id'),
    host: text(row, 'host'),
    silentForMs: integer(row, 'silent_for_ms'),
    masterKeyId: integer(row, 'master_key_id'),
    formerEntries: integer(row, 'former_entries'),
  };
}

/**
 * How long others wait for a replica's answers: ten minutes from its last beat. One that never beat, or whose row was lost in a failover, is given ten
 * minutes from when this process was first asked for it; one that an operator has removed, none.
 */
export class ReplicaRows implements Replicas {
  readonly ownId: string;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #askedAtMs = new Map<string, number>();

  constructor(database: Database, clock: Clock, ownId: string) {
    this.#database = database;
    this.#clock = clock;
    this.ownId = ownId;
  }

  async answersForMs(replicaId: string): Promise<number> {
    const [row] = await this.#database.read(
      `SELECT ceil(greatest(0, ${ANSWERS_WAIT_MS} - extract(epoch FROM clock_timestamp() - greatest(seen_at, '1970-01-01'::timestamptz)) * 1000))::bigint
         AS remaining_ms FROM forcemint.replicas WHERE id = $1`,
      [replicaId],
    );
    if (row !== undefined) {
      this.#askedAtMs.delete(replicaId);
      return Math.min(integer(row, 'remaining_ms'), ANSWERS_WAIT_MS);
    }
    const nowMs = this.#clock.monotonicMs();
    const askedAtMs = this.#askedAtMs.get(replicaId) ?? nowMs;
    this.#askedAtMs.set(replicaId, askedAtMs);
    return Math.max(0, ANSWERS_WAIT_MS - (nowMs - askedAtMs));
  }
}

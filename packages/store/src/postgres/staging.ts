import type { SpooledAnswer } from '@forcemint/core/ports';
import { blob, integer, type Row, text } from '../rows/columns.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import type { Database } from './database.ts';
import { DURABLY, HASTILY } from './durability.ts';
import { allows } from './write-parts.ts';

/**
 * Raw answers in the database, beside the machine's own spool: for other machines to find when this one is gone. One for each connection; it goes when the
 * token row has a later version.
 */
export class Staging {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * An answer to a newer version is not overwritten.
   * @param durable `false`: doesn't wait for the disk of the database, where the answer is durable elsewhere already. Default `true`
   * @throws StoreError `store_moved`, `store_filling`
   */
  async write(answer: SpooledAnswer, { durable = true }: { readonly durable?: boolean } = {}): Promise<void> {
    const { connectionId, attemptId, version, stagedAtMs, sealed } = answer;
    const [row] = await this.#database.send(
      `WITH staged AS (
         INSERT INTO forcemint.staged_answers AS s (connection_id, attempt_id, version, staged_at_ms, sealed)
         SELECT $1::text, $2::text, $3::bigint, $4::bigint, $5::bytea WHERE ${allows('settle')} AND ${durable ? DURABLY : HASTILY}
         ON CONFLICT (connection_id) DO UPDATE SET attempt_id = excluded.attempt_id, version = excluded.version,
           staged_at_ms = excluded.staged_at_ms, sealed = excluded.sealed
         WHERE s.version <= excluded.version)
       SELECT m.condition FROM forcemint.meta m WHERE m.id = 1`,
      [connectionId, attemptId, version, stagedAtMs, sealed],
    );
    refuseWrite('settle', conditionOf(row));
  }

  /** @throws StoreError */
  async read(connectionId: string): Promise<SpooledAnswer | undefined> {
    const [row] = await this.#database.read('SELECT * FROM forcemint.staged_answers WHERE connection_id = $1', [connectionId]);
    return row && answerFromRow(row);
  }

  /** @throws StoreError */
  async clear(connectionId: string): Promise<void> {
    await this.#database.send('DELETE FROM forcemint.staged_answers WHERE connection_id = $1', [connectionId]);
  }
}

function answerFromRow(row: Row): SpooledAnswer {
  return {
    connectionId: text(row, 'connection_id'),
    attemptId: text(row, 'attempt_id'),
    version: integer(row, 'version'),
    stagedAtMs: integer(row, 'staged_at_ms'),
    sealed: blob(row, 'sealed'),
  };
}

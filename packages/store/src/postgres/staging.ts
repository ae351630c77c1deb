import type { Clock, SpooledAnswer } from '@forcemint/core/ports';
import { blob, integer, type Row, text } from '../rows/columns.ts';
import { Batch } from './batch.ts';
import { conditionOf, refuseWrite } from './conditions.ts';
import type { Database } from './database.ts';
import { DURABLY, HASTILY } from './durability.ts';
import { type Column, names, Parameters } from './parameters.ts';
import { allows } from './write-parts.ts';

const COLUMNS: readonly Column<SpooledAnswer>[] = [
  ['connection_id', 'text', ({ connectionId }) => connectionId],
  ['attempt_id', 'text', ({ attemptId }) => attemptId],
  ['version', 'bigint', ({ version }) => version],
  ['staged_at_ms', 'bigint', ({ stagedAtMs }) => stagedAtMs],
  ['sealed', 'bytea', ({ sealed }) => sealed],
];

/**
 * Raw answers in the database, beside the machine's own spool: for other machines to find when this one is gone. One for each connection; it goes when the
 * token row has a later version.
 */
export class Staging {
  readonly #database: Database;
  readonly #hasty: Batch<SpooledAnswer, undefined>;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#hasty = new Batch((answers) => this.#write(answers, HASTILY), clock);
  }

  /**
   * An answer to a newer version is not overwritten.
   * @param durable `false`: doesn't wait for the disk of the database, where the answer is durable elsewhere already. Default `true`
   * @throws StoreError `store_moved`, `store_filling`
   */
  async write(answer: SpooledAnswer, { durable = true }: { readonly durable?: boolean } = {}): Promise<void> {
    await (durable ? this.#write([answer], DURABLY) : this.#hasty.call(answer));
  }

  async #write(answers: readonly SpooledAnswer[], durability: string): Promise<undefined[]> {
    // One statement writes a row once.
    const last = new Map(answers.toSorted((a, b) => a.version - b.version).map((answer) => [answer.connectionId, answer]));
    const p = new Parameters();
    const [row] = await this.#database.send(
      `WITH staged AS (
         INSERT INTO forcemint.staged_answers AS s (${names(COLUMNS)})
         SELECT a.* FROM ${p.rows([...last.values()], COLUMNS)} AS a (${names(COLUMNS)}) WHERE ${allows('settle')} AND ${durability}
         -- In one order for everybody, so that no two wait for each other.
         ORDER BY a.connection_id
         ON CONFLICT (connection_id) DO UPDATE SET attempt_id = excluded.attempt_id, version = excluded.version,
           staged_at_ms = excluded.staged_at_ms, sealed = excluded.sealed
         WHERE s.version <= excluded.version)
       SELECT m.condition FROM forcemint.meta m WHERE m.id = 1`,
      p.values,
    );
    refuseWrite('settle', conditionOf(row));
    return answers.map(() => undefined);
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

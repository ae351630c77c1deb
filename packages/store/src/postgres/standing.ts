import type { StoreCondition } from '@forcemint/core/ports';
import type { StoreStanding } from '@forcemint/core/store-maintenance';
import { integer, text } from '../rows/columns.ts';
import type { Database } from './database.ts';
import { conditionColumns, effectiveCondition } from './failover.ts';

/** How long a change of condition waits for writes under way. Theirs is shorter. */
const LOCK_WAIT_MS = 30_000;

/** What the store says of itself: its row of `meta`. */
export class Standing {
  readonly #database: Database;
  readonly #timeline: string;

  constructor(database: Database, timeline: string) {
    this.#database = database;
    this.#timeline = timeline;
  }

  async read(): Promise<StoreStanding> {
    const [row] = await this.#database.read(
      `SELECT m.store_id, m.label, m.generation, ${conditionColumns(this.#timeline)} FROM forcemint.meta m WHERE m.id = 1`,
    );
    return {
      storeId: text(row, 'store_id'),
      label: row?.['label'] === null ? undefined : text(row, 'label'),
      generation: integer(row, 'generation'),
      condition: await effectiveCondition(this.#database, this.#timeline, row),
    };
  }

  async condition(): Promise<StoreCondition> {
    const [row] = await this.#database.read(`SELECT ${conditionColumns(this.#timeline)} FROM forcemint.meta m WHERE m.id = 1`);
    return effectiveCondition(this.#database, this.#timeline, row);
  }

  /**
   * Each write looks at the condition in its own statement. One that had looked before this is waited for: it holds a lock on its tables that the one taken
   * here can't be taken beside. One that comes later waits for this lock before it takes its snapshot, and so sees the new condition (read committed).
   */
  setCondition(next: StoreCondition, expected: StoreCondition): Promise<boolean> {
    if (next.is === 'failed-over') throw new TypeError('this condition follows from what happened; it is not set');
    // What follows from a failover stands beside the stored condition, which is `active` then.
    const stored: StoreCondition = expected.is === 'failed-over' ? { is: 'active' } : expected;
    return this.#database.transaction(
      async ({ query, durable }) => {
        await durable();
        await query("SELECT set_config('lock_timeout', $1, true)", [String(LOCK_WAIT_MS)]);
        await query('LOCK TABLE forcemint.connections, forcemint.tokens, forcemint.revocations IN SHARE ROW EXCLUSIVE MODE');
        const rows = await query(
          'UPDATE forcemint.meta SET condition = $1::jsonb WHERE id = 1 AND condition = $2::jsonb RETURNING id',
          [JSON.stringify(next), JSON.stringify(stored)],
        );
        return rows.length > 0;
      },
      { waitMs: 2 * LOCK_WAIT_MS, whenCut: async () => ((await this.#isNow(next)) ? true : undefined) },
    );
  }

  async setLabel(label: string): Promise<void> {
    await this.#database.transaction(async ({ query, durable }) => {
      await durable();
      await query('UPDATE forcemint.meta SET label = $1 WHERE id = 1', [label]);
    });
  }

  raiseGeneration(atLeast = 0): Promise<number> {
    return this.#database.transaction(async ({ query, durable }) => {
      await durable();
      const [row] = await query(
        'UPDATE forcemint.meta SET generation = greatest(generation + 1, $1::bigint) WHERE id = 1 RETURNING generation',
        [atLeast],
      );
      return integer(row, 'generation');
    });
  }

  async #isNow(condition: StoreCondition): Promise<boolean> {
    const rows = await this.#database.readFresh('SELECT id FROM forcemint.meta WHERE id = 1 AND condition = $1::jsonb', [
      JSON.stringify(condition),
    ]);
    return rows.length > 0;
  }
}

import type { ChangeMarks, Clock, LiveRow } from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { text } from '../rows/columns.ts';
import { connectionColumns, liveRowFrom, tokenFromRow } from '../rows/rows.ts';
import { Batch } from './batch.ts';
import { changeMarksOf, READ_MARKS } from './change-marks.ts';
import type { Database } from './database.ts';

/** The reads that every renewal does several of. Those that come while others are under way share a statement. @throws StoreError, all of them */
export class RowReads {
  readonly #rows: Batch<string, LiveRow | undefined>;
  readonly #tokens: Batch<string, TokenRow | undefined>;
  readonly #marks: Batch<undefined, ChangeMarks>;

  constructor(database: Database, clock: Clock) {
    this.#rows = new Batch(async (names) => {
      const rows = await database.read(
        `SELECT t.*, ${connectionColumns('c')} FROM forcemint.connections c JOIN forcemint.tokens t ON t.connection_id = c.id
         WHERE c.name = ANY ($1::text[])`,
        [names],
      );
      const found = new Map(rows.map((row) => [text(row, 'c_name'), row]));
      return names.map((name) => {
        const row = found.get(name);
        return row && liveRowFrom(row);
      });
    }, clock);
    this.#tokens = new Batch(async (ids) => {
      const rows = await database.read('SELECT * FROM forcemint.tokens WHERE connection_id = ANY ($1::text[])', [ids]);
      const found = new Map(rows.map((row) => [text(row, 'connection_id'), row]));
      return ids.map((id) => {
        const row = found.get(id);
        return row && tokenFromRow(row);
      });
    }, clock);
    this.#marks = new Batch(async (calls) => {
      const [row] = await database.read(READ_MARKS);
      const marks = changeMarksOf(row);
      return calls.map(() => marks);
    }, clock);
  }

  row(name: string): Promise<LiveRow | undefined> {
    return this.#rows.call(name);
  }

  token(connectionId: string): Promise<TokenRow | undefined> {
    return this.#tokens.call(connectionId);
  }

  marks(): Promise<ChangeMarks> {
    return this.#marks.call(undefined);
  }
}

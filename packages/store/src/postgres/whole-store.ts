import type { EventRow } from '@forcemint/core/connections/connection';
import type { PendingRevocation, StoredRow } from '@forcemint/core/ports';
import type { StoreSize } from '@forcemint/core/store-maintenance';
import { integer, type Row } from '../rows/columns.ts';
import { connectionColumns, eventFromRow, revocationFromRow, storedRowFrom } from '../rows/rows.ts';
import type { Database } from './database.ts';

/** Everything that the store holds, page by page. @throws StoreError, all of them */
export class WholeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async size(): Promise<StoreSize> {
    const [row] = await this.#database.read(
      `SELECT (SELECT count(*) FROM forcemint.connections) AS connections, (SELECT count(*) FROM forcemint.tokens) AS tokens,
         (SELECT count(*) FROM forcemint.events) AS events, (SELECT count(*) FROM forcemint.revocations) AS revocations`,
    );
    return {
      connections: integer(row, 'connections'),
      tokens: integer(row, 'tokens'),
      events: integer(row, 'events'),
      revocations: integer(row, 'revocations'),
    };
  }

  async pageRows(after: string | undefined, limit: number): Promise<readonly StoredRow[]> {
    return (await this.rawRows(after, limit)).map(storedRowFrom);
  }

  /** The same, unread (what is said of both sides lets the server begin on both where the page begins, not at the first row): for who wants to know which of them can't be. */
  rawRows(after: string | undefined, limit: number): Promise<readonly Row[]> {
    return this.#database.read(
      `SELECT t.*, ${connectionColumns('c')}
       FROM forcemint.tokens t LEFT JOIN forcemint.connections c ON c.id = t.connection_id AND c.id > $1::text
       WHERE t.connection_id > $1::text ORDER BY t.connection_id LIMIT $2::bigint`,
      [after ?? '', limit],
    );
  }

  async pageEvents(after: number, limit: number): Promise<readonly EventRow[]> {
    const sql = 'SELECT * FROM forcemint.events WHERE seq > $1::bigint ORDER BY seq LIMIT $2::bigint';
    return (await this.#database.read(sql, [after, limit])).map(eventFromRow);
  }

  async pageRevocations(after: string | undefined, limit: number): Promise<readonly PendingRevocation[]> {
    const sql = 'SELECT * FROM forcemint.revocations WHERE id > $1::text ORDER BY id LIMIT $2::bigint';
    return (await this.#database.read(sql, [after ?? '', limit])).map(revocationFromRow);
  }
}

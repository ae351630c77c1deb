import type { EventRow } from '@forcemint/core/connections/connection';
import type { PendingRevocation, StoredRow } from '@forcemint/core/ports';
import type { StoreSize } from '@forcemint/core/store-maintenance';
import { integer, type Row } from '../sqlite/columns.ts';
import { connectionFromRow, eventFromRow, revocationFromRow, tokenFromRow } from '../sqlite/rows.ts';
import type { Database } from './database.ts';

const CONNECTION_COLUMNS = ['id', 'name', 'revision', 'settings', 'secrets', 'created_at_ms', 'updated_at_ms'];

/** The columns of a connection, for `storedFromRow`. @param table its alias */
export function connectionColumns(table: string): string {
  return CONNECTION_COLUMNS.map((column) => `${table}.${column} AS c_${column}`).join(', ');
}

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
    return (await this.rawRows(after, limit)).map(storedFromRow);
  }

  /** The same, unread: for who wants to know which of them can't be. */
  rawRows(after: string | undefined, limit: number): Promise<readonly Row[]> {
    return this.#database.read(
      `SELECT t.*, ${connectionColumns('c')}
       FROM forcemint.tokens t LEFT JOIN forcemint.connections c ON c.id = t.connection_id
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

export function storedFromRow(row: Row): StoredRow {
  const connection = Object.fromEntries(CONNECTION_COLUMNS.map((column) => [column, row[`c_${column}`] ?? null]));
  return { connection: row['c_id'] === null ? undefined : connectionFromRow(connection), token: tokenFromRow(row) };
}

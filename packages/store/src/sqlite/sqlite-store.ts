import type { ConnectionEvent, ConnectionRow, EventRow } from '@forcemint/core/connections/connection';
import type {
  ChangeMarks,
  LiveRow,
  PendingRevocation,
  StoreCondition,
  TokenStore,
  TokenUpdateOptions,
} from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { integer, text } from '../rows/columns.ts';
import { mustBelong, mustFollow } from '../rows/row-rules.ts';
import { connectionFromRow, eventFromRow, liveRowFrom, revocationFromRow, tokenFromRow, tokenParameters } from '../rows/rows.ts';
import { addEvents } from './add-events.ts';
import type { SqliteHandleOptions } from './handle.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { networkFileSystem } from './network-file-system.ts';
import { openDatabase } from './open-database.ts';
import { asStoreError, isRefusedByTrigger } from './sqlite-errors.ts';
import { SqliteMaintenance } from './sqlite-maintenance.ts';

export interface SqliteStoreOptions extends SqliteHandleOptions {
  /** Never creates, migrates or writes. Default `false`. */
  readonly readOnly?: boolean;
  /** Limit of the file's size in pages of 4,096 bytes; beyond it writes fail with `store_full`. Default: none. */
  readonly maxPages?: number;
  /** Which network file system a path lies on, `undefined` for a local one. Default: as the operating system says. */
  readonly networkFileSystem?: (path: string) => string | undefined;
}

/**
 * Opens the store, and creates it where it is missing. Any number of processes may do so at the same moment.
 * @throws StoreError `insecure_permissions`, `network_file_system`, `store_newer`, `store_corrupt`, `store_unavailable`, `store_read_only`, `store_full`,
 * `store_locked`
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, clock, random, readOnly = false, maxPages, networkFileSystem: kindOf = networkFileSystem } = options;
  const database = await openDatabase({
    path,
    clock,
    random,
    readOnly,
    maxPages,
    migrations: MIGRATIONS,
    networkFileSystem: kindOf,
  });
  try {
    return new SqliteStore(database, options);
  } catch (error) {
    database.close();
    throw asStoreError(error, path);
  }
}

/** The store in an SQLite file: WAL, `synchronous=FULL`, group commit. Reads see what is committed. */
export class SqliteStore extends SqliteMaintenance implements TokenStore {
  getConnection(name: string): Promise<ConnectionRow | undefined> {
    return this.read(() => {
      const row = this.statements.connection.get(name);
      return row && connectionFromRow(row);
    });
  }

  getRow(name: string): Promise<LiveRow | undefined> {
    return this.read(() => {
      const row = this.statements.row.get(name);
      return row && liveRowFrom(row);
    });
  }

  listConnections(): Promise<readonly ConnectionRow[]> {
    return this.read(() => this.statements.connections.all().map((row) => connectionFromRow(row)));
  }

  async insertConnection(connection: ConnectionRow, token: TokenRow, events: readonly ConnectionEvent[]): Promise<boolean> {
    mustBelong(connection.id, [token, ...events]);
    return this.write('begin', () => {
      const { id, name, revision, settings, secrets, createdAtMs, updatedAtMs } = connection;
      const inserted = this.statements.insertConnection.run(
        id,
        name,
        revision,
        JSON.stringify(settings),
        secrets,
        createdAtMs,
        updatedAtMs,
      );
      if (inserted.changes === 0) return false;
      this.statements.insertToken.run(tokenParameters(token));
      addEvents(this.statements, events);
      return true;
    });
  }

  /** Name and creation time stay. `false` also if `token` would lower the stored version; the row's revision rises even if `token` brings a lower one. */
  async updateConnection(
    connection: ConnectionRow,
    expectedRevision: number,
    token: TokenRow | undefined,
    events: readonly ConnectionEvent[],
  ): Promise<boolean> {
    mustFollow(connection.revision, expectedRevision);
    mustBelong(connection.id, token === undefined ? events : [token, ...events]);
    try {
      return await this.write('begin', () => {
        const { id, revision, settings, secrets, updatedAtMs } = connection;
        const updated = this.statements.updateConnection.run(
          revision,
          JSON.stringify(settings),
          secrets,
          updatedAtMs,
          id,
          expectedRevision,
        );
        if (updated.changes === 0) return false;
        if (token !== undefined) this.statements.replaceToken.run(tokenParameters(token));
        addEvents(this.statements, events);
        return true;
      });
    } catch (error) {
      if (error instanceof TypeError && isRefusedByTrigger(error.cause)) return false;
      throw error;
    }
  }

  /** The tombstone keeps the stored version where that is higher than its own. */
  async deleteConnection(
    connectionId: string,
    tombstone: TokenRow,
    events: readonly ConnectionEvent[],
    revocations: readonly PendingRevocation[] = [],
  ): Promise<boolean> {
    mustBelong(connectionId, [tombstone, ...events]);
    return this.write('begin', () => {
      if (this.statements.deleteConnection.run(connectionId).changes === 0) return false;
      this.statements.buryToken.run(tokenParameters(tombstone));
      this.#addRevocations(revocations);
      addEvents(this.statements, events);
      return true;
    });
  }

  getToken(connectionId: string): Promise<TokenRow | undefined> {
    return this.read(() => {
      const row = this.statements.token.get(connectionId);
      return row && tokenFromRow(row);
    });
  }

  async updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    { revocations = [], lease }: TokenUpdateOptions = {},
  ): Promise<boolean> {
    mustFollow(token.revision, expectedRevision);
    return this.write(lease === undefined ? 'settle' : 'begin', () => {
      const parameters = { ...tokenParameters(token), expected_revision: expectedRevision };
      if (this.statements.updateToken.run(parameters).changes === 0) return false;
      this.#addRevocations(revocations);
      addEvents(this.statements, events);
      return true;
    });
  }

  listUnsettled(limit: number): Promise<readonly string[]> {
    return this.read(() => this.statements.unsettled.all(limit).map((row) => text(row, 'name')));
  }

  listIdle(issuedBefore: number, limit: number): Promise<readonly string[]> {
    return this.read(() => this.statements.idle.all(issuedBefore, limit).map((row) => text(row, 'name')));
  }

  addRevocations(revocations: readonly PendingRevocation[]): Promise<void> {
    return this.write('begin', () => this.#addRevocations(revocations));
  }

  listDueRevocations(nowMs: number, limit: number): Promise<readonly PendingRevocation[]> {
    return this.read(() => this.statements.dueRevocations.all(nowMs, limit).map(revocationFromRow));
  }

  listRevocations(connectionId: string): Promise<readonly PendingRevocation[]> {
    return this.read(() => this.statements.revocations.all(connectionId).map(revocationFromRow));
  }

  claimRevocation({ id, tries }: PendingRevocation, dueAtMs: number): Promise<boolean> {
    return this.write('begin', () => this.statements.claimRevocation.run(dueAtMs, id, tries).changes > 0);
  }

  deleteRevocation(id: string, events: readonly ConnectionEvent[]): Promise<boolean> {
    return this.write('begin', () => {
      if (this.statements.deleteRevocation.run(id).changes === 0) return false;
      addEvents(this.statements, events);
      return true;
    });
  }

  listEvents(connectionId: string, limit: number): Promise<readonly EventRow[]> {
    return this.read(() => this.statements.events.all(connectionId, limit).map(eventFromRow));
  }

  /** One value for all connections: what SQLite counts of other processes' commits, and this handle's own. */
  changeMarks(): Promise<ChangeMarks> {
    return this.read(() => {
      const value = integer(this.statements.dataVersion.get(), 'data_version') + this.commits;
      return { of: () => value };
    });
  }

  condition(): Promise<StoreCondition> {
    return this.read(() => this.conditionNow());
  }

  #addRevocations(revocations: readonly PendingRevocation[]): void {
    for (const { id, connectionId, reason, sealed, createdAtMs, dueAtMs, tries } of revocations) {
      this.statements.insertRevocation.run(id, connectionId, reason, sealed, createdAtMs, dueAtMs, tries);
    }
  }
}

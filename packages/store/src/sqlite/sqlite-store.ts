import type { DatabaseSync } from 'node:sqlite';
import type { ConnectionEvent, ConnectionRow, EventRow } from '@forcemint/core/connections/connection';
import type { Clock, DataKeyRow, PendingRevocation, Random, TokenStore } from '@forcemint/core/ports';
import type { TokenRow } from '@forcemint/core/tokens/token-row';
import { integer, optionalBlob, text } from './columns.ts';
import { CommitQueue } from './commit-queue.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { openDatabase } from './open-database.ts';
import { connectionFromRow, dataKeyFromRow, eventFromRow, revocationFromRow, tokenFromRow, tokenParameters } from './rows.ts';
import { asStoreError, isBusy, isRefusedByTrigger, lockedError } from './sqlite-errors.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** How long reads and writes wait, without blocking the event loop, for a store that others have locked. */
const LOCK_WAIT_MS = 10_000;

export interface SqliteStoreOptions {
  /** The database file. It and its directory are made, for this user only, where they are missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Never creates, migrates or writes. Default `false`. */
  readonly readOnly?: boolean;
  /** Limit of the file's size in pages of 4,096 bytes; beyond it writes fail with `store_full`. Default: none. */
  readonly maxPages?: number;
}

/**
 * Opens the store, and creates it where it is missing. Any number of processes may do so at the same moment.
 * @throws StoreError `insecure_permissions`, `store_newer`, `store_corrupt`, `store_unavailable`, `store_read_only`, `store_full`, `store_locked`
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, clock, random, readOnly = false, maxPages } = options;
  const database = await openDatabase({ path, clock, random, readOnly, maxPages, migrations: MIGRATIONS });
  try {
    return new SqliteStore(database, options);
  } catch (error) {
    database.close();
    throw asStoreError(error, path);
  }
}

/** The store in an SQLite file: WAL, `synchronous=FULL`, group commit. Reads see what is committed. */
export class SqliteStore implements TokenStore {
  readonly storeId: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #queue: CommitQueue;
  readonly #options: SqliteStoreOptions;
  #closed: Promise<void> | undefined;

  /** Use `openSqliteStore`. */
  constructor(database: DatabaseSync, options: SqliteStoreOptions) {
    const { path, clock, random } = options;
    this.#database = database;
    this.#options = options;
    this.#statements = prepareStatements(database);
    this.#queue = new CommitQueue({
      database,
      clock,
      random,
      lockWaitMs: LOCK_WAIT_MS,
      mapError: (error) => asStoreError(error, path),
      lockedError: () => lockedError(path, LOCK_WAIT_MS),
    });
    this.storeId = text(this.#statements.meta.get(), 'store_id');
  }

  /** What only this store's master key opens; `undefined` until `initialise`. @throws StoreError */
  masterKeyCheck(): Uint8Array | undefined {
    return this.#readNow(() => optionalBlob(this.#statements.meta.get(), 'master_key_check'));
  }

  /** Oldest first. @throws StoreError */
  dataKeys(): DataKeyRow[] {
    return this.#readNow(() => this.#statements.dataKeys.all().map(dataKeyFromRow));
  }

  /** Nothing was ever sealed here. @throws StoreError */
  isEmpty(): boolean {
    return this.#readNow(() => integer(this.#statements.isEmpty.get(), 'empty') === 1);
  }

  /**
   * Binds the store to a master key, once. `false`: another process was first, and its check and data key stand; read them again.
   * @throws StoreError
   */
  initialise({ check, dataKey }: { readonly check: Uint8Array; readonly dataKey: DataKeyRow }): Promise<boolean> {
    return this.#write(() => {
      if (this.#statements.initialiseMeta.run(check).changes === 0) return false;
      this.#statements.insertDataKey.run(dataKey.id, dataKey.wrapped, dataKey.createdAtMs);
      return true;
    });
  }

  getConnection(name: string): Promise<ConnectionRow | undefined> {
    return this.#read(() => {
      const row = this.#statements.connection.get(name);
      return row && connectionFromRow(row);
    });
  }

  listConnections(): Promise<readonly ConnectionRow[]> {
    return this.#read(() => this.#statements.connections.all().map(connectionFromRow));
  }

  async insertConnection(connection: ConnectionRow, token: TokenRow, events: readonly ConnectionEvent[]): Promise<boolean> {
    mustBelong(token, connection.id);
    return this.#write(() => {
      const { id, name, revision, settings, secrets, createdAtMs, updatedAtMs } = connection;
      const inserted = this.#statements.insertConnection.run(
        id,
        name,
        revision,
        JSON.stringify(settings),
        secrets,
        createdAtMs,
        updatedAtMs,
      );
      if (inserted.changes === 0) return false;
      this.#statements.insertToken.run(tokenParameters(token));
      this.#addEvents(events);
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
    if (token !== undefined) mustBelong(token, connection.id);
    try {
      return await this.#write(() => {
        const { id, revision, settings, secrets, updatedAtMs } = connection;
        const updated = this.#statements.updateConnection.run(
          revision,
          JSON.stringify(settings),
          secrets,
          updatedAtMs,
          id,
          expectedRevision,
        );
        if (updated.changes === 0) return false;
        if (token !== undefined) this.#statements.replaceToken.run(tokenParameters(token));
        this.#addEvents(events);
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
    mustBelong(tombstone, connectionId);
    return this.#write(() => {
      if (this.#statements.deleteConnection.run(connectionId).changes === 0) return false;
      this.#statements.buryToken.run(tokenParameters(tombstone));
      this.#addRevocations(revocations);
      this.#addEvents(events);
      return true;
    });
  }

  getToken(connectionId: string): Promise<TokenRow | undefined> {
    return this.#read(() => {
      const row = this.#statements.token.get(connectionId);
      return row && tokenFromRow(row);
    });
  }

  async updateToken(
    token: TokenRow,
    expectedRevision: number,
    events: readonly ConnectionEvent[],
    revocations: readonly PendingRevocation[] = [],
  ): Promise<boolean> {
    mustFollow(token.revision, expectedRevision);
    return this.#write(() => {
      const parameters = { ...tokenParameters(token), expected_revision: expectedRevision };
      if (this.#statements.updateToken.run(parameters).changes === 0) return false;
      this.#addRevocations(revocations);
      this.#addEvents(events);
      return true;
    });
  }

  listUnsettled(limit: number): Promise<readonly string[]> {
    return this.#read(() => this.#statements.unsettled.all(limit).map((row) => text(row, 'name')));
  }

  listIdle(issuedBefore: number, limit: number): Promise<readonly string[]> {
    return this.#read(() => this.#statements.idle.all(issuedBefore, limit).map((row) => text(row, 'name')));
  }

  addRevocations(revocations: readonly PendingRevocation[]): Promise<void> {
    return this.#write(() => this.#addRevocations(revocations));
  }

  listDueRevocations(nowMs: number, limit: number): Promise<readonly PendingRevocation[]> {
    return this.#read(() => this.#statements.dueRevocations.all(nowMs, limit).map(revocationFromRow));
  }

  listRevocations(connectionId: string): Promise<readonly PendingRevocation[]> {
    return this.#read(() => this.#statements.revocations.all(connectionId).map(revocationFromRow));
  }

  claimRevocation({ id, tries }: PendingRevocation, dueAtMs: number): Promise<boolean> {
    return this.#write(() => this.#statements.claimRevocation.run(dueAtMs, id, tries).changes > 0);
  }

  deleteRevocation(id: string, events: readonly ConnectionEvent[]): Promise<boolean> {
    return this.#write(() => {
      if (this.#statements.deleteRevocation.run(id).changes === 0) return false;
      this.#addEvents(events);
      return true;
    });
  }

  listEvents(connectionId: string, limit: number): Promise<readonly EventRow[]> {
    return this.#read(() => this.#statements.events.all(connectionId, limit).map(eventFromRow));
  }

  changeCounter(): Promise<number> {
    return this.#read(() => integer(this.#statements.dataVersion.get(), 'data_version') + this.#queue.commits);
  }

  /** Waits for the writes under way, then closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#queue.settled().then(() => this.#database.close());
    return this.#closed;
  }

  #addRevocations(revocations: readonly PendingRevocation[]): void {
    for (const { id, connectionId, reason, sealed, createdAtMs, dueAtMs, tries } of revocations) {
      this.#statements.insertRevocation.run(id, connectionId, reason, sealed, createdAtMs, dueAtMs, tries);
    }
  }

  #addEvents(events: readonly ConnectionEvent[]): void {
    for (const { connectionId, atMs, type, detail } of events) {
      this.#statements.insertEvent.run({ connection_id: connectionId, at_ms: atMs, type, detail: JSON.stringify(detail) });
    }
    for (const connectionId of new Set(events.map((event) => event.connectionId))) {
      this.#statements.trimEvents.run({ connection_id: connectionId });
    }
  }

  async #write<T>(write: () => T): Promise<T> {
    this.#mustBeOpen();
    return this.#queue.submit(write);
  }

  #readNow<T>(read: () => T): T {
    this.#mustBeOpen();
    try {
      return read();
    } catch (error) {
      throw asStoreError(error, this.#options.path);
    }
  }

  async #read<T>(read: () => T): Promise<T> {
    const { clock, path, random } = this.#options;
    const startedAtMs = clock.monotonicMs();
    for (;;) {
      this.#mustBeOpen();
      try {
        return read();
      } catch (error) {
        if (!isBusy(error)) throw asStoreError(error, path);
        if (clock.monotonicMs() - startedAtMs > LOCK_WAIT_MS) throw lockedError(path, LOCK_WAIT_MS);
      }
      await clock.sleep(5 + ((random.bytes(1)[0] ?? 0) % 20));
    }
  }

  #mustBeOpen(): void {
    if (this.#closed !== undefined) throw new TypeError('this store was closed');
  }
}

function mustBelong(token: TokenRow, connectionId: string): void {
  if (token.connectionId !== connectionId) throw new TypeError('the token row belongs to another connection');
}

function mustFollow(revision: number, expectedRevision: number): void {
  if (revision !== expectedRevision + 1) {
    throw new TypeError(`a row's revision rises by one with each write: ${expectedRevision} to ${revision}`);
  }
}

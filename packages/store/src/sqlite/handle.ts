import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Random, StoreCondition } from '@forcemint/core/ports';
import { type WriteKind, writeRefusal } from '@forcemint/core/store-condition';
import { json, text } from '../rows/columns.ts';
import { CommitQueue } from './commit-queue.ts';
import { asStoreError, isBusy, lockedError } from './sqlite-errors.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** How long reads and writes wait, without blocking the event loop, for a store that others have locked. */
const LOCK_WAIT_MS = 10_000;

export interface SqliteHandleOptions {
  /** The database file. It and its directory are made, for this user only, where they are missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** One open handle on the database file: reads that wait for locks, and writes that share a commit. */
export abstract class SqliteHandle {
  readonly storeId: string;
  protected readonly statements: Statements;
  protected readonly database: DatabaseSync;
  readonly #queue: CommitQueue;
  readonly #options: SqliteHandleOptions;
  #closed: Promise<void> | undefined;

  constructor(database: DatabaseSync, options: SqliteHandleOptions) {
    const { path, clock, random } = options;
    this.database = database;
    this.#options = options;
    this.statements = prepareStatements(database);
    this.#queue = new CommitQueue({
      database,
      clock,
      random,
      lockWaitMs: LOCK_WAIT_MS,
      mapError: (error) => asStoreError(error, path),
      lockedError: () => lockedError(path, LOCK_WAIT_MS),
    });
    this.storeId = text(this.statements.meta.get(), 'store_id');
  }

  /** The database file. */
  get path(): string {
    return this.#options.path;
  }

  /** Transactions that this handle has committed. */
  protected get commits(): number {
    return this.#queue.commits;
  }

  /** Waits for the writes under way, then closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#queue.settled().then(() => this.database.close());
    return this.#closed;
  }

  /**
   * A write in a transaction of its own or shared with others.
   * @param kind refused where the store's condition, as it is inside the transaction, does not allow it; `undefined`: always allowed
   * @param durable `false`: only together with a later write
   */
  protected async write<T>(kind: WriteKind | undefined, write: () => T, durable = true): Promise<T> {
    this.#mustBeOpen();
    return this.#queue.submit(() => {
      const refusal = kind && writeRefusal(this.conditionNow(), kind);
      if (refusal !== undefined) throw refusal;
      return write();
    }, durable);
  }

  protected async read<T>(read: () => T): Promise<T> {
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

  /** Several reads that see one state of the store. */
  protected readTogether<T>(read: () => T): Promise<T> {
    return this.read(() => {
      this.database.exec('BEGIN');
      try {
        return read();
      } finally {
        this.database.exec('COMMIT');
      }
    });
  }

  protected conditionNow(): StoreCondition {
    return json<StoreCondition>(this.statements.condition.get(), 'condition');
  }

  #mustBeOpen(): void {
    if (this.#closed !== undefined) throw new TypeError('this store was closed');
  }
}

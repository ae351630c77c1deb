import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Random } from '@forcemint/core/ports';
import { isBusy, isFull } from './sqlite-errors.ts';

/** Bounds how long one transaction keeps the event loop, and other processes, waiting. */
const MAX_BATCH = 128;
/** Bounds of the pause between two tries at a locked store. */
const RETRY_MIN_MS = 5;
const RETRY_SPREAD_MS = 20;

interface PendingWrite {
  /** Runs the write and gives what settles its promise once the transaction is durable. */
  readonly run: () => () => void;
  readonly reject: (error: unknown) => void;
  readonly deadlineMs: number;
  /** Shares no transaction: it shared one with a write that took everything down with it. */
  readonly alone: boolean;
  /** Its commit waits for the disk. */
  readonly durable: boolean;
}

export interface CommitQueueOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that a write waits for a store that others have locked. */
  readonly lockWaitMs: number;
  readonly mapError: (error: unknown) => unknown;
  readonly lockedError: () => unknown;
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction, and so one flush to the disk. Each has a savepoint of its own, so that
 * one that fails fails alone. A promise settles only after the commit.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #begin: StatementSync;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #commit: StatementSync;
  #pending: PendingWrite[] = [];
  #draining: Promise<void> | undefined;
  #commits = 0;
  #waitsForDisk = true;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    const { database } = options;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#savepoint = database.prepare('SAVEPOINT one_write');
    this.#release = database.prepare('RELEASE one_write');
    this.#commit = database.prepare('COMMIT');
  }

  /** Transactions committed through this queue. */
  get commits(): number {
    return this.#commits;
  }

  /**
   * @param write runs inside the transaction, synchronously, and again from the start if the transaction is lost
   * @param durable `false`: it becomes durable only with a later write that is (`PRAGMA synchronous`, https://sqlite.org/pragma.html#pragma_synchronous)
   */
  submit<T>(write: () => T, durable = true): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#pending.push({
      run: () => {
        const value = write();
        return () => resolve(value);
      },
      reject,
      deadlineMs: this.#options.clock.monotonicMs() + this.#options.lockWaitMs,
      alone: false,
      durable,
    });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Resolves when nothing is pending any more. */
  async settled(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        await nextTurn();
        const batch = this.#takeBatch();
        if (!this.#begunOrRejected(batch)) await this.#waitForLock();
      }
    } finally {
      this.#draining = undefined;
    }
  }

  /** A transaction that can't even be rolled back takes its own writes down, not the queue. */
  #begunOrRejected(batch: readonly PendingWrite[]): boolean {
    try {
      if (this.#options.database.isTransaction) this.#options.database.exec('ROLLBACK');
      return this.#begun(batch);
    } catch (error) {
      this.#rejectAll(batch, error);
      return true;
    }
  }

  #takeBatch(): PendingWrite[] {
    if (this.#pending[0]?.alone) return this.#pending.splice(0, 1);
    const firstAlone = this.#pending.findIndex(({ alone }) => alone);
    return this.#pending.splice(0, Math.min(firstAlone < 0 ? MAX_BATCH : firstAlone, MAX_BATCH));
  }

  async #waitForLock(): Promise<void> {
    const { clock, random, lockedError } = this.#options;
    const nowMs = clock.monotonicMs();
    const expired = this.#pending.filter(({ deadlineMs }) => deadlineMs <= nowMs);
    this.#pending = this.#pending.filter(({ deadlineMs }) => deadlineMs > nowMs);
    for (const write of expired) write.reject(lockedError());
    await clock.sleep(RETRY_MIN_MS + ((random.bytes(1)[0] ?? 0) % RETRY_SPREAD_MS));
  }

  /** `false`: the store is locked, and the batch is pending again. */
  #begun(batch: readonly PendingWrite[]): boolean {
    try {
      this.#waitForDisk(batch.some(({ durable }) => durable));
      this.#begin.run();
    } catch (error) {
      if (isBusy(error)) {
        this.#pending.unshift(...batch);
        return false;
      }
      this.#rejectAll(batch, error);
      return true;
    }
    const outcomes: (() => void)[] = [];
    for (const write of batch) {
      try {
        this.#savepoint.run();
        const settle = write.run();
        this.#release.run();
        outcomes.push(settle);
      } catch (error) {
        if (!this.#undone(error, write, batch)) return true;
        outcomes.push(() => write.reject(this.#options.mapError(error)));
      }
    }
    if (this.#committed(batch)) {
      for (const settle of outcomes) settle();
    }
    return true;
  }

  #waitForDisk(waits: boolean): void {
    if (waits === this.#waitsForDisk) return;
    this.#options.database.exec(`PRAGMA synchronous=${waits ? 'FULL' : 'NORMAL'}`);
    this.#waitsForDisk = waits;
  }

  /** Undoes one write. `false`: SQLite has rolled the whole transaction back (full disk, I/O error), and the others are tried one by one. */
  #undone(error: unknown, write: PendingWrite, batch: readonly PendingWrite[]): boolean {
    const { database, mapError } = this.#options;
    if (database.isTransaction) {
      database.exec('ROLLBACK TO one_write; RELEASE one_write');
      return true;
    }
    write.reject(mapError(error));
    this.#tryAlone(batch.filter((other) => other !== write));
    return false;
  }

  #committed(batch: readonly PendingWrite[]): boolean {
    try {
      this.#commit.run();
      this.#commits += 1;
      return true;
    } catch (error) {
      if (this.#options.database.isTransaction) this.#options.database.exec('ROLLBACK');
      if (isFull(error) && batch.length > 1) this.#tryAlone(batch);
      else this.#rejectAll(batch, error);
      return false;
    }
  }

  #tryAlone(writes: readonly PendingWrite[]): void {
    this.#pending.unshift(...writes.map((write) => ({ ...write, alone: true })));
  }

  #rejectAll(writes: readonly PendingWrite[], error: unknown): void {
    for (const write of writes) write.reject(this.#options.mapError(error));
  }
}

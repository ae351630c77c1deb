import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createPrivateFile } from './private-files.ts';
import { asStoreError, isBusy } from './sqlite-errors.ts';

/** A garbage-collected handle would close its file and so free the lock. */
const held = new Set<KernelLock>();

/**
 * A lock that the kernel holds for this process: an empty SQLite file in whose `BEGIN IMMEDIATE` nothing is ever written. It stays held while the
 * process is stopped, and is free as soon as the process is gone, however it died.
 *
 * The file must never be opened by other means in the holder's process, nor unlinked: either frees the lock (POSIX advisory locks go with the first
 * descriptor that is closed).
 */
export class KernelLock {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #inode: bigint | undefined;

  constructor(database: DatabaseSync, path: string, inode: bigint | undefined) {
    this.#database = database;
    this.#path = path;
    this.#inode = inode;
    held.add(this);
  }

  /** Frees the lock; a second call does nothing. */
  release(): void {
    if (!held.delete(this)) return;
    this.#database.close();
  }

  /** Frees the lock and leaves its file open, which is most of the work of taking it again. `undefined` after `release`. */
  rest(): RestingLock | undefined {
    if (!held.delete(this)) return undefined;
    this.#database.exec('ROLLBACK');
    return new RestingLock(this.#database, this.#path, this.#inode);
  }
}

/** A lock file that is open and not locked. */
export class RestingLock {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #inode: bigint | undefined;

  constructor(database: DatabaseSync, path: string, inode: bigint | undefined) {
    this.#database = database;
    this.#path = path;
    this.#inode = inode;
  }

  /**
   * One try, without waiting; this object is of no use afterwards. A file that somebody has put another in the place of is opened anew: who locks the old one
   * locks nothing that others look at.
   * @returns `undefined` while another has the lock
   * @throws StoreError
   */
  take(): KernelLock | undefined {
    const inode = inodeOf(this.#path);
    if (inode === undefined || inode !== this.#inode) {
      this.close();
      return tryKernelLock(this.#path);
    }
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      return new KernelLock(this.#database, this.#path, inode);
    } catch (error) {
      this.close();
      if (isBusy(error)) return undefined;
      throw asStoreError(error, this.#path);
    }
  }

  close(): void {
    this.#database.close();
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/**
 * One try, without waiting. The file is made (0600) if it is not there; its directory must exist.
 * @returns `undefined` while another process, or another holder in this one, has it
 * @throws StoreError
 */
export function tryKernelLock(path: string): KernelLock | undefined {
  createPrivateFile(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN IMMEDIATE');
    return new KernelLock(database, path, inodeOf(path));
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw asStoreError(error, path);
  }
}

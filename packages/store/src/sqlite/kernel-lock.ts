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

  constructor(database: DatabaseSync) {
    this.#database = database;
    held.add(this);
  }

  /** Frees the lock; a second call does nothing. */
  release(): void {
    if (!held.delete(this)) return;
    this.#database.close();
  }
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
    return new KernelLock(database);
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw asStoreError(error, path);
  }
}

import { closeSync, fsyncSync, openSync, unlinkSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { StoreError } from '@forcemint/core/errors';
import { createPrivateFile } from './private-files.ts';
import { asStoreError } from './sqlite-errors.ts';

/** Pages that are copied between two turns of the event loop; others may write in between. */
const PAGES_AT_ONCE = 256;

/**
 * A copy of the store as it is at one moment, while others use it, in a new file that only this user can read: SQLite's online backup. Secrets in it are
 * sealed, and the master key is not in it.
 * @param report pages that are copied, and all of them
 * @throws StoreError; `store_unavailable` where there is a file of that name already
 */
export async function backupSqlite(path: string, target: string, report: (done: number, total: number) => void): Promise<void> {
  if (!createPrivateFile(target)) throw exists(target);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    await backup(database, target, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) => report(totalPages - remainingPages, totalPages),
    });
    sync(target);
  } catch (error) {
    unlinkSync(target);
    throw asStoreError(error, target);
  } finally {
    database?.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function exists(path: string): StoreError {
  return new StoreError('store_unavailable', `${path} is there already; a backup never takes the place of another file.`, {
    diagnosis: { cause: 'There is a file of that name.', fix: ['Give another name.'], who: 'operator', retry: 'fix-first' },
  });
}

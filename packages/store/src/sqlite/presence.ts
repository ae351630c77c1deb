import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { locksDirectory } from './open-database.ts';
import { createPrivateFile, ensurePrivateDirectory } from './private-files.ts';
import { asStoreError, isBusy } from './sqlite-errors.ts';

/** How long announcing waits for somebody who is just looking whether anybody is there. */
const LOOK_MS = 5_000;

/** A garbage-collected handle would close its file and so free the lock. */
const announced = new Set<DatabaseSync>();

function fileOf(storePath: string, masterKeyId: number): string {
  return `${locksDirectory(storePath)}/users-of-key-${masterKeyId.toString(16).padStart(8, '0')}`;
}

/**
 * Says, until it is disposed or this process ends however it ends, that this process works with a master key: the kernel holds a shared lock on an empty
 * SQLite file in which nothing is ever written.
 * @throws StoreError
 */
export function announceUse(storePath: string, masterKeyId: number): Disposable {
  const path = fileOf(storePath, masterKeyId);
  ensurePrivateDirectory(locksDirectory(storePath));
  createPrivateFile(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: LOOK_MS });
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    database?.close();
    throw asStoreError(error, path);
  }
  const held = database;
  announced.add(held);
  return {
    [Symbol.dispose]() {
      if (announced.delete(held)) held.close();
    },
  };
}

/** Whether any process of this machine works with that master key. @throws StoreError */
export function isInUse(storePath: string, masterKeyId: number): boolean {
  const path = fileOf(storePath, masterKeyId);
  if (!existsSync(path)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE; ROLLBACK');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw asStoreError(error, path);
  } finally {
    database?.close();
  }
}

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const SQLITE_BUSY = 5;
const LOOK_EVERY_MS = 200;

/**
 * Runs `work` while no other process does so with the same lock file. The lock is SQLite's: it goes with its process, so that a killed installation
 * blocks nobody.
 */
export async function withInstallLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    for (let isFirst = true; !isTaken(lock); isFirst = false) {
      if (isFirst) onWait();
      await sleep(LOOK_EVERY_MS);
    }
    return await work();
  } finally {
    lock.close();
  }
}

function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && (Number(error.errcode) & 255) === SQLITE_BUSY) return false;
    throw error;
  }
}

import { createHash } from 'node:crypto';
import type { ExchangeLease, ExchangeLock, StoreCondition } from '@forcemint/core/ports';
import { type KernelLock, type RestingLock, tryKernelLock } from '@forcemint/store/sqlite/kernel-lock';
import { locksDirectory } from '@forcemint/store/sqlite/open-database';
import { ensurePrivateDirectory } from '@forcemint/store/sqlite/private-files';

/** How many lock files stay open between exchanges; opening one costs several times as much as locking it. */
const MAX_RESTING = 256;

/** The exchange lock of one store. Disposing it closes the files that are open and not locked. */
export interface NodeExchangeLock extends ExchangeLock, Disposable {}

export interface KernelLockOptions {
  readonly storePath: string;
  /** Of the store. */
  readonly condition: () => Promise<StoreCondition>;
}

/**
 * The right to start an exchange, held by the kernel: one empty SQLite file for each connection in `<store>.locks/` (0700).
 * `tryAcquire` throws StoreError when the lock file cannot be used.
 */
export function createKernelLock({ storePath, condition }: KernelLockOptions): NodeExchangeLock {
  const directory = locksDirectory(storePath);
  const resting = new Map<string, RestingLock>();

  function tryLock(connectionId: string): KernelLock | undefined {
    const known = resting.get(connectionId);
    if (known === undefined) return tryKernelLock(`${directory}/${fileNameFor(connectionId)}`);
    resting.delete(connectionId);
    return known.take();
  }

  function release(connectionId: string, lock: KernelLock): void {
    const rested = lock.rest();
    if (rested === undefined) return;
    if (resting.size >= MAX_RESTING || resting.has(connectionId)) rested.close();
    else resting.set(connectionId, rested);
  }

  return {
    async tryAcquire(connectionId): Promise<ExchangeLease | undefined> {
      // Each time: a directory that somebody removes meanwhile is made anew.
      ensurePrivateDirectory(directory);
      const lock = tryLock(connectionId);
      if (lock === undefined) return undefined;
      try {
        return {
          condition: await condition(),
          remainingMs: () => Number.POSITIVE_INFINITY,
          release: async () => release(connectionId, lock),
        };
      } catch (error) {
        release(connectionId, lock);
        throw error;
      }
    },

    [Symbol.dispose]() {
      for (const lock of resting.values()) lock.close();
      resting.clear();
    },
  };
}

/** Name of a connection's own file beside the store, for locks and spool: 32 hex digits. */
export function fileNameFor(connectionId: string): string {
  return createHash('sha256').update(connectionId).digest('hex').slice(0, 32);
}

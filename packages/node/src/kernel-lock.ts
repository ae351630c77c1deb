import { createHash } from 'node:crypto';
import type { ExchangeLease, ExchangeLock } from '@forcemint/core/ports';
import { tryKernelLock } from '@forcemint/store/sqlite/kernel-lock';
import { locksDirectory } from '@forcemint/store/sqlite/open-database';
import { ensurePrivateDirectory } from '@forcemint/store/sqlite/private-files';

/**
 * The right to start an exchange, held by the kernel: one empty SQLite file for each connection in `<store>.locks/` (0700).
 * `tryAcquire` throws StoreError when the lock file cannot be used.
 */
export function createKernelLock({ storePath }: { readonly storePath: string }): ExchangeLock {
  const directory = locksDirectory(storePath);
  let prepared = false;
  return {
    async tryAcquire(connectionId): Promise<ExchangeLease | undefined> {
      if (!prepared) ensurePrivateDirectory(directory);
      prepared = true;
      const lock = tryKernelLock(`${directory}/${fileNameFor(connectionId)}`);
      return lock && { release: async () => lock.release() };
    },
  };
}

/** Name of a connection's own file beside the store, for locks and spool: 32 hex digits. */
export function fileNameFor(connectionId: string): string {
  return createHash('sha256').update(connectionId).digest('hex').slice(0, 32);
}

import { openSqliteStore } from '@forcemint/store';
import { announceUse, isInUse } from '@forcemint/store/sqlite/presence';
import { createKernelLock } from './kernel-lock.ts';
import type { OpenedStore, OpenStoreOptions } from './opened-store.ts';
import { createSpool } from './spool.ts';

/** Opens a store of either kind. @throws StoreError, ConfigurationError for a URL that can't be used */
export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  const { location, clock, random } = options;
  if (location.is === 'postgres') {
    const { openPostgres } = await import('./open-postgres.ts');
    return openPostgres(options, location.url);
  }
  const { path } = location;
  const store = await openSqliteStore({ path, clock, random });
  const lock = createKernelLock({ storePath: path, condition: () => store.condition() });
  return {
    store,
    url: `sqlite:${path}`,
    lock,
    spool: createSpool({ directory: sqliteSpoolDirectory(path) }),
    replicas: undefined,
    beat: undefined,
    announce: (masterKeyId) => announceUse(path, masterKeyId),
    isInUse: (masterKeyId) => isInUse(path, masterKeyId),
    async close() {
      lock[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Beside the file of the store. */
export function sqliteSpoolDirectory(storePath: string): string {
  return `${storePath}.spool`;
}

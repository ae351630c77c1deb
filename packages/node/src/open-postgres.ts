import { hostname } from 'node:os';
import { join } from 'node:path';
import { openPostgresStore } from '@forcemint/store/postgres/open-postgres-store';
import { parsePostgresUrl } from '@forcemint/store/postgres/parse-postgres-url';
import { announceUse, isInUse } from '@forcemint/store/sqlite/presence';
import { doubleSpool } from './double-spool.ts';
import type { OpenedStore, OpenStoreOptions } from './opened-store.ts';
import type { Paths } from './paths.ts';
import { replicaIdOf } from './replica-id.ts';
import { createSpool } from './spool.ts';

/** Opens a store in PostgreSQL as one of its replicas. @throws as `openStore` */
export async function openPostgres({ paths, env, clock, random }: OpenStoreOptions, url: string): Promise<OpenedStore> {
  const address = parsePostgresUrl(url);
  const direct = env['FORCEMINT_STORE_DIRECT'];
  const store = await openPostgresStore({
    url: address,
    ...(direct ? { direct: parsePostgresUrl(direct) } : {}),
    clock,
    random,
  });
  try {
    const directory = postgresSpoolDirectory(paths, store.storeId);
    const id = replicaIdOf(directory, random);
    return {
      store,
      url: address.safeUrl,
      lock: store.exchangeLock(id),
      spool: doubleSpool(createSpool({ directory }), store.staging, clock),
      replicas: store.replicas(id),
      beat: (report) => store.beat({ id, host: hostname(), ...report }),
      announce: (masterKeyId) => announceUse(directory, masterKeyId),
      isInUse: (masterKeyId) => isInUse(directory, masterKeyId),
      close: () => store[Symbol.asyncDispose](),
    };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** On this machine: a durable volume, the replica's own. */
function postgresSpoolDirectory(paths: Pick<Paths, 'dataDir'>, storeId: string): string {
  return join(paths.dataDir, 'spool', storeId);
}

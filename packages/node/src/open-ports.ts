import { durationsWith, type ExchangePorts, type HostPolicy, MasterKey, parseExtraHosts, Seal, Underway } from '@forcemint/core';
import { openSqliteStore, type SqliteStore } from '@forcemint/store';
import { systemClock } from './clock.ts';
import type { OpenOptions } from './forcemint.ts';
import { createHttp } from './http.ts';
import { createKernelLock } from './kernel-lock.ts';
import { nodeKeys } from './keys.ts';
import { loadMasterKey } from './master-key.ts';
import { type Paths, resolvePaths } from './paths.ts';
import { systemRandom } from './random.ts';
import { createSpool } from './spool.ts';

/** What core needs from this machine, opened. */
export interface OpenedPorts {
  readonly ports: ExchangePorts;
  /** Closes store, connections and lock files. */
  close(): Promise<void>;
}

/** Opens every port: the store with its key, its spool and locks, HTTP, clock and random. @throws as `openForcemint` */
export async function openPorts(options: OpenOptions = {}): Promise<OpenedPorts> {
  const env = { ...(options.env ?? process.env) };
  if (options.home !== undefined) env['FORCEMINT_HOME'] = options.home;
  if (options.store !== undefined) env['FORCEMINT_STORE'] = options.store;
  const durations = durationsWith(options.durations);
  const policy: HostPolicy = {
    extraOrigins: [...parseExtraHosts(env['FORCEMINT_EXTRA_HOSTS']), ...parseExtraHosts(options.extraHosts?.join(','))],
    sovereign: env['FORCEMINT_SOVEREIGN_HOSTS'] === '1',
  };
  const paths = resolvePaths(env);
  const store = await openSqliteStore({ path: paths.storePath, clock: systemClock, random: systemRandom });
  try {
    const warn = options.onWarning ?? ((text: string) => process.emitWarning(text));
    const seal = await openSeal(store, paths, env, warn);
    const http = createHttp({ env });
    const lock = createKernelLock({ storePath: paths.storePath });
    const ports: ExchangePorts = {
      store,
      seal,
      http,
      lock,
      spool: createSpool({ directory: paths.spoolDir }),
      clock: systemClock,
      random: systemRandom,
      keys: nodeKeys,
      policy,
      durations,
      underway: new Underway(),
      warn,
    };
    return {
      ports,
      async close() {
        await http[Symbol.asyncDispose]();
        lock[Symbol.dispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** The seal of a store, which its first user binds to the master key. A wrong key is noticed here, before it can do harm. */
async function openSeal(
  store: SqliteStore,
  paths: Paths,
  env: Readonly<NodeJS.ProcessEnv>,
  onWarning: (text: string) => void,
): Promise<Seal> {
  const storeIsEmpty = store.masterKeyCheck() === undefined && store.isEmpty();
  const found = loadMasterKey({ env, masterKeyFile: paths.masterKeyFile, storeIsEmpty, random: systemRandom });
  for (const text of found.warnings) onWarning(text);
  const master = new MasterKey(found.key, systemRandom);
  if (store.masterKeyCheck() === undefined) {
    const dataKey = master.makeDataKey(store.storeId, 1, systemClock.nowMs());
    await store.initialise({ check: master.makeCheck(store.storeId), dataKey });
  }
  master.verifyCheck(store.storeId, store.masterKeyCheck() ?? new Uint8Array());
  return new Seal(store.storeId, master, store.dataKeys(), systemRandom);
}

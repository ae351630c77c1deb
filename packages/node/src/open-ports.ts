import { durationsWith, type ExchangePorts, type HostPolicy, MasterKey, parseExtraHosts, Underway } from '@forcemint/core';
import { learningStore } from '@forcemint/core/seal/learning-store';
import { type OpenedKeys, openKeys } from '@forcemint/core/seal/stored-keys';
import { fillingError } from '@forcemint/core/store-condition';
import { systemClock } from './clock.ts';
import type { OpenOptions } from './forcemint.ts';
import { createHttp } from './http.ts';
import { nodeKeys } from './keys.ts';
import { findMasterKey, loadMasterKey, missingMasterKey } from './master-key.ts';
import { openStore } from './open-store.ts';
import type { OpenedStore } from './opened-store.ts';
import { type Paths, resolvePaths } from './paths.ts';
import { systemRandom } from './random.ts';
import { StoreGuard } from './store-guard.ts';

/** What core needs from this machine, opened. */
export interface OpenedPorts {
  readonly ports: ExchangePorts;
  readonly opened: OpenedStore;
  readonly guard: StoreGuard;
  readonly keys: OpenedKeys;
  /** Closes store, connections and lock files. */
  close(): Promise<void>;
}

/** Opens every port: the store with its key, its spool and locks, HTTP, clock and random. @throws as `openForcemint` */
export async function openPorts(options: OpenOptions = {}): Promise<OpenedPorts> {
  const env = { ...(options.env ?? process.env) };
  if (options.home !== undefined) env['FORCEMINT_HOME'] = options.home;
  if (options.store !== undefined) env['FORCEMINT_STORE'] = options.store;
  const durations = durationsWith(options.durations);
  const policy = hostPolicy(env, options.extraHosts);
  const paths = resolvePaths(env);
  const warn = options.onWarning ?? ((text: string) => process.emitWarning(text));
  const isFromEnvironment = options.store === undefined && !env['FORCEMINT_STORE_FILE'];
  if (paths.store.is === 'postgres' && isFromEnvironment && URL.parse(paths.store.url)?.password) {
    warn(
      'FORCEMINT_STORE holds a password, which child processes and crash reports can see; use FORCEMINT_STORE_FILE or PGPASSFILE.',
    );
  }
  const opened = await openStore({ location: paths.store, paths, env, clock: systemClock, random: systemRandom });
  try {
    const { lock, spool, replicas } = opened;
    const condition = await opened.store.condition();
    if (condition.is === 'filling') throw fillingError(condition.from);
    const keys = await keysOf(opened, paths, env, warn);
    const { seal, master } = keys;
    const store = learningStore(opened.store, { seal, master, clock: systemClock });
    const announced = opened.announce(master.id);
    const guard = StoreGuard.for({ store, paths, env, warn });
    await guard.check();
    const http = createHttp({ env });
    const ports: ExchangePorts = {
      store,
      seal,
      http,
      lock,
      spool,
      replicas,
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
      opened,
      guard,
      keys,
      async close() {
        await http[Symbol.asyncDispose]();
        announced[Symbol.dispose]();
        await opened.close();
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Which hosts are Salesforce's besides its own. @param more beyond those that the environment names @throws TypeError */
export function hostPolicy(env: Readonly<NodeJS.ProcessEnv>, more: readonly string[] = []): HostPolicy {
  return {
    extraOrigins: [...parseExtraHosts(env['FORCEMINT_EXTRA_HOSTS']), ...parseExtraHosts(more.join(','))],
    sovereign: env['FORCEMINT_SOVEREIGN_HOSTS'] === '1',
  };
}

/** The keys of a store, which its first user binds to the master key. A wrong key is noticed here, before it can do harm. @throws StoreError */
export async function keysOf(
  { store, replicas }: OpenedStore,
  paths: Paths,
  env: Readonly<NodeJS.ProcessEnv>,
  onWarning: (text: string) => void,
): Promise<OpenedKeys> {
  const { masterKeyFile } = paths;
  // A key that one of several machines makes for itself would lock the others out.
  const found =
    replicas === undefined
      ? loadMasterKey({ env, masterKeyFile, storeIsEmpty: await store.isEmpty(), random: systemRandom })
      : (findMasterKey(env, masterKeyFile) ?? missingMasterKey(masterKeyFile));
  for (const text of found.warnings) onWarning(text);
  if ((await store.readKeys()).check === undefined) {
    const master = new MasterKey(found.key, systemRandom);
    const dataKey = master.makeDataKey(store.storeId, 1, systemClock.nowMs());
    await store.initialise({ check: master.makeCheck(store.storeId), dataKey });
  }
  const keys = openKeys(store.storeId, await store.readKeys(), found.key, systemRandom);
  if (keys.isFormer) {
    onWarning(
      'The master key of this store was replaced. This one works only until `forcemint store rotate-key` has retired it: give the new one.',
    );
  }
  return keys;
}

import { existsSync } from 'node:fs';
import { DURATIONS, type ExchangePorts, StoreError, Underway } from '@forcemint/core';
import type { CopiedStore } from '@forcemint/core/maintenance/copy-store';
import type { ExchangeLock, Spool } from '@forcemint/core/ports';
import { learningStore } from '@forcemint/core/seal/learning-store';
import type { OpenedKeys } from '@forcemint/core/seal/stored-keys';
import { tryKernelLock } from '@forcemint/store/sqlite/kernel-lock';
import { locksDirectory } from '@forcemint/store/sqlite/open-database';
import { isInUse } from '@forcemint/store/sqlite/presence';
import { ensurePrivateDirectory } from '@forcemint/store/sqlite/private-files';
import { assembleForcemint } from './assemble.ts';
import { systemClock } from './clock.ts';
import { createHttp } from './http.ts';
import { nodeKeys } from './keys.ts';
import { findMasterKey } from './master-key.ts';
import { hostPolicy, keysOf } from './open-ports.ts';
import { openStore } from './open-store.ts';
import { resolvePaths } from './paths.ts';
import { systemRandom } from './random.ts';
import { StoreGuard } from './store-guard.ts';
import type { StoreLocation } from './store-location.ts';

export interface MaintenanceOptions {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Default: the store that the environment names. */
  readonly location?: StoreLocation | undefined;
  /** Whether it may be made where there is none. Default `false`. */
  readonly mayCreate?: boolean;
  /** Nobody else works on the whole store meanwhile. Default `false`. */
  readonly alone?: boolean;
  readonly warn: (text: string) => void;
}

/** A store that is opened to work on all of it, whatever its condition. Its own process does not count as one that uses it. */
export interface MaintainedStore extends CopiedStore, AsyncDisposable {
  readonly location: StoreLocation;
  readonly keys: OpenedKeys;
  /** That this machine is configured with; 32 bytes. */
  readonly masterKey: Uint8Array;
  readonly spool: Spool;
  readonly lock: ExchangeLock;
  readonly guard: StoreGuard;
  /** Whether processes of this machine work with a master key, by its id; where replicas report theirs, `false`. */
  isInUse(masterKeyId: number): boolean;
  /** Whether other processes use the store just now. */
  othersUseStore(): Promise<boolean>;
  /** Brings exchanges of these connections to rest that nobody is working on. */
  settle(names: readonly string[]): Promise<void>;
  /** Whether a replica may still come with an answer that it holds; this one, until it has looked. */
  isAwaited(replicaId: string): Promise<boolean>;
}

/**
 * Opens a store for its operator.
 * @throws StoreError as `openForcemint`; `store_unavailable` where there is no store; `store_locked` while somebody else works on all of it
 */
export async function openMaintenance(options: MaintenanceOptions): Promise<MaintainedStore> {
  const { env, warn } = options;
  const paths = resolvePaths(env);
  const location = options.location ?? paths.store;
  if (location.is === 'sqlite' && options.mayCreate !== true && !existsSync(location.path)) throw noStore(location.path);
  const opened = await openStore({ location, paths, env, clock: systemClock, random: systemRandom });
  const others: Disposable[] = [];
  try {
    if (options.alone === true && location.is === 'sqlite') others.push(workAlone(location.path));
    const keys = await keysOf(opened, paths, env, warn);
    const { lock, spool, url, replicas } = opened;
    const { store } = opened;
    const masterKey = findMasterKey(env, paths.masterKeyFile)?.key ?? new Uint8Array();
    const guard = StoreGuard.for({ store, paths, env, warn });
    const isUsedWith = (masterKeyId: number) => location.is === 'sqlite' && isInUse(location.path, masterKeyId);
    const masters = [keys.master, ...keys.formerMasters];
    return {
      store,
      url,
      location,
      keys,
      seal: keys.seal,
      masterKey,
      lock,
      spool,
      guard,
      isInUse: isUsedWith,
      async othersUseStore() {
        return replicas !== undefined || masters.some(({ id }) => isUsedWith(id));
      },
      async isAwaited(replicaId) {
        return replicas !== undefined && (replicaId === replicas.ownId || (await replicas.answersForMs(replicaId)) > 0);
      },
      async settle(names) {
        const http = createHttp({ env });
        const ports: ExchangePorts = {
          store: learningStore(store, { seal: keys.seal, master: keys.master, clock: systemClock }),
          seal: keys.seal,
          lock,
          spool,
          replicas,
          http,
          clock: systemClock,
          random: systemRandom,
          keys: nodeKeys,
          policy: hostPolicy(env),
          durations: DURATIONS,
          underway: new Underway(),
          warn,
        };
        const close = async () => http[Symbol.asyncDispose]();
        await using forcemint = assembleForcemint({ ports, renewAhead: false, close });
        await forcemint.settle(names);
      },
      async [Symbol.asyncDispose]() {
        for (const one of others) one[Symbol.dispose]();
        await opened.close();
      },
    };
  } catch (error) {
    for (const one of others) one[Symbol.dispose]();
    await opened.close();
    throw error;
  }
}

/** @throws StoreError `store_locked` */
function workAlone(storePath: string): Disposable {
  const directory = locksDirectory(storePath);
  ensurePrivateDirectory(directory);
  const lock = tryKernelLock(`${directory}/maintenance`);
  if (lock !== undefined) return { [Symbol.dispose]: () => lock.release() };
  throw new StoreError('store_locked', `Somebody else works on all of ${storePath} at this moment.`, {
    retryable: true,
    diagnosis: {
      cause: 'Another `forcemint store` command is running.',
      fix: ['Wait for it, then run this again.'],
      who: 'operator',
      retry: 'wait',
    },
  });
}

function noStore(path: string): StoreError {
  return new StoreError('store_unavailable', `There is no store at ${path}.`, {
    diagnosis: {
      cause:
        'No connection was made there yet, or the path, FORCEMINT_STORE or FORCEMINT_HOME says something else than was meant.',
      fix: ['Correct it; nothing was made.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

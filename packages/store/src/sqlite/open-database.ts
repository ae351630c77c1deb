import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@forcemint/core/errors';
import type { Clock, Random } from '@forcemint/core/ports';
import { type KernelLock, tryKernelLock } from './kernel-lock.ts';
import { latestVersion, type Migration, migrate, refuseNewer, schemaState } from './migrate.ts';
import { refuseNetworkFileSystem } from './network-file-system.ts';
import { checkPrivateFile, createPrivateFile, ensurePrivateDirectory, ensureStoreDirectory } from './private-files.ts';
import { asStoreError, lockedError } from './sqlite-errors.ts';

/** How long SQLite itself may wait, and block the event loop, for a lock: while opening, and afterwards. */
const OPEN_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 100;
/** How long opening waits for another process that is creating or migrating the same store. */
const SET_UP_WAIT_MS = 10_000;
/** A write-ahead log that grew beyond this (bytes) is cut when it starts anew. */
const JOURNAL_SIZE_LIMIT = 16 * 1024 * 1024;

export interface OpenDatabaseOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly readOnly: boolean;
  /** Limit of the file's size in pages of 4,096 bytes; none by default. */
  readonly maxPages: number | undefined;
  readonly migrations: readonly Migration[];
  /** Which network file system a path lies on; `undefined`: none. */
  readonly networkFileSystem: (path: string) => string | undefined;
}

/** Directory of a store's lock files, beside it. */
export function locksDirectory(storePath: string): string {
  return `${storePath}.locks`;
}

/**
 * Opens the store's file, and creates or migrates it first where that is needed: under a kernel lock, since switching a new file to WAL fails at random
 * when several processes do it at once. The file is private from its first moment; SQLite gives `-wal` and `-shm` the mode of the file itself.
 * @throws StoreError
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<DatabaseSync> {
  const { path, readOnly } = options;
  refuseNetworkFileSystem(path, options.networkFileSystem);
  try {
    if (!existsSync(path) && readOnly) throw missing(path);
    if (!readOnly) ensureStoreDirectory(dirname(path));
    for (const file of [path, `${path}-wal`, `${path}-shm`]) checkPrivateFile(file);
    return openReady(options) ?? (await setUp(options));
  } catch (error) {
    throw asStoreError(error, path);
  }
}

/** The database if nothing has to be created, switched or migrated. */
function openReady(options: OpenDatabaseOptions): DatabaseSync | undefined {
  const { path, migrations, readOnly } = options;
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0 && !readOnly) return undefined;
  const database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS, readOnly });
  try {
    const state = schemaState(database, path);
    const version = state.is === 'store' ? state.version : 0;
    refuseNewer(version, migrations, path);
    if (state.is === 'store' && state.wal && version === latestVersion(migrations)) return configured(database, options);
    if (readOnly) throw notMigrated(path);
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  return undefined;
}

async function setUp(options: OpenDatabaseOptions): Promise<DatabaseSync> {
  const lock = await setUpLock(options);
  try {
    const ready = openReady(options);
    if (ready !== undefined) return ready;
    createPrivateFile(options.path);
    return created(options);
  } finally {
    lock.release();
  }
}

function created(options: OpenDatabaseOptions): DatabaseSync {
  const { path, clock, random, migrations } = options;
  const database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS });
  try {
    schemaState(database, path);
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
    migrate(database, migrations, path, () => {
      const storeId = Buffer.from(random.bytes(16)).toString('hex');
      database.prepare('INSERT INTO meta (id, store_id, created_at_ms) VALUES (1, ?, ?)').run(storeId, clock.nowMs());
    });
    return configured(database, options);
  } catch (error) {
    database.close();
    throw error;
  }
}

function configured(database: DatabaseSync, { maxPages, readOnly }: OpenDatabaseOptions): DatabaseSync {
  database.exec(`PRAGMA synchronous=FULL; PRAGMA busy_timeout=${STATEMENT_TIMEOUT_MS}; PRAGMA trusted_schema=OFF`);
  if (process.platform === 'darwin') database.exec('PRAGMA fullfsync=1; PRAGMA checkpoint_fullfsync=1');
  if (!readOnly) database.exec(`PRAGMA journal_size_limit=${JOURNAL_SIZE_LIMIT}`);
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count=${Math.trunc(maxPages)}`);
  return database;
}

async function setUpLock({ path, clock, random }: OpenDatabaseOptions): Promise<KernelLock> {
  const directory = locksDirectory(path);
  ensurePrivateDirectory(directory);
  const startedAtMs = clock.monotonicMs();
  for (;;) {
    const lock = tryKernelLock(`${directory}/set-up`);
    if (lock !== undefined) return lock;
    if (clock.monotonicMs() - startedAtMs > SET_UP_WAIT_MS) throw lockedError(path, SET_UP_WAIT_MS);
    await clock.sleep(5 + ((random.bytes(1)[0] ?? 0) % 20));
  }
}

function missing(path: string): StoreError {
  return new StoreError('store_unavailable', `There is no store at ${path}.`, {
    diagnosis: {
      cause: 'No connection was made on this machine yet, or FORCEMINT_HOME or FORCEMINT_STORE points elsewhere.',
      fix: ['Make a connection with `forcemint connect`, or correct FORCEMINT_HOME or FORCEMINT_STORE.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

function notMigrated(path: string): StoreError {
  return new StoreError(
    'store_unavailable',
    `${path} has an older schema, and a store that is opened read-only is not migrated.`,
    {
      diagnosis: {
        cause: 'The store was written by an older Forcemint.',
        fix: ['Open it once for writing, for example with `forcemint list`.'],
        who: 'operator',
        retry: 'fix-first',
      },
    },
  );
}

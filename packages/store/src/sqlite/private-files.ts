import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StoreError, type StoreErrorCode } from '@forcemint/core/errors';

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY } = constants;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * A directory of ours, 0700.
 * @throws StoreError `insecure_permissions` when it exists and others may enter it
 */
export function ensurePrivateDirectory(path: string): void {
  makeDirectory(path);
  const stats = statSync(path);
  if (!stats.isDirectory()) {
    throw new StoreError('store_unavailable', `${path} is needed as a directory, but is something else.`);
  }
  if (hasAccess(stats, OTHERS)) throw insecure(path, 'other users can enter it', `chmod 700 ${path}`);
}

/**
 * The directory that a store lies in: made 0700 with its parents where it is missing. One that was there before may be readable, but if others can
 * write it they can put another file in the store's place.
 * @throws StoreError
 */
export function ensureStoreDirectory(path: string): void {
  makeDirectory(path);
  const stats = statSync(path);
  if (hasAccess(stats, OTHERS_WRITE) && (stats.mode & STICKY) === 0) {
    throw insecure(path, 'other users can replace the files in it', `chmod 700 ${path}`);
  }
}

/**
 * Makes an empty file, 0600 whatever the umask, durable in its directory. `false`: it is there already. An existing file is never opened: closing it
 * would free the locks that this process holds on it.
 * @throws StoreError
 */
export function createPrivateFile(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw asFileError(error, path);
  }
  closeSync(descriptor);
  chmodSync(path, 0o600);
  syncDirectory(dirname(path));
  return true;
}

/**
 * Makes a file, 0600, that appears under its name whole and durable, or not at all; one that is there already stays. Its directory must be there.
 * @param draft an ending for the name that it has until then, which nobody else uses
 * @throws StoreError
 */
export function writeOnce(path: string, content: string, draft: string): void {
  const draftPath = `${path}.${draft}.new`;
  try {
    const descriptor = openSync(draftPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
      linkSync(draftPath, path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    } finally {
      closeSync(descriptor);
      unlinkSync(draftPath);
    }
    syncDirectory(dirname(path));
  } catch (error) {
    throw asFileError(error, path);
  }
}

/** @throws StoreError `insecure_permissions` when users other than the owner can read or write the file; a missing file is fine */
export function checkPrivateFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && hasAccess(stats, OTHERS)) {
    throw insecure(path, 'other users can read or write it', `chmod 600 ${path}`);
  }
}

/** Makes names that were just created in a directory durable. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What a failed file operation means to the caller; other errors come back as they are. */
export function asFileError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const [storeCode, what, fix] = MEANINGS.get(code) ?? OTHERWISE;
  return new StoreError(storeCode, `${path} ${what} (${code}).`, {
    cause: error,
    retryable: storeCode === 'store_full',
    diagnosis: { cause: `The operating system answered ${code}.`, fix: [fix], who: 'operator', retry: 'fix-first' },
  });
}

const OTHERWISE: readonly [StoreErrorCode, string, string] = [
  'store_unavailable',
  'could not be read or written',
  'Check the path, the volume and the permissions.',
];

const MEANINGS: ReadonlyMap<string, readonly [StoreErrorCode, string, string]> = new Map([
  ['ENOSPC', ['store_full', 'could not be written: no space is left on the volume', 'Free space on the volume.']],
  ['EFBIG', ['store_full', 'could not be written: the limit on file sizes is reached', 'Raise the limit (ulimit -f).']],
  ['EDQUOT', ['store_full', 'could not be written: the disk quota is used up', 'Free space, or raise the quota.']],
  [
    'EROFS',
    [
      'store_read_only',
      'could not be written: the volume is read-only',
      'Mount it writable, or set FORCEMINT_HOME to a writable directory.',
    ],
  ],
  [
    'EACCES',
    [
      'store_unavailable',
      'may not be used by this user',
      'Give this user the directory, or set FORCEMINT_HOME to one of its own.',
    ],
  ],
  [
    'EPERM',
    [
      'store_unavailable',
      'may not be used by this user',
      'Give this user the directory, or set FORCEMINT_HOME to one of its own.',
    ],
  ],
]);

function makeDirectory(path: string): void {
  try {
    makePrivateDirectory(path);
  } catch (error) {
    throw asFileError(error, path);
  }
}

/**
 * Makes a directory and its parents, 0700, where they are missing. Not by Node's `recursive`, which never returns where the system says that a directory
 * that is there is not (`/proc`).
 * @throws the error of the file system
 */
export function makePrivateDirectory(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) makePrivateDirectory(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in between.
    if (errorCode(error) !== 'EEXIST' || !isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Windows reports modes that say nothing about other users. */
function hasAccess(stats: Stats, bits: number): boolean {
  return process.platform !== 'win32' && (stats.mode & bits) !== 0;
}

function insecure(path: string, why: string, command: string): StoreError {
  return new StoreError('insecure_permissions', `${path} is not private: ${why}. Run: ${command}`, {
    diagnosis: {
      cause: `The permissions of ${path} let other users in.`,
      fix: [`Run: ${command}`],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

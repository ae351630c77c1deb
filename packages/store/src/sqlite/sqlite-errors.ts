import { StoreError } from '@forcemint/core/errors';
import { forOperator, type Meaning, meaningOf } from '../meaning.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html); the low byte of an extended one. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const CONSTRAINT = 19;
const NOTADB = 26;
/** `SQLITE_CONSTRAINT_TRIGGER`: `RAISE(ABORT)` in a trigger. */
const CONSTRAINT_TRIGGER = 1811;

/** The extended result code of an error that `node:sqlite` threw; `undefined` for any other error. */
export function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

/** Another connection holds a lock: the same statement may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  const code = primary(error);
  return code === BUSY || code === LOCKED;
}

/** No room on the disk, or the page limit is reached. */
export function isFull(error: unknown): boolean {
  return primary(error) === FULL;
}

/** A trigger refused the row. */
export function isRefusedByTrigger(error: unknown): boolean {
  return sqliteResultCode(error) === CONSTRAINT_TRIGGER;
}

/** What an error of SQLite means to the caller. Decided by number, never by text; other errors come back as they are. */
export function asStoreError(error: unknown, path: string): unknown {
  const code = primary(error);
  if (code === undefined) return error;
  if (code === CONSTRAINT) return new TypeError('The store refused a row that breaks a rule of its tables.', { cause: error });
  return meaningOf(MEANINGS.get(code) ?? OTHERWISE, `${path}; SQLite result code ${sqliteResultCode(error)}`, error);
}

/** The store stayed locked by others for as long as a write waits. */
export function lockedError(path: string, waitedMs: number): StoreError {
  const message = `The store was locked by other processes for ${Math.round(waitedMs / 1000)} s`;
  const fix = ['Try again; if it stays locked, look for a process that holds the file open (`fuser`, `lsof`).'];
  return new StoreError('store_locked', `${message} (${path}).`, { retryable: true, diagnosis: forOperator(message, fix, true) });
}

/** The file is readable, but what stands in it is not what this program writes there. */
export function corruptError(path: string, what: string): StoreError {
  const message = `${path} ${what}`;
  const fix = [
    'Point FORCEMINT_STORE or FORCEMINT_HOME to the right file, or restore the store from a backup. Nothing was changed.',
  ];
  return new StoreError('store_corrupt', message, {
    diagnosis: forOperator('The file is damaged or belongs to another program.', fix, false),
  });
}

const OTHERWISE: Meaning = {
  code: 'store_unavailable',
  message: 'The store could not be read or written',
  fix: ['Look at the disk and the kernel log of this machine.'],
  retryable: true,
};

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [BUSY, locked()],
  [LOCKED, locked()],
  [
    READONLY,
    {
      code: 'store_read_only',
      message: 'The store can be read but not written',
      fix: ['Give this user write permission for the store file and its directory, or mount the volume writable.'],
      retryable: false,
    },
  ],
  [
    FULL,
    {
      code: 'store_full',
      message: 'There is no room for the store to grow',
      fix: ['Free space on the volume of the store; nothing that was stored is lost.'],
      retryable: true,
    },
  ],
  [
    CANTOPEN,
    {
      code: 'store_unavailable',
      message: 'The store could not be opened',
      fix: ['Check that its directory exists, and that this user may enter and write it.'],
      retryable: false,
    },
  ],
  [CORRUPT, damaged()],
  [NOTADB, damaged()],
]);

function locked(): Meaning {
  return { code: 'store_locked', message: 'The store is locked by another process', fix: ['Try again.'], retryable: true };
}

function damaged(): Meaning {
  return {
    code: 'store_corrupt',
    message: 'The store file is damaged, or is no SQLite database',
    fix: ['Restore it from a backup, or point FORCEMINT_STORE or FORCEMINT_HOME to the right file.'],
    retryable: false,
  };
}

function primary(error: unknown): number | undefined {
  const code = sqliteResultCode(error);
  return code === undefined ? undefined : code & 255;
}

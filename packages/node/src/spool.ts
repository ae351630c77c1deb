import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { readdir, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Spool, SpooledAnswer } from '@forcemint/core/ports';
import { asFileError, ensurePrivateDirectory, syncDirectory } from '@forcemint/store/sqlite/private-files';
import { fileNameFor } from './kernel-lock.ts';
import { decodeEntry, EMPTY_HEADER, encodeEntry } from './spool-entry.ts';

/** Room for an answer of usual size, written once with zeros so that a full disk cannot strike when the answer has come. */
const RESERVED_BYTES = 16 * 1024;
const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
/** As `fileNameFor` makes them. */
const FILE_NAME = /^[0-9a-f]{32}$/;

const flushed = promisify(fsync);
const dataFlushed = promisify(fdatasync);

/**
 * Raw answers on the disk, one file (0600) for each connection in a directory (0700) beside the store.
 * Entries are overwritten in place: after a crash in the middle of it an entry reads as none.
 *
 * Only what waits for the disk leaves the thread: an operation in the page cache takes a few microseconds, and handing it to another thread several times that.
 */
export function createSpool({ directory }: { readonly directory: string }): Spool {
  const pathOf = (connectionId: string) => `${directory}/${fileNameFor(connectionId)}`;

  return {
    async reserve(connectionId) {
      ensurePrivateDirectory(directory);
      const path = pathOf(connectionId);
      if (isReserved(path)) return;
      await withFile(path, O_RDWR | O_CREAT, async (file) => {
        const { size } = fstatSync(file);
        fchmodSync(file, 0o600);
        if (size < RESERVED_BYTES) writeAll(file, new Uint8Array(RESERVED_BYTES - size), size);
        await flushed(file);
        syncDirectory(directory);
      });
    },

    async write(answer) {
      ensurePrivateDirectory(directory);
      await withFile(pathOf(answer.connectionId), O_RDWR | O_CREAT, async (file) => {
        const { size } = fstatSync(file);
        writeAll(file, encodeEntry(answer), 0);
        await dataFlushed(file);
        if (size === 0) syncDirectory(directory);
      });
    },

    async read(connectionId): Promise<readonly SpooledAnswer[]> {
      const entry = await ifThere(withFile(pathOf(connectionId), O_RDONLY, (file) => entryIn(file, connectionId)));
      return entry === undefined ? [] : [entry];
    },

    async *entries() {
      for (const name of (await ifThere(namesIn(directory))) ?? []) {
        const path = `${directory}/${name}`;
        const entry = FILE_NAME.test(name) ? await ifThere(withFile(path, O_RDONLY, (file) => entryIn(file))) : undefined;
        if (entry !== undefined) yield entry;
      }
    },

    /** Not flushed: an entry that comes back after a crash is harmless, since readers compare attempt ids. */
    async clear(connectionId) {
      await ifThere(withFile(pathOf(connectionId), O_RDWR, (file) => writeAll(file, EMPTY_HEADER, 0)));
    },

    async discard(connectionId) {
      const path = pathOf(connectionId);
      await ifThere(unlink(path).catch((error: unknown) => Promise.reject(asFileError(error, path))));
    },
  };
}

async function withFile<T>(path: string, flags: number, use: (file: number) => T | Promise<T>): Promise<T> {
  try {
    const file = openSync(path, flags | (O_NOFOLLOW ?? 0), 0o600);
    try {
      return await use(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw asFileError(error, path);
  }
}

function isReserved(path: string): boolean {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true && stats.size >= RESERVED_BYTES;
  } catch (error) {
    throw asFileError(error, path);
  }
}

/** For what is read at this very moment, and decoded before the next is. */
const scratch = Buffer.allocUnsafeSlow(RESERVED_BYTES + 1);

/** The entry in a file; the usual file takes one read. */
function entryIn(file: number, connectionId?: string): SpooledAnswer | undefined {
  const length = readSync(file, scratch, 0, scratch.length, 0);
  return decodeEntry(length < scratch.length ? scratch.subarray(0, length) : readFileSync(file), connectionId);
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw asFileError(error, directory);
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** `undefined` where there is no such file. */
async function ifThere<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw error;
  }
}

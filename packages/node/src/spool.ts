import { constants } from 'node:fs';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import type { Spool, SpooledAnswer } from '@forcemint/core/ports';
import { asFileError, ensurePrivateDirectory, syncDirectory } from '@forcemint/store/sqlite/private-files';
import { fileNameFor } from './kernel-lock.ts';
import { decodeEntry, EMPTY_HEADER, encodeEntry } from './spool-entry.ts';

/** Room for an answer of usual size, written once with zeros so that a full disk cannot strike when the answer has come. */
const RESERVED_BYTES = 16 * 1024;
const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
/** As `fileNameFor` makes them. */
const FILE_NAME = /^[0-9a-f]{32}$/;

/**
 * Raw answers on the disk, one file (0600) for each connection in a directory (0700) beside the store.
 * Entries are overwritten in place: after a crash in the middle of it an entry reads as none.
 */
export function createSpool({ directory }: { readonly directory: string }): Spool {
  const pathOf = (connectionId: string) => `${directory}/${fileNameFor(connectionId)}`;

  return {
    async reserve(connectionId) {
      ensurePrivateDirectory(directory);
      await withFile(pathOf(connectionId), O_RDWR | O_CREAT, async (file) => {
        const { size } = await file.stat();
        if (size >= RESERVED_BYTES) return;
        await file.chmod(0o600);
        await writeAll(file, new Uint8Array(RESERVED_BYTES - size), size);
        await file.sync();
        syncDirectory(directory);
      });
    },

    async write(answer) {
      ensurePrivateDirectory(directory);
      await withFile(pathOf(answer.connectionId), O_RDWR | O_CREAT, async (file) => {
        const { size } = await file.stat();
        await writeAll(file, encodeEntry(answer), 0);
        await file.datasync();
        if (size === 0) syncDirectory(directory);
      });
    },

    async read(connectionId): Promise<readonly SpooledAnswer[]> {
      const bytes = await ifThere(withFile(pathOf(connectionId), constants.O_RDONLY, (file) => file.readFile()));
      const entry = bytes && decodeEntry(bytes, connectionId);
      return entry === undefined ? [] : [entry];
    },

    async *entries() {
      for (const name of (await ifThere(namesIn(directory))) ?? []) {
        const path = `${directory}/${name}`;
        const bytes = FILE_NAME.test(name)
          ? await ifThere(withFile(path, constants.O_RDONLY, (file) => file.readFile()))
          : undefined;
        const entry = bytes && decodeEntry(bytes);
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

async function withFile<T>(path: string, flags: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    const file = await open(path, flags | (O_NOFOLLOW ?? 0), 0o600);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asFileError(error, path);
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw asFileError(error, directory);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
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

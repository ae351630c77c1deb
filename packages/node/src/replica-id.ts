import { closeSync, constants, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { StoreError } from '@forcemint/core/errors';
import type { Random } from '@forcemint/core/ports';
import { asFileError, ensurePrivateDirectory, syncDirectory } from '@forcemint/store/sqlite/private-files';

const FILE = 'replica-id';
const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY } = constants;

/**
 * The name that the spool in this directory goes by among replicas: random, made once, shared by every process that uses the spool.
 * @throws StoreError
 */
export function replicaIdOf(directory: string, random: Random): string {
  ensurePrivateDirectory(directory);
  const path = `${directory}/${FILE}`;
  return readId(path) ?? made(directory, path, random);
}

function readId(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw asFileError(error, path);
  }
}

/** The file appears whole or not at all; of several processes that make it at once, one wins. */
function made(directory: string, path: string, random: Random): string {
  const id = Buffer.from(random.bytes(16)).toString('hex');
  const draft = `${path}.${id}.new`;
  try {
    const descriptor = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      writeSync(descriptor, `${id}\n`);
      fsyncSync(descriptor);
      linkSync(draft, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      closeSync(descriptor);
      unlinkSync(draft);
    }
    syncDirectory(directory);
  } catch (error) {
    throw asFileError(error, path);
  }
  const stored = readId(path);
  if (stored === undefined) throw damaged(path);
  return stored;
}

/** A new id in its place would leave answers in this spool that nobody waits for. */
function damaged(path: string): StoreError {
  return new StoreError('store_corrupt', `${path} does not hold a replica id.`, {
    diagnosis: {
      cause: 'The file was changed, or written by something else.',
      fix: [
        'Write the id back that it had: the replicas’ ids stand in the output of `forcemint store status`.',
        'If the spool beside it is empty: delete the file, and a new id is made.',
      ],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

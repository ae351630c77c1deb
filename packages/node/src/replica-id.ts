import { readFileSync } from 'node:fs';
import { StoreError } from '@forcemint/core/errors';
import type { Random } from '@forcemint/core/ports';
import { asFileError, ensurePrivateDirectory, writeOnce } from '@forcemint/store/sqlite/private-files';

const FILE = 'replica-id';

/**
 * The name that the spool in this directory goes by among replicas: random, made once, shared by every process that uses the spool.
 * @throws StoreError
 */
export function replicaIdOf(directory: string, random: Random): string {
  ensurePrivateDirectory(directory);
  const path = `${directory}/${FILE}`;
  return readId(path) ?? made(path, random);
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

/** Of several processes that make it at once, one wins. */
function made(path: string, random: Random): string {
  const id = Buffer.from(random.bytes(16)).toString('hex');
  writeOnce(path, `${id}\n`, id);
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

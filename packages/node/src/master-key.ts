import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError, type StoreErrorCode } from '@forcemint/core/errors';
import type { Random } from '@forcemint/core/ports';
import { KEY_BYTES } from '@forcemint/core/seal/seal';
import { asFileError, makePrivateDirectory, writeOnce } from '@forcemint/store/sqlite/private-files';

/** Where a master key came from. */
export type MasterKeySource = 'FORCEMINT_MASTER_KEY_FILE' | 'CREDENTIALS_DIRECTORY' | 'FORCEMINT_MASTER_KEY' | 'file';

export interface FoundMasterKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly source: MasterKeySource;
  /** For the user; without secrets. */
  readonly warnings: readonly string[];
}

/** Name of the credential that systemd hands over (`LoadCredential=forcemint-master-key:…`). */
const CREDENTIAL = 'forcemint-master-key';
/** More than any accepted form of a key. */
const MAX_FILE_BYTES = 1_024;
const { O_NOFOLLOW = 0, O_RDONLY } = constants;

/**
 * Finds the master key: FORCEMINT_MASTER_KEY_FILE, `$CREDENTIALS_DIRECTORY/forcemint-master-key`, FORCEMINT_MASTER_KEY, else `masterKeyFile`. A source
 * that is named but unusable is an error; the next one is not tried. A key is 32 bytes as they are, in hex, or in base64.
 * @returns `undefined` when there is none
 * @throws StoreError `missing_master_key`, `insecure_permissions`, `wrong_master_key`
 */
export function findMasterKey(env: Readonly<NodeJS.ProcessEnv>, masterKeyFile: string): FoundMasterKey | undefined {
  const named = env['FORCEMINT_MASTER_KEY_FILE'];
  if (named) {
    const key = readKeyFile(named, 'own') ?? missing(`FORCEMINT_MASTER_KEY_FILE names ${named}, which does not exist.`);
    return { key, source: 'FORCEMINT_MASTER_KEY_FILE', warnings: [] };
  }
  const credentials = env['CREDENTIALS_DIRECTORY'];
  const credential = credentials ? readKeyFile(join(credentials, CREDENTIAL), 'service-manager') : undefined;
  if (credential !== undefined) return { key: credential, source: 'CREDENTIALS_DIRECTORY', warnings: [] };
  const value = env['FORCEMINT_MASTER_KEY'];
  if (value) {
    const warning =
      'The master key was taken from the environment (FORCEMINT_MASTER_KEY), which child processes and crash reports can see; use FORCEMINT_MASTER_KEY_FILE.';
    return { key: decodeKey(Buffer.from(value), 'FORCEMINT_MASTER_KEY'), source: 'FORCEMINT_MASTER_KEY', warnings: [warning] };
  }
  const key = readKeyFile(masterKeyFile, 'own');
  return key && { key, source: 'file', warnings: [] };
}

/**
 * The master key, made if this is a new store that nothing was sealed in. When several processes make it at the same moment, all get the same one.
 * @throws StoreError as `findMasterKey`; `missing_master_key` when the store holds data and there is no key
 */
export function loadMasterKey(request: {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly masterKeyFile: string;
  readonly storeIsEmpty: boolean;
  readonly random: Random;
}): FoundMasterKey {
  const { env, masterKeyFile, storeIsEmpty, random } = request;
  const found = findMasterKey(env, masterKeyFile);
  if (found !== undefined) return found;
  if (!storeIsEmpty) missing(`The store holds data, but its master key is missing: there is no ${masterKeyFile}.`);
  makeKeyFile(masterKeyFile, random);
  return { key: readKeyFile(masterKeyFile, 'own') ?? missing(`${masterKeyFile} has disappeared.`), source: 'file', warnings: [] };
}

/** The master key in a file that somebody names. @throws StoreError as `findMasterKey` */
export function readMasterKey(path: string): Uint8Array {
  return readKeyFile(path, 'own') ?? missing(`There is no ${path}.`);
}

function makeKeyFile(path: string, random: Random): void {
  const content = `${Buffer.from(random.bytes(KEY_BYTES)).toString('base64')}\n`;
  try {
    makePrivateDirectory(dirname(path));
  } catch (error) {
    throw asFileError(error, path);
  }
  writeOnce(path, content, Buffer.from(random.bytes(8)).toString('hex'));
}

/** Checked through the descriptor that is read from, so that nobody can exchange the file in between. */
function readKeyFile(path: string, placedBy: 'own' | 'service-manager'): Uint8Array | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP')) throw insecure(path, 'is a symbolic link', 'Name the file itself.');
    throw asFileError(error, path);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw insecure(path, 'is not a regular file', 'Name a file that holds the key.');
    if (placedBy === 'own') refuseOthers(path, stats.mode, stats.uid);
    if (stats.size > MAX_FILE_BYTES) throw wrongLength(path);
    return decodeKey(readFileSync(descriptor), path);
  } finally {
    closeSync(descriptor);
  }
}

function refuseOthers(path: string, mode: number, owner: number): void {
  const me = process.geteuid?.();
  if (me === undefined) return;
  if (owner !== me) throw insecure(path, 'belongs to another user', `Run: chown $(id -u) ${path}`);
  if ((mode & 0o077) !== 0) throw insecure(path, 'can be read or written by other users', `Run: chmod 600 ${path}`);
}

function decodeKey(content: Buffer, where: string): Uint8Array {
  if (content.length === KEY_BYTES) return new Uint8Array(content);
  const text = content.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return new Uint8Array(Buffer.from(text, 'base64'));
  throw wrongLength(where);
}

/** A store that several machines use gets its master key from the operator, the same one everywhere. @throws StoreError `missing_master_key` */
export function missingMasterKey(masterKeyFile: string): never {
  throw failure(
    'missing_master_key',
    `A store in PostgreSQL needs a master key that you give it: there is no ${masterKeyFile}, and FORCEMINT_MASTER_KEY_FILE is not set.`,
    'Every machine that uses the store needs the same key, so none of them makes one by itself.',
    [
      'For a new store: (umask 077; openssl rand -base64 32 > master.key), then FORCEMINT_MASTER_KEY_FILE=master.key on every machine.',
      'For a store that holds data: give the key that it was made with.',
    ],
  );
}

function missing(message: string): never {
  throw failure(
    'missing_master_key',
    message,
    'The key file was moved or deleted, or FORCEMINT_HOME or FORCEMINT_MASTER_KEY_FILE points elsewhere.',
    ['Give the master key that the store was made with; without it nothing in the store can be read. Nothing was changed.'],
  );
}

function insecure(path: string, why: string, fix: string): StoreError {
  return failure('insecure_permissions', `The master key file ${path} ${why}. ${fix}`, `${path} ${why}.`, [fix]);
}

function wrongLength(where: string): StoreError {
  return failure(
    'wrong_master_key',
    `${where} does not hold a master key: it must be ${KEY_BYTES} bytes, in base64, in hex, or as they are.`,
    'It was cut, or is the key of something else.',
    [`Give the key of this store. A key for a new store: openssl rand -base64 ${KEY_BYTES}`],
  );
}

function failure(code: StoreErrorCode, message: string, cause: string, fix: readonly string[]): StoreError {
  return new StoreError(code, message, { diagnosis: { cause, fix, who: 'operator', retry: 'fix-first' } });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

import { X509Certificate } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import { lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { removeAtExit } from './exit-cleanup.ts';
import { systemErrorCode } from './system-error.ts';
import { ORGANIZATION } from './tls-certificates.ts';

/** The CA certificate can't be written to the place that was asked for. */
export class EmulatorCaFileError extends Error {
  readonly code = 'ERR_EMULATOR_CA_FILE';
  readonly retryable = false;
  readonly path: string;

  constructor(path: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EmulatorCaFileError';
    this.path = path;
  }
}

/**
 * The absolute path, when nothing is there or a CA file that an emulator left behind. Whatever else is there stays.
 *
 * @throws {EmulatorCaFileError}
 */
export async function checkedCaFilePath(caFile: string): Promise<string> {
  const path = resolve(caFile);
  const refused = (what: string): EmulatorCaFileError =>
    new EmulatorCaFileError(
      path,
      `${path} is ${what}, not the CA file of an emulator: it is not overwritten. Choose another place.`,
    );
  let text: string;
  try {
    const status = await lstat(path);
    if (!status.isFile()) throw refused(status.isDirectory() ? 'a folder' : 'no plain file');
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return path;
    throw error instanceof EmulatorCaFileError ? error : notWritable(path, error);
  }
  if (!isCaOfAnEmulator(text)) throw refused('something else');
  return path;
}

/**
 * Writes the certificate for everybody to read, whole or not at all. Disposing removes it, unless another emulator has written its own there
 * meanwhile; it goes with the process at the latest.
 *
 * @param path from {@link checkedCaFilePath}
 * @throws {EmulatorCaFileError}
 */
export async function writeCaFile(path: string, caCertificate: string): Promise<Disposable> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}-${caSerialNumber(caCertificate)}`);
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(caCertificate);
      // Whatever the umask is: other users' processes shall trust it too.
      await file.chmod(0o644);
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw notWritable(path, error);
  }
  const removed = removeAtExit(() => {
    try {
      removeOwn(path, caCertificate);
    } catch {
      // The process ends: there is nobody to tell, and the next emulator may overwrite the file.
    }
  });
  return {
    [Symbol.dispose]() {
      removed();
      removeOwn(path, caCertificate);
    },
  };
}

function removeOwn(path: string, caCertificate: string): void {
  try {
    if (readFileSync(path, 'utf8') === caCertificate) unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

function isCaOfAnEmulator(text: string): boolean {
  if (text.split('-----BEGIN').length !== 2) return false;
  try {
    const certificate = new X509Certificate(text);
    return certificate.ca && certificate.subject.split('\n').includes(`O=${ORGANIZATION}`);
  } catch {
    return false;
  }
}

function caSerialNumber(caCertificate: string): string {
  return new X509Certificate(caCertificate).serialNumber.slice(-12);
}

function notWritable(path: string, cause: unknown): EmulatorCaFileError {
  const reason = systemErrorCode(cause) ?? String(cause);
  return new EmulatorCaFileError(
    path,
    `The CA certificate can't be written to ${path} (${reason}). Choose another place.`,
    cause,
  );
}

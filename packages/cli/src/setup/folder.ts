import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NewFile } from '../export/new-file.ts';
import { UsageError } from '../usage-error.ts';

/** A file to write into the folder of a setup. */
export interface FolderFile {
  readonly path: string;
  readonly content: string;
  /** Only its owner may read it. */
  readonly isSecret: boolean;
  /** A private key: never written over. */
  readonly isKey?: boolean;
}

/**
 * Refuses a folder in which something could be overwritten.
 * @throws UsageError
 */
export async function checkFolder(folder: string, files: readonly FolderFile[], force: boolean): Promise<void> {
  const there = await readdir(folder).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return [] as string[];
    throw new UsageError(`${folder} cannot be used (${String(code)}).`, { fix: ['--out FOLDER, a new one'] });
  });
  if (there.length === 0) return;
  if (!force) {
    throw new UsageError(`${folder} is not empty.`, {
      why: 'What is in it could be overwritten.',
      fix: ['--out FOLDER, a new one', 'If it is of an earlier setup: --force, which writes over everything but a private key'],
    });
  }
  const key = files.find(({ path, isKey }) => isKey === true && there.includes(path));
  if (key !== undefined) {
    throw new UsageError(`${join(folder, key.path)} is there already, and a private key is never written over.`, {
      fix: ['--out FOLDER, a new one', 'Or move the key away, if nothing needs it'],
    });
  }
}

/** Each file is whole or not there: written beside, then put in its place; a key last, made anew. */
export async function writeFolder(folder: string, files: readonly FolderFile[]): Promise<void> {
  for (const { path, content, isSecret, isKey } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    if (isKey === true) await (await NewFile.create(target)).save(content);
    else await replaceFile(target, content, isSecret ? 0o600 : 0o644);
  }
}

async function replaceFile(target: string, content: string, mode: number): Promise<void> {
  const beside = `${target}.new`;
  const file = await open(beside, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.close();
    await rename(beside, target);
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(beside).catch(() => undefined);
    throw error;
  }
}

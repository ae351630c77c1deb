import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError } from '@forcemint/store/sqlite/private-files';
import { UsageError } from '../../usage-error.ts';
import { NewFile } from '../new-file.ts';

/**
 * Makes files in a folder, which is made if it is missing (0700): all of them or none, each anew, 0600.
 * @param contents by name
 * @throws UsageError when one cannot be made; StoreError when one cannot be written
 */
export async function makeFiles(folder: string, contents: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  const made: NewFile[] = [];
  try {
    for (const name of Object.keys(contents)) made.push(await create(folder, name));
    for (const [index, content] of Object.values(contents).entries()) await save(made[index], content);
  } catch (error) {
    for (const file of made) await file.discard();
    throw error;
  }
}

async function create(folder: string, name: string): Promise<NewFile> {
  const path = join(folder, name);
  try {
    return await NewFile.create(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw unusable(folder, error);
    throw new UsageError(`${path} is there already; nothing was written.`, {
      why: 'Secrets may have been filled in since.',
      fix: ['--out FOLDER, another one', 'Or move that file away, or delete it if nobody needs it.'],
    });
  }
}

async function save(file: NewFile | undefined, content: string): Promise<void> {
  try {
    await file?.save(content);
  } catch (error) {
    throw asFileError(error, file?.path ?? '');
  }
}

function unusable(folder: string, error: unknown): UsageError {
  return new UsageError(`Nothing can be written into ${folder} (${codeOf(error) ?? 'unknown reason'}).`, {
    fix: ['--out FOLDER, a new one, or one that you may write to'],
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

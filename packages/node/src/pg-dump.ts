import { spawn } from 'node:child_process';
import { chmodSync, closeSync, openSync, unlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '@forcemint/core/errors';
import { asFileError, createPrivateFile } from '@forcemint/store/sqlite/private-files';

/**
 * Writes the schema of the store into a new file, 0600, with PostgreSQL's `pg_dump` (custom format; `pg_restore` reads it): the one that FORCEMINT_PG_DUMP
 * names, else that of PATH. A password in the URL reaches it in a file that only this user can read, never in its arguments.
 * @throws StoreError `store_unavailable`
 */
export async function dumpPostgres(url: string, target: string, env: Readonly<NodeJS.ProcessEnv>): Promise<void> {
  if (!createPrivateFile(target)) {
    throw failure(
      `${target} is there already; a backup never takes the place of another file.`,
      'There is a file of that name.',
      ['Give another name.'],
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-dump-'));
  try {
    const { bare, password } = withoutPassword(url);
    const passFile = join(folder, 'pgpass');
    if (password !== undefined) await writeFile(passFile, `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`, { mode: 0o600 });
    const childEnv = { ...env, ...(password === undefined ? {} : { PGPASSFILE: passFile }) };
    await run(env['FORCEMINT_PG_DUMP'] || 'pg_dump', bare, target, childEnv);
  } catch (error) {
    unlinkSync(target);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function withoutPassword(url: string): { readonly bare: string; readonly password: string | undefined } {
  const parsed = URL.parse(url);
  if (parsed === null) return { bare: url, password: undefined };
  const password = parsed.password === '' ? undefined : decodeURIComponent(parsed.password);
  parsed.password = '';
  return { bare: parsed.href, password };
}

async function run(program: string, url: string, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  const file = openForWriting(target);
  try {
    const flags = ['--format=custom', '--schema=forcemint', '--no-password', `--dbname=${url}`];
    // What it says goes to the person as it is: it knows best what it lacks.
    const child = spawn(program, flags, { env, stdio: ['ignore', file, 'inherit'] });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw failed(program, code);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))
      throw notThere(program, error);
    throw error;
  } finally {
    closeSync(file);
  }
  chmodSync(target, 0o600);
}

function openForWriting(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    throw asFileError(error, path);
  }
}

function notThere(program: string, cause: unknown): StoreError {
  return failure(
    `${program} could not be started.`,
    program === 'pg_dump'
      ? 'PostgreSQL is backed up with its own pg_dump, which is not on PATH.'
      : 'FORCEMINT_PG_DUMP names it, and it is not there or may not be run.',
    [
      'Install PostgreSQL’s client programs of the server’s version or newer.',
      'Or say where it is: FORCEMINT_PG_DUMP=/usr/lib/postgresql/17/bin/pg_dump',
    ],
    cause,
  );
}

function failed(program: string, code: number | null): StoreError {
  return failure(
    `${program} ended with ${code ?? 'a signal'}, and nothing was kept.`,
    'It is older than the server, may not log in, or may not read the schema.',
    ['What it said stands above.', 'A newer one than the server is fine, an older one is not: FORCEMINT_PG_DUMP=PATH'],
  );
}

function failure(message: string, cause: string, fix: readonly string[], thrown?: unknown): StoreError {
  return new StoreError('store_unavailable', message, {
    cause: thrown,
    diagnosis: { cause, fix, who: 'operator', retry: 'fix-first' },
  });
}

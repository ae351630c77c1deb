import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ClientPackage } from './client-package.ts';
import { withInstallLock } from './install-lock.ts';
import { npm } from './npm.ts';

const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devDependencies?: object }>>;
}

export interface InstallOptions {
  /** Default {@link clientsCache}. */
  readonly cache?: string;
  /** npm's environment, and where `FORCEMINT_CLIENTS_CACHE` and `XDG_CACHE_HOME` are looked for. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told in a sentence what takes long. Default: stderr. */
  readonly onProgress?: (line: string) => void;
}

/** Where clients are installed: `FORCEMINT_CLIENTS_CACHE`, or else `forcemint/clients` in the user's cache folder. */
export function clientsCache(env: NodeJS.ProcessEnv = process.env): string {
  const { FORCEMINT_CLIENTS_CACHE: own, XDG_CACHE_HOME: caches } = env;
  return own || join(caches || join(homedir(), '.cache'), 'forcemint', 'clients');
}

/**
 * Installs a client with npm unless it is there, without running any install script, and returns the script that Node runs. It appears under its name
 * only when it is whole.
 *
 * @throws {ClientUnavailableError} when npm can't fetch it
 * @throws {Error} when what comes is not the package that was meant
 */
export async function installClient(client: ClientPackage, options: InstallOptions = {}): Promise<string> {
  const { env = process.env, onProgress = (line) => process.stderr.write(`${line}\n`) } = options;
  const { cache = clientsCache(env) } = options;
  const label = `${client.name} ${client.version}`;
  const folder = join(cache, `${client.name.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}-${client.version}`);
  const entry = join(folder, client.entry);
  if (existsSync(entry)) return entry;
  mkdirSync(cache, { recursive: true });
  const onWait = () => onProgress(`Waiting for another process that installs ${label}.`);
  await withInstallLock(`${folder}.lock`, onWait, async () => {
    if (existsSync(entry)) return;
    onProgress(`Installing ${label} into ${folder}, this once.`);
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial);
    try {
      renameSync(await fetchWhole(client, partial, env), folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
  return entry;
}

async function fetchWhole(client: ClientPackage, partial: string, env: NodeJS.ProcessEnv): Promise<string> {
  await npm(['pack', `${client.name}@${client.version}`, ...QUIET], partial, env);
  const tarball = join(partial, readdirSync(partial).find((name) => name.endsWith('.tgz')) ?? 'no tarball');
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (integrity !== client.integrity) throw new Error(`${client.name} ${client.version} is not what it was: ${integrity}`);
  const { status, stderr, error } = spawnSync('tar', ['-xzf', tarball, '-C', partial], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tar can't unpack ${tarball}: ${stderr ?? error?.message}`);
  const folder = join(partial, 'package');
  leaveOutDevelopment(folder);
  await npm(['install', '--no-save', '--replace-registry-host=always', ...QUIET], folder, env);
  return folder;
}

/** A package with a shrinkwrap is a project of its own, whose development dependencies nobody needs. */
function leaveOutDevelopment(folder: string): void {
  const manifestFile = join(folder, 'package.json');
  const { devDependencies: _1, scripts: _2, ...manifest } = JSON.parse(readFileSync(manifestFile, 'utf8'));
  writeFileSync(manifestFile, JSON.stringify(manifest));
  const lockFile = join(folder, 'npm-shrinkwrap.json');
  const lock: Lockfile = JSON.parse(readFileSync(lockFile, 'utf8'));
  const packages = Object.entries(lock.packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, { devDependencies: _, ...entry }]) => [path, entry]);
  writeFileSync(lockFile, JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }));
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, toolCache } from '../../support/install-once.ts';
import { npm } from '../../support/npm.ts';
import type { ClientPackage } from './client-package.ts';

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devDependencies?: object }>>;
}

export interface InstallOptions {
  /** Default `toolCache('clients')`. */
  readonly cache?: string;
  /** npm's environment, and where `FORCEMINT_CLIENTS_CACHE` and `XDG_CACHE_HOME` are looked for. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told in a sentence what takes long. Default: stderr. */
  readonly onProgress?: (line: string) => void;
}

/**
 * Installs a client with npm unless it is there, without running any install script, and returns the script that Node runs.
 *
 * @throws {PackageUnavailableError} when npm can't fetch it
 * @throws {Error} when what comes is not the package that was meant
 */
export async function installClient(client: ClientPackage, options: InstallOptions = {}): Promise<string> {
  const { env = process.env, onProgress } = options;
  const { cache = toolCache('clients', env) } = options;
  const folder = join(cache, `${client.name.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}-${client.version}${mark(client)}`);
  const installation = { folder, label: `${client.name} ${client.version}`, ...(onProgress === undefined ? {} : { onProgress }) };
  await installOnce(installation, (draft) => fetchWhole(client, draft, env));
  return join(folder, client.entry);
}

async function fetchWhole(client: ClientPackage, partial: string, env: NodeJS.ProcessEnv): Promise<string> {
  await npm(['pack', `${client.name}@${client.version}`], partial, env);
  const tarball = join(partial, readdirSync(partial).find((name) => name.endsWith('.tgz')) ?? 'no tarball');
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (integrity !== client.integrity) throw new Error(`${client.name} ${client.version} is not what it was: ${integrity}`);
  const { status, stderr, error } = spawnSync('tar', ['-xzf', tarball, '-C', partial], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tar can't unpack ${tarball}: ${stderr ?? error?.message}`);
  const folder = join(partial, 'package');
  if (client.lockfile !== undefined) copyFileSync(client.lockfile, join(folder, 'npm-shrinkwrap.json'));
  leaveOutDevelopment(folder);
  const install = client.lockfile === undefined ? ['install', '--no-save', '--replace-registry-host=always'] : ['ci'];
  await npm(install, folder, env);
  return folder;
}

/** Another lockfile is another installation. */
function mark({ lockfile }: ClientPackage): string {
  return lockfile === undefined ? '' : `-${createHash('sha256').update(readFileSync(lockfile)).digest('hex').slice(0, 8)}`;
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

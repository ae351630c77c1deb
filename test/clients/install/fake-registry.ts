import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Ending } from '../../support/temporary-home.ts';
import type { ClientPackage } from './client-package.ts';

const PART = 'forcemint-fake-part';

/** npm's protocol on loopback, with one client, which has a shrinkwrap, and the part that it depends on. */
export interface FakeRegistry {
  readonly client: ClientPackage;
  /** The same without its shrinkwrap, under another name, which a lockfile makes up for. */
  readonly bare: ClientPackage & { readonly lockfile: string };
  /** npm's environment, so that it asks here and keeps nothing. */
  readonly env: NodeJS.ProcessEnv;
  /** Names of the packages whose tarballs were fetched, in order. */
  readonly fetched: readonly string[];
}

/** @param folder an empty one, for what is made meanwhile */
export async function fakeRegistry(t: Ending, folder: string): Promise<FakeRegistry> {
  const tarballs = new Map<string, Buffer>();
  const fetched: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const tarball = tarballs.get(path.replace(/^\/|\.tgz$/g, ''));
    if (tarball === undefined) response.writeHead(404).end('{}');
    else if (path.endsWith('.tgz')) {
      fetched.push(path.slice(1, -4));
      response.end(tarball);
    } else {
      const name = path.slice(1);
      const dist = { tarball: `${origin}/${name}.tgz`, integrity: integrityOf(tarball) };
      const version = { name, version: '1.0.0', dist, ...(name === PART ? {} : { dependencies: { [PART]: '^1.0.0' } }) };
      response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;

  const part = pack(folder, PART, { 'package.json': { name: PART, version: '1.0.0' } });
  tarballs.set(PART, part);
  const name = 'forcemint-fake-client';
  const identity = { name, version: '1.0.0' };
  const manifest = { ...identity, dependencies: { [PART]: '^1.0.0' }, devDependencies: { 'forcemint-fake-nowhere': '1.0.0' } };
  const resolved = `https://registry.npmjs.org/${PART}.tgz`;
  const packages = {
    '': manifest,
    'node_modules/forcemint-fake-nowhere': { version: '1.0.0', dev: true },
    [`node_modules/${PART}`]: { version: '1.0.0', resolved, integrity: integrityOf(part) },
  };
  const client = pack(folder, name, {
    'package.json': { ...manifest, scripts: { preinstall: 'echo ran > ran', postinstall: 'echo ran > ran' } },
    'npm-shrinkwrap.json': { ...identity, lockfileVersion: 3, packages },
    'entry.js': {},
  });
  tarballs.set(name, client);
  const bareName = 'forcemint-fake-bare';
  const bareIdentity = { name: bareName, version: '1.0.0' };
  const bareManifest = { ...bareIdentity, dependencies: { [PART]: '^1.0.0' } };
  const bare = pack(folder, bareName, { 'package.json': bareManifest, 'entry.js': {} });
  tarballs.set(bareName, bare);
  const lockfile = join(folder, 'bare.lock.json');
  const locked = { '': bareManifest, [`node_modules/${PART}`]: { version: '1.0.0', integrity: integrityOf(part) } };
  writeFileSync(lockfile, JSON.stringify({ ...bareIdentity, lockfileVersion: 3, packages: locked }));
  const env = { ...process.env, npm_config_registry: origin, npm_config_cache: join(folder, 'npm-cache') };
  const entry = 'entry.js';
  return {
    client: { ...identity, integrity: integrityOf(client), entry },
    bare: { ...bareIdentity, integrity: integrityOf(bare), entry, lockfile },
    env,
    fetched,
  };
}

function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
}

function pack(folder: string, name: string, files: Readonly<Record<string, object>>): Buffer {
  const source = join(folder, name, 'package');
  mkdirSync(source, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(source, file), JSON.stringify(content));
  const tarball = join(folder, `${name}.tgz`);
  const { status } = spawnSync('tar', ['-czf', tarball, '-C', join(folder, name), 'package']);
  if (status !== 0) throw new Error('tar does not pack');
  return readFileSync(tarball);
}

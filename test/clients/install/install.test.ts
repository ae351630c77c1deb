import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toolCache } from '../../support/install-once.ts';
import { PackageUnavailableError } from '../../support/npm.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import type { ClientPackage } from './client-package.ts';
import { fakeRegistry } from './fake-registry.ts';
import { installClient } from './install-client.ts';

async function setUp(t: TestContext) {
  const folder = temporaryHome(t);
  const registry = await fakeRegistry(t, folder);
  const cache = join(folder, 'cache');
  const told: string[] = [];
  const install = (client: ClientPackage = registry.client, env = registry.env) =>
    installClient(client, { cache, env, onProgress: (line) => told.push(line) });
  return { ...registry, cache, told, install };
}

test('two at once install it once, with its own shrinkwrap, no script and nothing for its development; then it is reused', async (t) => {
  const { install, fetched, cache, told } = await setUp(t);
  mkdirSync(join(cache, 'forcemint-fake-client-1.0.0.partial'), { recursive: true });
  writeFileSync(join(cache, 'forcemint-fake-client-1.0.0.partial', 'left-by-a-kill.tgz'), '');
  const [entry, same] = await Promise.all([install(), install()]);
  assert.equal(entry, same);
  const folder = dirname(entry);
  assert.deepEqual([existsSync(entry), existsSync(join(folder, 'node_modules/forcemint-fake-part'))], [true, true]);
  assert.equal(existsSync(join(folder, 'ran')), false);
  assert.deepEqual(fetched, ['forcemint-fake-client', 'forcemint-fake-part']);
  assert.deepEqual(
    told.map((line) => line.split(' ')[0]),
    ['Installing', 'Waiting'],
  );
  assert.deepEqual(readdirSync(cache), ['forcemint-fake-client-1.0.0', 'forcemint-fake-client-1.0.0.lock']);
  assert.equal(await install(), entry);
  assert.deepEqual([fetched.length, told.length], [2, 2]);
});

test('what is not the package that was meant is never installed', async (t) => {
  const { client, install, cache } = await setUp(t);
  const wrong = install({ ...client, integrity: 'sha512-other' });
  await assert.rejects(wrong, /forcemint-fake-client 1\.0\.0 is not what it was: sha512-/);
  assert.deepEqual(readdirSync(cache), ['forcemint-fake-client-1.0.0.lock']);
});

test('a lockfile makes up for a shrinkwrap: installed as it says, or not at all; another one is another installation', async (t) => {
  const { bare, install, cache } = await setUp(t);
  const entry = await install(bare);
  assert.ok(existsSync(join(dirname(entry), 'node_modules/forcemint-fake-part')));
  assert.equal(await install(bare), entry);

  const lockfile = readFileSync(bare.lockfile, 'utf8');
  for (const wrong of [
    lockfile.replace(/"integrity":"sha512-[^"]+"/, `"integrity":"sha512-${Buffer.alloc(64).toString('base64')}"`),
    lockfile.replace('"node_modules/forcemint-fake-part"', '"node_modules/forcemint-fake-nowhere"'),
  ]) {
    assert.notEqual(wrong, lockfile);
    writeFileSync(bare.lockfile, wrong);
    await assert.rejects(install(bare), /^Error: npm ci ended with 1/);
  }
  writeFileSync(bare.lockfile, lockfile);
  assert.equal(await install(bare), entry);
  assert.deepEqual(readdirSync(cache).filter((name) => !name.endsWith('.lock')).length, 1);
});

test('a registry that is away or has not got it makes the client unavailable, with the code of npm', async (t) => {
  const { client, env, install } = await setUp(t);
  const unavailable = (message: string) => (error: unknown) =>
    error instanceof PackageUnavailableError && error.message === message;
  await assert.rejects(install({ ...client, name: 'forcemint-fake-other' }), unavailable("npm can't fetch it (E404)"));
  const away = { ...env, npm_config_registry: 'http://127.0.0.1:1' };
  await assert.rejects(install(client, away), unavailable("npm can't fetch it (ECONNREFUSED)"));
  await assert.rejects(install(client, { PATH: '/nowhere' }), unavailable('there is no npm'));
});

test('where tools are kept', () => {
  assert.equal(toolCache('clients', { FORCEMINT_CLIENTS_CACHE: '/own', XDG_CACHE_HOME: '/caches' }), '/own');
  assert.equal(toolCache('clients', { XDG_CACHE_HOME: '/caches' }), '/caches/forcemint/clients');
  assert.match(toolCache('clients', {}), /\/\.cache\/forcemint\/clients$/);
  assert.equal(
    toolCache('examples', { FORCEMINT_CLIENTS_CACHE: '/own', XDG_CACHE_HOME: '/caches' }),
    '/caches/forcemint/examples',
  );
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '@forcemint/diagnose';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('the lockfile names no download address, and has an integrity for everything that is fetched', () => {
  const lock: { packages: Record<string, { resolved?: string; integrity?: string; link?: boolean; version?: string }> } =
    JSON.parse(read('package-lock.json'));
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (entry.link !== true) assert.equal(entry.resolved, undefined, path);
    if (path.startsWith('node_modules/') && entry.link !== true) assert.ok(entry.integrity, `${path} has no integrity`);
  }
});

test('one version for all packages', () => {
  const versions = readdirSync(join(root, 'packages')).map((name) => JSON.parse(read(`packages/${name}/package.json`)).version);
  assert.equal(new Set(versions).size, 1);
});

test('hand-written files stay below 400 lines', () => {
  const sources = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^[^/]+\/src\/.+\.ts$/.test(path),
  );
  const lengths = sources.map((path) => [path, read(`packages/${path}`).split('\n').length] as const);
  assert.deepEqual(
    lengths.filter(([, length]) => length > 400),
    [],
  );
  const sorted = lengths.map(([, length]) => length).sort((a, b) => a - b);
  assert.ok((sorted[Math.floor(sorted.length / 2)] ?? 0) <= 120);
});

test('the catalogue advises only commands that there are', () => {
  const commands = readdirSync(join(root, 'packages/cli/src/commands')).map((file) => file.replace('.ts', ''));
  const flags = read('packages/cli/src/connection-flags.ts') + read('packages/cli/src/commands/login.ts');
  for (const { id, fix } of CATALOGUE) {
    for (const line of fix) {
      for (const [, command = ''] of line.matchAll(/forcemint ([a-z-]+)/g))
        assert.ok(commands.includes(command), `${id}: ${command}`);
      for (const [flag] of line.matchAll(/--[a-z-]+/g)) assert.ok(flags.includes(flag), `${id}: ${flag}`);
    }
  }
});

test('every exit code of the README is the command line’s', () => {
  const source = read('packages/cli/src/exit-codes.ts');
  for (const [, code = '', meaning = ''] of read('README.md').matchAll(/^\| ([0-6]) \| (.+?) \|$/gm)) {
    assert.match(source, new RegExp(`: ${code}\\b`), meaning);
  }
});

test('the README shows what the demo prints', () => {
  const command = ['--conditions=source', join(root, 'packages/cli/src/main.ts'), 'demo', '--once'];
  const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.ok(read('README.md').includes(stdout.trim()), stdout);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const launcher = join(root, 'packages/cli/bin/forcemint.cjs');

test('an older Node is told plainly what is needed', () => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); require(${JSON.stringify(launcher)});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', pretend], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^forcemint needs Node 24 or newer; this is Node 20\.20\.2 \(.+\)\.\n$/);
});

test('without any node the launcher says so', () => {
  const { status, stderr } = spawnSync('/bin/sh', [launcher, '--version'], { encoding: 'utf8', env: { PATH: '/nowhere' } });
  assert.equal(status, 1);
  assert.match(stderr, /needs Node 24 or newer, and finds no node/);
});

test('the node that was installed beside the command runs it, with its arguments as they are', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-launcher-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(folder, 'node_modules/forcemint/bin'), { recursive: true });
  copyFileSync(launcher, join(folder, 'node_modules/forcemint/bin/forcemint.cjs'));
  symlinkSync('../forcemint/bin/forcemint.cjs', join(bin, 'forcemint'));
  writeFileSync(join(bin, 'node'), '#!/bin/sh\nshift\nfor word in "$@"; do echo "[$word]"; done\n');
  chmodSync(join(bin, 'node'), 0o755);
  const { stdout } = spawnSync(join(bin, 'forcemint'), ['token', 'a b', '', '$HOME'], { encoding: 'utf8' });
  assert.equal(stdout, '[token]\n[a b]\n[]\n[$HOME]\n');
});

test('after npm ci the built command is there', () => {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/forcemint'), ['--version'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

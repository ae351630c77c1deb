import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import { ensurePrivateDirectory, ensureStoreDirectory, makePrivateDirectory } from '../src/sqlite/private-files.ts';
import { temporaryDirectory } from './support/machine.ts';

test('a directory is made with its parents, for this user only', (t) => {
  const path = `${temporaryDirectory(t)}/a/b/c`;
  ensurePrivateDirectory(path);
  ensurePrivateDirectory(path);
  for (const made of [path, `${path}/..`, `${path}/../..`]) assert.equal(statSync(made).mode & 0o777, 0o700, made);
});

test('a file in the way is an error, at the end and on the way', (t) => {
  const folder = temporaryDirectory(t);
  writeFileSync(`${folder}/file`, '');
  assert.throws(() => ensurePrivateDirectory(`${folder}/file`), StoreError);
  assert.throws(() => ensurePrivateDirectory(`${folder}/file/below`), StoreError);
});

test('a place where no directory can be made is an error at once, not a loop', { timeout: 5_000 }, () => {
  if (process.platform !== 'linux') return;
  assert.throws(() => ensureStoreDirectory('/proc/forcemint'), StoreError);
  assert.throws(() => makePrivateDirectory('/proc/forcemint/below'), { code: 'ENOENT' });
});

test('a directory of ours that others can enter is refused with the command that mends it', (t) => {
  const path = `${temporaryDirectory(t)}/open`;
  mkdirSync(path, { mode: 0o755 });
  assert.throws(() => ensurePrivateDirectory(path), { code: 'insecure_permissions', message: /chmod 700/ });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { findMasterKey, loadMasterKey } from '../src/master-key.ts';
import { systemRandom as random } from '../src/random.ts';
import { child } from './support/child.ts';
import { type Ending, failure, present, temporaryDirectory } from './support/machine.ts';

const key = randomBytes(32);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function keyFile(t: Ending, content: string | Uint8Array = `${key.toString('base64')}\n`, mode = 0o600): string {
  const path = `${temporaryDirectory(t)}/key`;
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test('a key is taken as bytes, hex or base64, with or without a line end', (t) => {
  for (const content of [
    key,
    key.toString('hex'),
    `${key.toString('hex').toUpperCase()}\n`,
    key.toString('base64'),
    `${key.toString('base64')}\r\n`,
    key.toString('base64url'),
  ]) {
    const found = present(findMasterKey({ FORCEMINT_MASTER_KEY_FILE: keyFile(t, content) }, '/nowhere'));
    assert.deepEqual([hex(found.key), found.source, found.warnings], [hex(key), 'FORCEMINT_MASTER_KEY_FILE', []]);
  }
});

test('sources in their order: named file, credential, environment, key file', (t) => {
  const other = (n: number) => Buffer.alloc(32, n);
  const directory = temporaryDirectory(t);
  const credentials = `${directory}/credentials`;
  mkdirSync(credentials);
  writeFileSync(`${credentials}/forcemint-master-key`, other(2), { mode: 0o440 });
  const masterKeyFile = keyFile(t, other(4));
  const env: Record<string, string> = {
    FORCEMINT_MASTER_KEY_FILE: keyFile(t, other(1)),
    CREDENTIALS_DIRECTORY: credentials,
    FORCEMINT_MASTER_KEY: other(3).toString('base64'),
  };
  const first = () => {
    const { key: found, source } = present(findMasterKey(env, masterKeyFile));
    return [found[0], source];
  };
  assert.deepEqual(first(), [1, 'FORCEMINT_MASTER_KEY_FILE']);
  env['FORCEMINT_MASTER_KEY_FILE'] = '';
  assert.deepEqual(first(), [2, 'CREDENTIALS_DIRECTORY']);
  env['CREDENTIALS_DIRECTORY'] = `${directory}/without`;
  assert.deepEqual(first(), [3, 'FORCEMINT_MASTER_KEY']);
  const { warnings } = present(findMasterKey(env, masterKeyFile));
  assert.match(present(warnings[0]), /FORCEMINT_MASTER_KEY_FILE/);
  assert.ok(!JSON.stringify(warnings).includes(other(3).toString('base64')));
  delete env['FORCEMINT_MASTER_KEY'];
  assert.deepEqual(first(), [4, 'file']);
  assert.equal(findMasterKey({}, `${directory}/none`), undefined);
});

test('a source that is named but unusable is an error, not a reason to try the next', async (t) => {
  const good = keyFile(t);
  const missing = await failure(() => findMasterKey({ FORCEMINT_MASTER_KEY_FILE: '/nowhere/key' }, good));
  assert.deepEqual([missing.name, missing.code], ['StoreError', 'missing_master_key']);
  const short = await failure(() => findMasterKey({ FORCEMINT_MASTER_KEY: 'c2hvcnQ=' }, good));
  assert.equal(short.code, 'wrong_master_key');
  assert.ok(!short.message.includes('c2hvcnQ'));
});

test('a key that others can read, that is a link, or that is no key, is refused', async (t) => {
  const path = keyFile(t);
  const refusal = (file: string) => failure(() => findMasterKey({ FORCEMINT_MASTER_KEY_FILE: file }, '/nowhere'));
  for (const mode of [0o640, 0o604, 0o660, 0o601]) {
    chmodSync(path, mode);
    const error = await refusal(path);
    assert.equal(error.code, 'insecure_permissions');
    assert.match(error.message, new RegExp(`chmod 600 ${path}`));
  }
  chmodSync(path, 0o600);
  symlinkSync(path, `${path}.link`);
  assert.deepEqual(
    [(await refusal(`${path}.link`)).code, /symbolic link/.test((await refusal(`${path}.link`)).message)],
    ['insecure_permissions', true],
  );
  mkdirSync(`${path}.directory`, { mode: 0o700 });
  assert.equal((await refusal(`${path}.directory`)).code, 'insecure_permissions');
  for (const content of [
    new Uint8Array(0),
    new Uint8Array(31),
    new Uint8Array(33),
    'x'.repeat(44),
    'z'.repeat(64),
    new Uint8Array(5_000),
  ]) {
    writeFileSync(path, content);
    assert.equal((await refusal(path)).code, 'wrong_master_key');
  }
});

test('a key of another user is refused', async (t) => {
  const isRoot = process.geteuid?.() === 0;
  const path = isRoot ? keyFile(t) : '/etc/passwd';
  if (isRoot) chownSync(path, 65_534, 65_534);
  const error = await failure(() => findMasterKey({ FORCEMINT_MASTER_KEY_FILE: path }, '/nowhere'));
  assert.deepEqual([error.code, /another user/.test(error.message)], ['insecure_permissions', true]);
});

test('a key is made for a store without data only: private, whole, once', async (t) => {
  const directory = `${temporaryDirectory(t)}/deep/config`;
  const masterKeyFile = `${directory}/master.key`;
  const request = { env: {}, masterKeyFile, random };
  const refused = await failure(() => loadMasterKey({ ...request, storeIsEmpty: false }));
  assert.deepEqual([refused.name, refused.code, existsSync(directory)], ['StoreError', 'missing_master_key', false]);
  const umask = process.umask(0);
  const made = loadMasterKey({ ...request, storeIsEmpty: true });
  process.umask(umask);
  assert.deepEqual([made.key.length, made.source, made.warnings], [32, 'file', []]);
  assert.equal((statSync(masterKeyFile).mode & 0o777).toString(8), '600');
  assert.equal((statSync(directory).mode & 0o777).toString(8), '700');
  assert.deepEqual(readdirSync(directory), ['master.key']);
  assert.match(readFileSync(masterKeyFile, 'latin1'), /^[A-Za-z0-9+/]{43}=\n$/);
  for (const storeIsEmpty of [true, false]) {
    assert.equal(hex(loadMasterKey({ ...request, storeIsEmpty }).key), hex(made.key));
  }
});

test('an environment that names a key keeps a key file from being made', (t) => {
  const masterKeyFile = `${temporaryDirectory(t)}/master.key`;
  loadMasterKey({ env: { FORCEMINT_MASTER_KEY: key.toString('hex') }, masterKeyFile, storeIsEmpty: true, random });
  assert.equal(existsSync(masterKeyFile), false);
});

test('eight processes that make the key at once get the same one', { timeout: 60_000 }, async (t) => {
  const directory = temporaryDirectory(t);
  for (let round = 0; round < 3; round += 1) {
    const masterKeyFile = `${directory}/${round}/master.key`;
    const file = new URL('./support/master-key.child.ts', import.meta.url);
    const startAtMs = Date.now() + 700;
    const children = Array.from({ length: 8 }, () => child(t, file, [masterKeyFile, String(startAtMs)]));
    const fingerprints = new Set<string>();
    for (const one of children) {
      fingerprints.add(await one.line('key '));
      assert.equal(await one.ended, 0);
    }
    assert.equal(fingerprints.size, 1);
    assert.deepEqual(readdirSync(`${directory}/${round}`), ['master.key']);
  }
});

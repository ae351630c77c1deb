import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type PathsMachine, resolvePaths } from '../src/paths.ts';
import { failure, temporaryDirectory } from './support/machine.ts';

const linux: PathsMachine = { platform: 'linux', homedir: () => '/home/from-user-database' };
const homeless: PathsMachine = {
  platform: 'linux',
  homedir: () => {
    throw new Error('ENOENT: no such user');
  },
};

test('FORCEMINT_HOME holds data and config, and no home directory is looked for', () => {
  assert.deepEqual(resolvePaths({ FORCEMINT_HOME: '/srv/fm' }, homeless), {
    home: '/srv/fm',
    dataDir: '/srv/fm',
    configDir: '/srv/fm',
    store: { is: 'sqlite', path: '/srv/fm/forcemint.db' },
    masterKeyFile: '/srv/fm/master.key',
  });
  assert.equal(resolvePaths({ FORCEMINT_HOME: 'relative' }, linux).home, `${process.cwd()}/relative`);
});

test('otherwise the platform’s directories', () => {
  const paths = resolvePaths({ HOME: '/home/ann' }, linux);
  assert.deepEqual(
    [paths.home, paths.dataDir, paths.configDir],
    [undefined, '/home/ann/.local/share/forcemint', '/home/ann/.config/forcemint'],
  );
  const xdg = resolvePaths({ HOME: '/home/ann', XDG_DATA_HOME: '/data', XDG_CONFIG_HOME: 'relative-is-ignored' }, linux);
  assert.deepEqual([xdg.dataDir, xdg.configDir], ['/data/forcemint', '/home/ann/.config/forcemint']);
  const mac = resolvePaths({ HOME: '/Users/ann' }, { ...linux, platform: 'darwin' });
  assert.equal(mac.dataDir, '/Users/ann/Library/Application Support/forcemint');
  assert.equal(mac.masterKeyFile, '/Users/ann/Library/Preferences/forcemint/master.key');
  const windows = resolvePaths({ LOCALAPPDATA: '/local', APPDATA: '/roaming' }, { ...homeless, platform: 'win32' });
  assert.deepEqual([windows.dataDir, windows.configDir], ['/local/forcemint/Data', '/roaming/forcemint/Config']);
});

test('without HOME the user database is asked; without both, the error says what to set', async () => {
  for (const HOME of [undefined, '', 'relative']) {
    assert.equal(resolvePaths({ HOME }, linux).dataDir, '/home/from-user-database/.local/share/forcemint');
    const error = await failure(() => resolvePaths({ HOME }, homeless));
    assert.deepEqual([error.name, error.code], ['StoreError', 'no_home']);
    assert.match(JSON.stringify(error.diagnosis), /FORCEMINT_HOME/);
    assert.equal((await failure(() => resolvePaths({ HOME }, { ...linux, homedir: () => '' }))).code, 'no_home');
  }
});

test('FORCEMINT_STORE moves the store, not the key', () => {
  const paths = resolvePaths({ FORCEMINT_HOME: '/srv/fm', FORCEMINT_STORE: 'sqlite:/elsewhere/s.db' }, linux);
  assert.deepEqual(paths.store, { is: 'sqlite', path: '/elsewhere/s.db' });
  assert.equal(paths.masterKeyFile, '/srv/fm/master.key');
  const unset = resolvePaths({ FORCEMINT_HOME: '/srv/fm', FORCEMINT_STORE: '' }, linux);
  assert.deepEqual(unset.store, { is: 'sqlite', path: '/srv/fm/forcemint.db' });
});

test('a database of PostgreSQL is named by its URL, or by a file that holds it, which goes first', async (t) => {
  const url = 'postgresql://forcemint@db.example.com/forcemint';
  const home = { FORCEMINT_HOME: '/srv/fm' };
  assert.deepEqual(resolvePaths({ ...home, FORCEMINT_STORE: url }, linux).store, { is: 'postgres', url });
  const file = `${temporaryDirectory(t)}/store-url`;
  writeFileSync(file, 'postgres://u:synthetic-secret@h/d\n');
  const both = resolvePaths({ ...home, FORCEMINT_STORE: 'sqlite:/x', FORCEMINT_STORE_FILE: file }, linux);
  assert.deepEqual(both.store, { is: 'postgres', url: 'postgres://u:synthetic-secret@h/d' });
  const missing = await failure(() => resolvePaths({ ...home, FORCEMINT_STORE_FILE: `${file}.not` }, linux));
  assert.deepEqual([missing.name, missing.code], ['StoreError', 'store_unavailable']);
});

test('a store of another kind is refused without repeating what may hold a password', async () => {
  for (const [store, says] of [
    ['sqlite:', /sqlite:PATH/],
    ['/just/a/path', /sqlite:PATH/],
    ['mysql://user:synthetic-secret@host', /sqlite:PATH/],
  ] as const) {
    const error = await failure(() => resolvePaths({ FORCEMINT_HOME: '/srv/fm', FORCEMINT_STORE: store }, linux));
    assert.deepEqual([error.name, error.code], ['StoreError', 'store_unavailable']);
    assert.match(error.message, says);
    assert.doesNotMatch(error.message + JSON.stringify(error.diagnosis), /synthetic-secret/);
  }
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openForcemint } from '@forcemint/node';
import {
  clientCredentialsConnection,
  emulatedSalesforce,
  extraHosts,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { storePath } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const NOBODY = 65_534;
const TINY_BYTES = 768 * 1024;

/** A file system of its own that goes with the process; `undefined` where this machine does not let us. */
function tinyFileSystem(t: TestContext): { readonly home: string; readonly wrapper: readonly string[] } | undefined {
  const mountPoint = temporaryHome(t);
  const script = `mount -t tmpfs -o size=${TINY_BYTES} tmpfs "$0" && exec "$@"`;
  const unshare = ['unshare', ...(process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'])];
  const wrapper = [...unshare, 'sh', '-c', script, mountPoint];
  const [command = '', ...args] = [...wrapper, 'true'];
  return spawnSync(command, args).status === 0 ? { home: join(mountPoint, 'home'), wrapper } : undefined;
}

async function fullDisk(t: TestContext) {
  const fileSystem = tinyFileSystem(t);
  if (fileSystem === undefined) return undefined;
  const { home, wrapper } = fileSystem;
  const emulator = await emulatedSalesforce(t);
  const child = await ForcemintProcess.start(t, { wrapper });
  await child.ask({ do: 'open', home, extraHosts: extraHosts(emulator), durations: PATIENT });
  await child.ask({ do: 'connect', name: 'acme', connection: refreshTokenConnection(emulator) });
  const { tokens } = await child.getTokens('acme');
  const filler = join(home, 'filler');
  return { emulator, child, filler, first: Object.keys(tokens)[0] };
}

test('a full disk is noticed before anything is sent; the living token is served, and renewed when there is room', async (t) => {
  const scene = await fullDisk(t);
  if (scene === undefined) return t.diagnostic('no file system of our own can be mounted here: not proved on this machine');
  const { emulator, child, filler, first } = scene;
  await child.ask({ do: 'fill', path: filler });
  for (let tries = 0; tries < 3; tries += 1) {
    const error = await child.failure({ do: 'renew', name: 'acme' });
    assert.deepEqual([error.name, error.code], ['StoreError', 'store_full']);
    assert.match(error.diagnosis?.fix.join() ?? '', /space/);
  }
  assert.equal(emulator.ledger().length, 1, 'nothing left');
  assert.deepEqual((await child.getTokens('acme')).tokens, { [first ?? '']: 1 });
  await child.ask({ do: 'remove-file', path: filler });
  await child.ask({ do: 'renew', name: 'acme' });
  const [before, after, ...more] = emulator.ledger();
  assert.deepEqual(more, []);
  assert.equal(after?.presented, before?.issued);
});

test('a disk that fills up while the request is under way: the answer waits in the spool, and is adopted when there is room', async (t) => {
  const scene = await fullDisk(t);
  if (scene === undefined) return t.diagnostic('no file system of our own can be mounted here: not proved on this machine');
  const { emulator, child, filler } = scene;
  emulator.fault({ action: { delayMs: 500 } });
  const renewal = child.failure({ do: 'renew', name: 'acme' });
  await until('the request', () => emulator.ledger().length === 2);
  await child.ask({ do: 'fill', path: filler });
  const error = await renewal;
  assert.deepEqual([error.name, error.code], ['StoreError', 'store_full']);
  await child.ask({ do: 'remove-file', path: filler });

  assert.equal(emulator.ledger().at(-1)?.outcome, 'ok', 'the server has rotated');

  await child.ask({ do: 'renew', name: 'acme' });
  assert.equal(emulator.ledger().length, 2, 'the answer in the spool was the renewal');
  await child.ask({ do: 'renew', name: 'acme' });
  const requests = emulator.ledger();
  assert.equal(requests.length, 3);
  assert.equal(requests[2]?.presented, requests[1]?.issued);
});

/** A home that may only be read, and a process to which that applies: root would be let through, so it becomes nobody first. */
async function readOnlyHome(t: TestContext, options: { readonly openElsewhere: boolean }) {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const hosts = extraHosts(emulator);
  const forcemint = await openForcemint({ home, extraHosts: hosts, env: {} });
  await forcemint.administration.connect('acme', refreshTokenConnection(emulator));
  await forcemint.getToken('acme');
  if (options.openElsewhere) t.after(() => forcemint[Symbol.asyncDispose]());
  else await forcemint[Symbol.asyncDispose]();
  const child = await ForcemintProcess.start(t);
  // What loads late must have loaded before the process may read no more than anybody.
  const scratch = temporaryHome(t);
  await child.ask({ do: 'open', home: scratch, extraHosts: hosts });
  await child.ask({ do: 'connect', name: 'other', connection: clientCredentialsConnection(emulator) });
  await child.getTokens('other');
  await child.ask({ do: 'close' });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await child.ask({ do: 'become', uid: NOBODY });
  for (const entry of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })]) {
    const path = join(home, entry);
    if (isRoot) chownSync(path, NOBODY, NOBODY);
    chmodSync(path, statSync(path).isDirectory() ? 0o500 : 0o400);
  }
  const before = emulator.ledger().length;
  const open = { do: 'open', home, extraHosts: hosts, durations: PATIENT } as const;
  return { child, open, sent: () => emulator.ledger().length - before };
}

test('a store that cannot be written is refused at once, with what to do', async (t) => {
  const { child, open, sent } = await readOnlyHome(t, { openElsewhere: false });
  const error = await child.failure(open);
  assert.deepEqual([error.name, error.code], ['StoreError', 'store_read_only']);
  assert.match(error.diagnosis?.fix.join() ?? '', /write permission/);
  assert.equal(sent(), 0);
});

test('a store that others write and this process cannot: the living token is served, a renewal is refused before anything is sent', async (t) => {
  const { child, open, sent } = await readOnlyHome(t, { openElsewhere: true });
  await child.ask(open);
  assert.equal(Object.keys((await child.getTokens('acme')).tokens).length, 1);
  const error = await child.failure({ do: 'renew', name: 'acme' });
  assert.equal(error.name, 'StoreError');
  assert.match(error.code ?? '', /^store_(read_only|unavailable)$/);
  assert.match(error.diagnosis?.fix.join() ?? '', /permission|Give this user/);
  assert.equal(sent(), 0);
});

async function closedHome(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const open = () => openForcemint({ home, extraHosts: extraHosts(emulator), durations: PATIENT, env: {} });
  {
    await using forcemint = await open();
    await forcemint.administration.connect('acme', clientCredentialsConnection(emulator));
    await forcemint.getToken('acme');
  }
  return { emulator, home, open, keyFile: join(home, 'master.key') };
}

test('a wrong master key, none, or one that others can read: refused at once, nothing is changed, the right key opens it again', async (t) => {
  const { emulator, home, open, keyFile } = await closedHome(t);
  const key = readFileSync(keyFile);
  const before = readFileSync(storePath(home));
  const refused = async (code: string) => {
    const error = await failure(open());
    assert.deepEqual([error.name, error.code], ['StoreError', code]);
    assert.equal(error.message.includes(key.toString('latin1').trim()), false);
  };
  writeFileSync(keyFile, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  await refused('wrong_master_key');
  writeFileSync(keyFile, 'too short\n');
  await refused('wrong_master_key');
  rmSync(keyFile);
  await refused('missing_master_key');
  assert.throws(() => statSync(keyFile), /ENOENT/, 'no new key is made over existing data');
  writeFileSync(keyFile, key, { mode: 0o600 });
  for (const mode of [0o644, 0o640, 0o620]) {
    chmodSync(keyFile, mode);
    await refused('insecure_permissions');
  }
  chmodSync(keyFile, 0o600);
  assert.deepEqual(readFileSync(storePath(home)), before);
  await using forcemint = await open();
  await forcemint.getToken('acme');
  assert.equal(emulator.ledger().length, 1);
});

test('a damaged store is said to be damaged, and is left as it is', async (t) => {
  const { emulator, home, open } = await closedHome(t);
  const path = storePath(home);
  const sound = readFileSync(path);
  const damages: Readonly<Record<string, Buffer>> = {
    'another file': Buffer.from('not a database, and long enough to be looked at '.repeat(100)),
    'a damaged header': Buffer.concat([Buffer.alloc(100, 0xff), sound.subarray(100)]),
    'a damaged schema page': Buffer.concat([sound.subarray(0, 100), Buffer.alloc(3_996, 0xa5), sound.subarray(4_096)]),
    'cut off': sound.subarray(0, 4_096 + 100),
  };
  for (const [what, bytes] of Object.entries(damages)) {
    for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    writeFileSync(path, bytes);
    const error = await failure(
      open().then((forcemint) => forcemint.getToken('acme').finally(() => forcemint[Symbol.asyncDispose]())),
    );
    assert.deepEqual([what, error.name, error.code], [what, 'StoreError', 'store_corrupt']);
    assert.deepEqual(readFileSync(path), bytes, what);
  }
  assert.equal(emulator.ledger().length, 1);
});

test('a directory in the place of the store, and a home that cannot be made', async (t) => {
  const home = temporaryHome(t);
  mkdirSync(storePath(home));
  assert.equal((await failure(openForcemint({ home, env: {} }))).name, 'StoreError');
  writeFileSync(join(home, 'file'), '');
  assert.equal((await failure(openForcemint({ home: join(home, 'file', 'home'), env: {} }))).name, 'StoreError');
});

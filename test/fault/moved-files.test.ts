import assert from 'node:assert/strict';
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { type Durations, fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { BRISK, emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow, storePath } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const DURATIONS = BRISK;

async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), proxy.origin];
  const open = async (durations: Partial<Durations> = PATIENT) => {
    const forcemint = await openForcemint({ home, extraHosts: hosts, durations, env: {} });
    t.after(() => forcemint[Symbol.asyncDispose]());
    return forcemint;
  };
  const forcemint = await open();
  const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
  await forcemint.administration.connect('acme', connection);
  await forcemint.getToken('acme');
  const adopted = fingerprint(connection.refreshToken);
  const first = proxy.requests;
  return {
    proxy,
    home,
    open,
    forcemint,
    spool: `${storePath(home)}.spool`,
    locks: `${storePath(home)}.locks`,
    asked: () => proxy.requests - first,
    end: (leastWaitMs = 0) => soundEnd({ emulator, home, name: 'acme', adopted, leastWaitMs }),
  };
}

describe('faults 39 and 48, files that are moved, removed or opened to others at run time', { concurrency: 4 }, () => {
  test('the spool is removed between exchanges: made anew before anything is sent', async (t) => {
    const { forcemint, spool, asked, end } = await scene(t);
    rmSync(spool, { recursive: true });
    await forcemint.renew('acme');
    assert.ok(existsSync(spool));
    assert.equal(await end(), 'newest-stored');
    assert.equal(asked(), 1);
  });

  for (const what of ['removed', 'replaced by a file']) {
    test(`a spool that is ${what} while the answer is under way: the answer is stored, and is no failure`, async (t) => {
      const { forcemint, proxy, spool, asked, end } = await scene(t);
      proxy.plan({ do: 'hold' });
      const renewal = forcemint.renew('acme');
      await until('the answer', () => proxy.held === 1);
      rmSync(spool, { recursive: true });
      if (what !== 'removed') writeFileSync(spool, '');
      proxy.release();
      await renewal;
      assert.equal(await end(), 'newest-stored');
      assert.equal(asked(), 1);
    });
  }

  test('a spool that cannot be made: nothing is sent, and the living token is served', async (t) => {
    const { forcemint, spool, asked, end } = await scene(t);
    rmSync(spool, { recursive: true });
    writeFileSync(spool, '');
    const error = await failure(forcemint.renew('acme'));
    assert.deepEqual([error.name, asked()], ['StoreError', 0]);
    assert.equal((await forcemint.getToken('acme')).connection, 'acme');
    rmSync(spool);
    await forcemint.renew('acme');
    assert.equal(await end(), 'newest-stored');
  });

  test('a spool that others may enter: nothing is sent before that is mended', async (t) => {
    const { forcemint, spool, asked, end } = await scene(t);
    chmodSync(spool, 0o755);
    const error = await failure(forcemint.renew('acme'));
    assert.deepEqual([error.name, error.code, asked()], ['StoreError', 'insecure_permissions', 0]);
    assert.match(error.diagnosis?.fix.join() ?? '', /chmod 700/);
    chmodSync(spool, 0o700);
    await forcemint.renew('acme');
    assert.equal(await end(), 'newest-stored');
  });

  test('a store that others may read: who has it open goes on, nobody opens it before that is mended', async (t) => {
    const { forcemint, home, open, end } = await scene(t);
    for (const suffix of ['', '-wal', '-shm']) {
      chmodSync(`${storePath(home)}${suffix}`, 0o644);
      await forcemint.renew('acme');
      assert.equal((await failure(open())).code, 'insecure_permissions');
      chmodSync(`${storePath(home)}${suffix}`, 0o600);
    }
    await (await open()).renew('acme');
    assert.equal(await end(), 'newest-stored');
  });

  test('the lock directory is removed between exchanges: the next renewal has a lock all the same', async (t) => {
    const { forcemint, locks, asked, end, open } = await scene(t);
    const another = await open();
    rmSync(locks, { recursive: true });
    await forcemint.renew('acme');
    await Promise.all([forcemint.renew('acme'), another.renew('acme')]);
    assert.ok(asked() <= 3);
    assert.equal(await end(), 'newest-stored');
  });

  test('the lock directory is removed while a request is under way: nobody presents the token again while it may be processed', async (t) => {
    const { forcemint, proxy, locks, asked, end, open } = await scene(t);
    proxy.plan({ do: 'hold' });
    const renewal = forcemint.renew('acme');
    await until('the answer', () => proxy.held === 1);
    rmSync(locks, { recursive: true });
    const another = await open(DURATIONS);
    const error = await failure(another.renew('acme'));
    assert.match(error.code, /^(outcome_unknown|renewal_in_progress)$/);
    assert.equal(asked(), 1);
    proxy.release();
    await renewal;
    assert.equal(await end(), 'newest-stored', 'a late answer to the right version is taken');
    assert.ok('token' in (await renewedOrVerdict(another, 'acme')));
    assert.equal(await end(), 'newest-stored');
  });

  test('the store is moved away while a request is under way: its answer goes with it', async (t) => {
    const { forcemint, proxy, home, end } = await scene(t);
    proxy.plan({ do: 'hold' });
    const renewal = forcemint.renew('acme');
    await until('the answer', () => proxy.held === 1);
    for (const suffix of ['', '-wal', '-shm']) renameSync(`${storePath(home)}${suffix}`, `${storePath(home)}-moved${suffix}`);
    proxy.release();
    await renewal;
    for (const suffix of ['', '-wal', '-shm']) renameSync(`${storePath(home)}-moved${suffix}`, `${storePath(home)}${suffix}`);
    assert.equal(await end(), 'newest-stored');
    assert.equal((await readStoredRow(home, 'acme')).row.exchange.phase, 'idle');
  });
});

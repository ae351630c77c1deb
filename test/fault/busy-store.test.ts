import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Durations, fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { sized } from '../support/length.ts';
import { soundEnd } from '../support/sound-end.ts';
import { lockStore, storePath } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

/** How long somebody else holds the write lock when it matters: several times what a statement waits by itself. */
const LOCKED_MS = 1_000;
/** Pages after which SQLite copies the log into the store by itself. */
const CHECKPOINT_PAGES = 1_000;
const PAGE_BYTES = 4_096;
const ROUNDS = sized(5, 50);

async function scene(t: TestContext, names: readonly string[] = ['acme']) {
  const emulator = await emulatedSalesforce(t);
  emulator.setSwitches({ processingMs: 0 });
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), proxy.origin];
  const open = async (durations: Partial<Durations> = PATIENT) => {
    const forcemint = await openForcemint({ home, extraHosts: hosts, durations, env: {} });
    t.after(() => forcemint[Symbol.asyncDispose]());
    return forcemint;
  };
  const forcemint = await open();
  const lines = names.map((name) => {
    const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
    return { name, connection, adopted: fingerprint(connection.refreshToken) };
  });
  for (const { name, connection } of lines) {
    await forcemint.administration.connect(name, connection);
    await forcemint.getToken(name);
  }
  return {
    emulator,
    proxy,
    home,
    forcemint,
    judge: async () => {
      for (const { name, adopted } of lines)
        assert.equal(await soundEnd({ emulator, home, name, adopted, leastWaitMs: 0 }), 'newest-stored');
    },
  };
}

describe('fault 37, a store that others keep busy', { concurrency: 4 }, () => {
  test('locked for longer than a write waits: nothing is sent, and the next renewal is as good as ever', async (t) => {
    const { proxy, home, forcemint, judge } = await scene(t);
    const asked = proxy.requests;
    {
      using _locked = lockStore(home);
      const error = await failure(forcemint.renew('acme'));
      assert.deepEqual([error.name, error.code, error.retryable], ['StoreError', 'store_locked', true]);
      assert.equal((await forcemint.getToken('acme')).connection, 'acme', 'the living token is served');
    }
    assert.equal(proxy.requests, asked);
    await forcemint.renew('acme');
    await judge();
  });

  test('locked when the answer comes: it is stored as soon as that is over', async (t) => {
    const { proxy, home, forcemint, judge } = await scene(t);
    const asked = proxy.requests;
    proxy.plan({ do: 'hold' });
    const renewal = forcemint.renew('acme');
    await until('the answer', () => proxy.held === 1);
    {
      using _locked = lockStore(home);
      proxy.release();
      await sleep(LOCKED_MS);
    }
    await renewal;
    assert.equal(proxy.requests, asked + 1);
    await judge();
  });

  test('a storm: another process takes the write lock again and again, and every renewal comes through', async (t) => {
    const names = Array.from({ length: 4 }, (_, index) => `acme-${index}`);
    const { home, forcemint, emulator, judge } = await scene(t, names);
    const storm = await ForcemintProcess.start(t);
    const raging = storm.ask({ do: 'keep-locking', path: storePath(home), forMs: 40, pauseMs: 2 });
    await storm.event('locking');
    const before = emulator.ledger().length;
    for (let round = 0; round < ROUNDS; round += 1) await Promise.all(names.map((name) => forcemint.renew(name)));
    await storm.ask({ do: 'stop-locking' });
    assert.ok(Number(await raging) > ROUNDS, 'it was locked again and again');
    assert.equal(emulator.ledger().length - before, ROUNDS * names.length);
    await judge();
  });

  test('a reader that never ends: renewals go on, the log grows, and is cut when the reader is gone', async (t) => {
    const names = Array.from({ length: 4 }, (_, index) => `acme-${index}`);
    const { home, forcemint, emulator, judge } = await scene(t, names);
    const wal = () => statSync(`${storePath(home)}-wal`).size / PAGE_BYTES;
    const reader = new DatabaseSync(storePath(home));
    t.after(() => reader.isOpen && reader.close());
    reader.exec('BEGIN');
    const counted = reader.prepare('SELECT count(*) AS count FROM events').get()?.['count'];
    {
      // Somebody else's long work, so that the log need not be filled by renewals alone.
      using writer = new DatabaseSync(storePath(home), { timeout: 5_000 });
      writer.exec('CREATE TABLE synthetic (filler BLOB) STRICT');
      writer.exec(`INSERT INTO synthetic VALUES (zeroblob(${2 * CHECKPOINT_PAGES * PAGE_BYTES}))`);
    }
    assert.ok(wal() > 2 * CHECKPOINT_PAGES);
    const before = emulator.ledger().length;
    for (let round = 0; round < ROUNDS; round += 1) await Promise.all(names.map((name) => forcemint.renew(name)));
    assert.equal(emulator.ledger().length - before, ROUNDS * names.length, 'each renewal was one request');
    assert.equal(reader.prepare('SELECT count(*) AS count FROM events').get()?.['count'], counted, 'the reader sees its moment');
    reader.close();
    await until('the log to begin anew', async () => {
      const size = wal();
      await Promise.all(names.map((name) => forcemint.renew(name)));
      return wal() === size;
    });
    await judge();
  });
});

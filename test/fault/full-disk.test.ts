import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import { fileNameFor } from '@forcemint/node/kernel-lock';
import { decodeEntry } from '@forcemint/node/spool-entry';
import { BRISK, emulatedSalesforce, extraHosts, QUICK, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ForcemintProcess, ToldFailure } from '../support/forcemint-process.ts';
import { sized } from '../support/length.ts';
import { OwnFileSystem } from '../support/own-file-system.ts';
import { soundEnd } from '../support/sound-end.ts';
import { readStoredRow, storePath } from '../support/stored-row.ts';
import { until } from '../support/until.ts';

const BYTES = 768 * 1024;
/** Longer than a store that fails is tried again before its callers are told. */
const DURATIONS = { ...QUICK, callerWaitMs: 20_000, exchangeDeadlineMs: 20_100, unknownWaitMs: 20_200, leaseMs: 20_300 };
/** How long there is no room when an answer comes: several tries at storing it. */
const FULL_FOR_MS = sized(700, 8_000);
/** The judge does not wait that long for an outcome that is unknown. */
const AFTERWARDS = BRISK;
const NOT_HERE = 'a file system of our own can be mounted by root only, in a mount namespace: not proved on this machine';

/** A rotating connection with its first token, on a file system of its own that can be filled. */
async function scene(t: TestContext) {
  const disk = await OwnFileSystem.make(t, BYTES);
  if (disk === undefined) return undefined;
  const { wrapper, home } = disk;
  const emulator = await emulatedSalesforce(t);
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const hosts = [...extraHosts(emulator), proxy.origin];
  const start = async (durations = DURATIONS) => {
    const child = await ForcemintProcess.start(t, { wrapper });
    await child.ask({ do: 'open', home, extraHosts: hosts, durations });
    return child;
  };
  const child = await start();
  const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
  const id = String(await child.ask({ do: 'connect', name: 'acme', connection }));
  await child.getTokens('acme');
  const first = proxy.requests;
  const filler = join(home, 'filler');
  const adopted = fingerprint(connection.refreshToken);
  const spooled = () => decodeEntry(disk.read(`${basename(storePath(home))}.spool/${fileNameFor(id)}`));
  const firstAnswer = spooled()?.attemptId;
  return {
    emulator,
    proxy,
    disk,
    child,
    start,
    asked: () => proxy.requests - first,
    fill: (process = child) => process.ask({ do: 'fill', path: filler }),
    free: (process = child) => process.ask({ do: 'remove-file', path: filler }),
    version: async () => (await readStoredRow(disk.copy(t), 'acme')).row.version,
    /** A later answer than that of the first renewal. */
    spooled: () => spooled()?.attemptId !== firstAnswer,
    /** What another process makes of it when there is room again. */
    async settled() {
      const heir = await start(AFTERWARDS);
      return until('an outcome', () =>
        heir.ask({ do: 'renew', name: 'acme' }).catch((error: unknown) => {
          if (!(error instanceof ToldFailure)) throw error;
          return error.told.retryable === true ? false : error.told.code;
        }),
      );
    },
    end: () => soundEnd({ emulator, home: disk.copy(t), name: 'acme', adopted, leastWaitMs: 0.75 * AFTERWARDS.unknownWaitMs }),
  };
}

describe('fault 35, a disk that fills up, and fault 36, one that is read-only', { concurrency: 5 }, () => {
  test('before the intent: nothing is sent, and renewing goes on when there is room', async (t) => {
    const found = await scene(t);
    if (found === undefined) return t.skip(NOT_HERE);
    const { child, fill, free, asked, settled, end } = found;
    await fill();
    for (let tries = 0; tries < 3; tries += 1)
      assert.equal((await child.failure({ do: 'renew', name: 'acme' })).code, 'store_full');
    assert.equal(asked(), 0);
    await free();
    await settled();
    assert.equal(await end(), 'newest-stored');
  });

  const ANSWERS = {
    'between the request and its answer: the answer waits in the place that was kept for it': 0,
    'before an answer that is longer than the place kept for it: memory keeps it until there is room': 60_000,
  };
  for (const [what, paddingBytes] of Object.entries(ANSWERS)) {
    test(what, async (t) => {
      const found = await scene(t);
      if (found === undefined) return t.skip(NOT_HERE);
      const { child, emulator, proxy, fill, free, asked, settled, end } = found;
      if (paddingBytes > 0) emulator.fault({ action: { tamper: { jsonPatch: { padding: 'x'.repeat(paddingBytes) } } } });
      proxy.plan({ do: 'hold' });
      child.ask({ do: 'renew', name: 'acme' }).catch(() => 'it may be told that the store is full');
      await until('the answer', () => proxy.held === 1);
      await fill();
      proxy.release();
      await sleep(FULL_FOR_MS);
      await free();
      await settled();
      assert.equal(await end(), 'newest-stored');
      assert.ok(asked() <= 2);
    });
  }

  test('while an answer is being taken up from the spool: it stays there until there is room', async (t) => {
    const found = await scene(t);
    if (found === undefined) return t.skip(NOT_HERE);
    const { child, proxy, start, fill, free, asked, version, spooled, end } = found;
    const before = await version();
    proxy.plan({ do: 'hold' });
    child.ask({ do: 'renew', name: 'acme' }).catch(() => 'it is killed');
    await until('the answer', () => proxy.held === 1);
    await fill();
    proxy.release();
    await until('the answer in the spool', spooled);
    await child.kill();
    const heir = await start();
    assert.equal((await heir.failure({ do: 'renew', name: 'acme' })).code, 'store_full');
    assert.equal(asked(), 1, 'the old token is not presented while its answer waits');
    assert.equal(await version(), before);
    await free(heir);
    // Not by a renewal: where another process has taken it up before, that would be one more.
    await start(AFTERWARDS);
    await until('the answer to be taken up', async () => (await version()) === before + 1);
    assert.equal(await end(), 'newest-stored');
    assert.equal(asked(), 1);
  });

  test('a file system that is read-only: refused at once with what to do, nothing is sent, and it goes on when it is writable', async (t) => {
    const found = await scene(t);
    if (found === undefined) return t.skip(NOT_HERE);
    const { child, disk, start, asked, settled, end } = found;
    await child.ask({ do: 'close' });
    assert.ok(disk.remount('ro'), 'nothing is open');
    const error = await start().then(
      () => assert.fail('it was opened'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ToldFailure);
    assert.equal(error.told.name, 'StoreError');
    assert.match(error.told.code ?? '', /^store_(read_only|unavailable)$/);
    assert.match(error.told.diagnosis?.fix.join() ?? '', /write/);
    assert.equal(asked(), 0);
    assert.ok(disk.remount('rw'));
    await settled();
    assert.equal(await end(), 'newest-stored');
  });
});

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { BRISK, emulatedSalesforce, extraHosts, QUICK, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { sized } from '../support/length.ts';
import { type Sickness, sicken, watchCalls, whyNotSick } from '../support/sick-disk.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const DURATIONS = { ...QUICK, callerWaitMs: 20_000, exchangeDeadlineMs: 20_100, unknownWaitMs: 20_200, leaseMs: 20_300 };
const AFTERWARDS = BRISK;
/** How long the disk is sick when an answer comes: several tries at storing it. */
const SICK_FOR_MS = sized(700, 8_000);
const FLUSHES = ['fsync', 'fdatasync'];
const WRITES = ['pwrite64', 'pwritev', 'ftruncate', 'fallocate'];
const NOT_HERE = whyNotSick();

/** A process of its own whose disk can be made sick, with a rotating connection that has its first token. */
async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), proxy.origin];
  // One thread for files, so that "the third call" is one call.
  const child = await ForcemintProcess.start(t, { env: { UV_THREADPOOL_SIZE: '1' } });
  await child.ask({ do: 'open', home, extraHosts: hosts, durations: DURATIONS });
  const lines: { name: string; adopted: string }[] = [];
  return {
    proxy,
    child,
    async connected(name: string) {
      const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
      await child.ask({ do: 'connect', name, connection });
      await child.getTokens(name);
      lines.push({ name, adopted: fingerprint(connection.refreshToken) });
    },
    watch: (calls: readonly string[]) => watchCalls(t, child.process.pid ?? 0, calls),
    sicken: (sickness: Sickness) => sicken(t, child.process.pid ?? 0, sickness),
    /** With a healthy disk again: every connection renews, and has its newest token or says that it is lost. */
    async ends() {
      await using heir = await openForcemint({ home, extraHosts: hosts, durations: AFTERWARDS, env: {} });
      const ends = [];
      for (const { name, adopted } of lines) {
        await renewedOrVerdict(heir, name);
        ends.push(await soundEnd({ emulator, home, name, adopted, leastWaitMs: 0.75 * AFTERWARDS.unknownWaitMs }));
      }
      return ends;
    },
  };
}

const SICK: Readonly<Record<string, Sickness>> = {
  'nothing can be flushed (EIO)': { calls: FLUSHES, error: 'EIO' },
  'nothing can be written (ENOSPC)': { calls: WRITES, error: 'ENOSPC' },
  'nothing can be written (EIO)': { calls: WRITES, error: 'EIO' },
  'nothing can be written or opened (EROFS)': { calls: [...WRITES, 'openat'], error: 'EROFS' },
};

describe('fault 36, a disk that fails', { concurrency: 4, skip: NOT_HERE }, () => {
  for (const [what, sickness] of Object.entries(SICK)) {
    test(`before a renewal, ${what}: a clear error, nothing is sent, and it goes on when the disk works`, async (t) => {
      const { child, proxy, connected, sicken: fallSick, ends } = await scene(t);
      await connected('acme');
      const asked = proxy.requests;
      const heal = await fallSick(sickness);
      for (let tries = 0; tries < 2; tries += 1) {
        const error = await child.failure({ do: 'renew', name: 'acme' });
        assert.equal(error.name, 'StoreError', error.message);
        assert.ok((error.diagnosis?.fix.length ?? 0) > 0);
      }
      assert.equal(proxy.requests, asked);
      await heal();
      await child.ask({ do: 'renew', name: 'acme' });
      assert.equal(proxy.requests, asked + 1);
      assert.deepEqual(await ends(), ['newest-stored']);
    });

    test(`when the answer comes, ${what}: memory or spool keeps it until the disk works`, async (t) => {
      const { child, proxy, connected, sicken: fallSick, ends } = await scene(t);
      await connected('acme');
      proxy.plan({ do: 'hold' });
      child.ask({ do: 'renew', name: 'acme' }).catch(() => 'it may be told that the store fails');
      await until('the answer', () => proxy.held === 1);
      const heal = await fallSick(sickness);
      proxy.release();
      await sleep(SICK_FOR_MS);
      await heal();
      assert.deepEqual(await ends(), ['newest-stored']);
    });
  }

  test('each flush and each write of a renewal fails once, in turn: the newest token is stored, whichever it was', async (t) => {
    const { child, connected, sicken: fallSick, ends } = await scene(t);
    let count = 0;
    for (const { calls, error } of [
      { calls: FLUSHES, error: 'EIO' },
      { calls: WRITES, error: 'ENOSPC' },
    ] as const) {
      for (let when = 1; when <= sized(6, 12); when += 1) {
        const name = `${error.toLowerCase()}-${when}`;
        await connected(name);
        const heal = await fallSick({ calls, error, when: String(when) });
        await child.ask({ do: 'renew', name }).catch(() => 'it may be told');
        await heal();
        count += 1;
      }
    }
    const newest = (await ends()).filter((end) => end === 'newest-stored').length;
    assert.equal(newest, count);
  });

  test('what is flushed when: the intent before the request leaves, the answer in its place before it is stored, and then the store', async (t) => {
    const { child, connected, watch } = await scene(t);
    await connected('acme');
    const seen = await watch(['connect', 'pwrite64', ...FLUSHES]);
    await child.ask({ do: 'renew', name: 'acme' });
    const calls = await seen();
    const steps = calls.flatMap((line) => {
      const [, call = '', file = ''] = /(connect|pwrite64|fsync|fdatasync)\(\d+<([^>]*)/.exec(line) ?? [];
      const kind = call === 'pwrite64' ? 'write' : 'flush';
      if (call === 'connect') return ['request'];
      if (file.endsWith('-wal')) return [`${kind} store`];
      return file.includes('.spool/') ? [`${kind} spool`] : [];
    });
    const order = steps.filter((step, index) => step !== steps[index - 1]).join(', ');
    const answered = 'write spool, flush spool, write store, flush store';
    assert.match(order, new RegExp(`^write store, flush store, request, ${answered}(, write spool)?$`));
  });
});

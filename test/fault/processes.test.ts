import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Durations, fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { BRISK, emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { sized } from '../support/length.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const DURATIONS = BRISK;
/** Where nothing else gives the time: how long a process is watched that must not end, or not act. */
const WATCHED_MS = 300;
const MEGABYTES = 64;

/** A rotating connection with its first token, behind a proxy that keeps answers until they are asked for. */
async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), proxy.origin];
  const open = (durations: Partial<Durations>) => openForcemint({ home, extraHosts: hosts, durations, env: {} });
  const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
  const adopted = fingerprint(connection.refreshToken);
  {
    await using forcemint = await open(PATIENT);
    await forcemint.administration.connect('acme', connection);
    await forcemint.getToken('acme');
  }
  const start = async (durations: Partial<Durations> = DURATIONS, options: Parameters<typeof ForcemintProcess.start>[1] = {}) => {
    const child = await ForcemintProcess.start(t, options);
    await child.ask({ do: 'open', home, extraHosts: hosts, durations });
    return child;
  };
  const first = proxy.requests;
  return {
    emulator,
    proxy,
    home,
    open,
    start,
    asked: () => proxy.requests - first,
    /** Begins a renewal whose answer the proxy keeps. */
    async heldRenewal(child: ForcemintProcess) {
      proxy.plan({ do: 'hold' });
      child.ask({ do: 'renew', name: 'acme' }).catch(() => 'judged by the store');
      await until('the answer', () => proxy.held === 1);
    },
    end: (leastWaitMs = 0.75 * DURATIONS.unknownWaitMs) => soundEnd({ emulator, home, name: 'acme', adopted, leastWaitMs }),
  };
}

describe('what befalls a process in the middle of an exchange', { concurrency: 5 }, () => {
  test('fault 3, SIGTERM to a process that drains: it ends when the answer is stored, not before', async (t) => {
    const { proxy, start, heldRenewal, asked, open, end } = await scene(t);
    const child = await start(PATIENT);
    await child.ask({ do: 'drain-on', signal: 'SIGTERM' });
    await heldRenewal(child);
    child.process.kill('SIGTERM');
    await child.event('draining');
    assert.equal(await Promise.race([child.ended, sleep(WATCHED_MS, 'still there')]), 'still there');
    proxy.release();
    assert.equal(await child.ended, 0);
    assert.equal(await end(), 'newest-stored');
    assert.equal(asked(), 1);
    await using heir = await open(PATIENT);
    await heir.renew('acme');
    assert.equal(await end(), 'newest-stored');
  });

  test('fault 3, SIGTERM to a process that drains and has nothing under way: it ends', async (t) => {
    const { start, asked } = await scene(t);
    const child = await start(PATIENT);
    await child.ask({ do: 'drain-on', signal: 'SIGTERM' });
    child.process.kill('SIGTERM');
    assert.equal(await child.ended, 0);
    assert.equal(asked(), 0);
  });

  const deaths = { 'out-of-memory': 5, 'uncaught-exception': 6, 'unhandled-rejection': 6 } as const;
  for (const [how, number] of Object.entries(deaths) as [keyof typeof deaths, number][]) {
    for (const processed of [true, false]) {
      const what = processed ? 'its request was processed' : 'its request was never seen';
      test(`fault ${number}, ${how}, and ${what}: the heir waits, repeats once, and ${processed ? 'names the loss' : 'has the grant'}`, async (t) => {
        const { proxy, start, heldRenewal, asked, open, end } = await scene(t);
        const memory = `--max-old-space-size=${MEGABYTES}`;
        // No core file, whatever this machine does with them.
        const wrapper = ['sh', '-c', 'ulimit -c 0; exec "$@"', 'sh'];
        const victim = await start(PATIENT, { wrapper, env: { NODE_OPTIONS: how === 'out-of-memory' ? memory : '' } });
        if (processed) await heldRenewal(victim);
        else {
          proxy.plan({ do: 'silence' });
          const before = proxy.connections.length;
          victim.ask({ do: 'renew', name: 'acme' }).catch(() => 'it dies');
          await until('the connection', () => proxy.connections.length > before);
        }
        victim.ask({ do: 'go-wrong', how }).catch(() => 'it dies');
        assert.match(String(await victim.ended), how === 'out-of-memory' ? /^(SIGABRT|SIGTRAP|134|133)$/ : /^1$/);

        await using heir = await open(DURATIONS);
        const outcome = await renewedOrVerdict(heir, 'acme');
        assert.equal('code' in outcome && outcome.code, processed && 'refresh_token_dead');
        assert.equal(await end(), processed ? 'loss-named' : 'newest-stored');
        assert.ok(asked() <= 2);
      });
    }
  }

  test('fault 7, an event loop that is blocked beyond the deadline while the answer comes: the answer is taken', async (t) => {
    const { proxy, start, heldRenewal, asked, end } = await scene(t);
    const child = await start();
    await heldRenewal(child);
    const blocked = child.ask({ do: 'block', forMs: DURATIONS.leaseMs + 500 });
    await child.event('blocking');
    proxy.release();
    await blocked;
    await until('the end of the exchange', async () => (await child.ask({ do: 'status', name: 'acme' })) !== 'renewing');
    assert.equal(await end(), 'newest-stored');
    assert.equal(asked(), 1);
  });

  test('fault 4, SIGSTOP beyond every duration: nobody else posts, however often they try, and the answer is taken on SIGCONT', async (t) => {
    const { proxy, start, heldRenewal, asked, home, open, end } = await scene(t);
    const holder = await start();
    const before = await readStoredRow(home, 'acme');
    await heldRenewal(holder);
    holder.process.kill('SIGSTOP');
    try {
      await using other = await open({ ...DURATIONS, callerWaitMs: 50 });
      const stoppedAtMs = performance.now();
      const beyondMs = sized(1, 15) * (DURATIONS.unknownWaitMs + DURATIONS.leaseMs);
      while (performance.now() - stoppedAtMs < beyondMs) {
        await assert.rejects(other.renew('acme'), { code: 'renewal_in_progress' });
        assert.equal((await other.getToken('acme')).connection, 'acme', 'the living token is served');
      }
      assert.equal(asked(), 1);
      assert.equal((await readStoredRow(home, 'acme')).row.version, before.row.version);
      proxy.release();
    } finally {
      holder.process.kill('SIGCONT');
    }
    await until('the answer in the store', async () => (await readStoredRow(home, 'acme')).row.version > before.row.version);
    assert.equal(await end(), 'newest-stored');
    assert.equal(asked(), 1);
    await using heir = await open(PATIENT);
    await heir.renew('acme');
    assert.equal(await end(), 'newest-stored');
  });

  test('fault 4, SIGSTOP while the server gives up the connection: unknown on SIGCONT, one late repetition, the loss is named', async (t) => {
    const { proxy, start, heldRenewal, asked, open, end } = await scene(t);
    const holder = await start();
    await heldRenewal(holder);
    holder.process.kill('SIGSTOP');
    await proxy.close();
    await proxy.open();
    await sleep(DURATIONS.leaseMs);
    holder.process.kill('SIGCONT');
    await using heir = await open(DURATIONS);
    assert.deepEqual(await renewedOrVerdict(heir, 'acme'), { code: 'refresh_token_dead' });
    assert.equal(await end(), 'loss-named');
    assert.equal(asked(), 2);
  });
});

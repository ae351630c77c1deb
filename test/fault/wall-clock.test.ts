import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import type { Emulator } from '@forcemint/emulator';
import { BRISK, emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { openWithClock, SetClock } from '../support/set-clock.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const DURATIONS = BRISK;
const HOUR_MS = 3_600_000;
const JUMPS = { '+1 h': HOUR_MS, '-1 h': -HOUR_MS, '+1 day': 24 * HOUR_MS, '-1 day': -24 * HOUR_MS };

/** Two owners of one store whose machine's wall clock can be set; a rotating connection with its first token. */
async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const home = temporaryHome(t);
  const clock = new SetClock();
  const hosts = [...extraHosts(emulator), proxy.origin];
  const open = async (durations: Partial<typeof PATIENT>) => {
    const forcemint = await openWithClock(clock, { home, extraHosts: hosts, durations, env: {} });
    t.after(() => forcemint[Symbol.asyncDispose]());
    return forcemint;
  };
  const patient = await open(PATIENT);
  const quick = await open(DURATIONS);
  const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
  await patient.administration.connect('acme', connection);
  await patient.getToken('acme');
  const first = proxy.requests;
  const adopted = fingerprint(connection.refreshToken);
  return {
    emulator,
    proxy,
    home,
    hosts,
    clock,
    patient,
    quick,
    asked: () => proxy.requests - first,
    end: (leastWaitMs: number) => soundEnd({ emulator, home, name: 'acme', adopted, leastWaitMs }),
  };
}

/** Whether the org takes the token. */
async function works(emulator: Emulator, token: string): Promise<boolean> {
  const { status } = await fetch(`${emulator.myDomainUrl}/services/data/v66.0/limits`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return status === 200;
}

describe('fault 45, a wall clock that is set', { concurrency: 6 }, () => {
  for (const [jump, byMs] of Object.entries(JUMPS)) {
    test(`${jump} between exchanges: tokens are handed out and renewed as ever`, async (t) => {
      const { clock, patient, asked, end, emulator } = await scene(t);
      clock.jump(byMs);
      const { value } = await patient.getToken('acme');
      assert.ok(await works(emulator, value));
      assert.equal(asked(), byMs < 0 || byMs > 2 * HOUR_MS ? 1 : 0, 'renewed where it is over, or nobody knows how old it is');
      for (let renewal = 0; renewal < 3; renewal += 1) {
        const { issuedAt, expiresAt } = await patient.renew('acme');
        assert.ok(Math.abs(issuedAt - clock.nowMs() / 1000) < 60);
        assert.equal(expiresAt - issuedAt, 7_200);
      }
      assert.equal(await end(0), 'newest-stored');
    });

    test(`${jump} while the answer is under way: it is taken, and nobody posts beside it`, async (t) => {
      const { clock, patient, quick, proxy, asked, end, emulator, home } = await scene(t);
      proxy.plan({ do: 'hold' });
      const renewal = patient.renew('acme');
      await until('the answer', () => proxy.held === 1);
      clock.jump(byMs);
      assert.equal((await failure(quick.renew('acme'))).code, 'renewal_in_progress');
      assert.equal(asked(), 1);
      proxy.release();
      await renewal;
      const { value } = await patient.getToken('acme');
      assert.ok(await works(emulator, value));
      assert.equal((await readStoredRow(home, 'acme')).accessToken, fingerprint(value));
      assert.equal(await end(0), 'newest-stored');
    });

    for (const processed of [true, false]) {
      const what = processed ? 'was processed' : 'was not processed';
      test(`${jump} while the outcome is unknown, of a request that ${what}: one repetition, in the time that it takes without a jump`, async (t) => {
        const { clock, quick, proxy, asked, end } = await scene(t);
        proxy.plan({ do: 'break', when: processed ? 'processed' : 'unprocessed', by: 'reset' });
        assert.equal((await failure(quick.renew('acme'))).code, 'outcome_unknown');
        clock.jump(byMs);
        const outcome = await renewedOrVerdict(quick, 'acme');
        assert.equal('code' in outcome && outcome.code, processed && 'refresh_token_dead');
        // An hour that the clock says has passed may have passed: a suspended machine sees nothing else.
        assert.equal(await end(byMs > 0 ? 0 : 0.75 * DURATIONS.unknownWaitMs), processed ? 'loss-named' : 'newest-stored');
        assert.equal(asked(), 2);
      });
    }

    test(`${jump} after a process died with its request under way: the heir repeats once, in the time that it takes without a jump`, async (t) => {
      const { clock, quick, proxy, asked, end, home, hosts } = await scene(t);
      const victim = await ForcemintProcess.start(t);
      await victim.ask({ do: 'open', home, extraHosts: hosts, durations: PATIENT });
      proxy.plan({ do: 'hold' });
      victim.ask({ do: 'renew', name: 'acme' }).catch(() => 'it dies');
      await until('the answer', () => proxy.held === 1);
      await victim.kill();
      clock.jump(byMs);
      assert.deepEqual(await renewedOrVerdict(quick, 'acme'), { code: 'refresh_token_dead' });
      assert.equal(await end(byMs > 0 ? 0 : 0.75 * DURATIONS.unknownWaitMs), 'loss-named');
      assert.equal(asked(), 2);
    });
  }
});

test('fault 45, a machine that is suspended while the answer lies in its socket: what comes out of it is as old as it is, and not handed out', async (t) => {
  const { clock, patient, proxy, end, emulator } = await scene(t);
  proxy.plan({ do: 'hold' });
  const renewal = patient.renew('acme');
  await until('the answer', () => proxy.held === 1);
  clock.jump(3 * HOUR_MS);
  emulator.advanceClock(3 * 3_600);
  proxy.release();
  assert.ok(await works(emulator, (await renewal).value), 'what the renewal gives');
  assert.ok(await works(emulator, (await patient.getToken('acme')).value), 'what is handed out then');
  assert.equal(await end(0), 'newest-stored');
});

test('fault 45, a machine that is suspended longer than its connection lives: one late repetition after it wakes, the loss is named', async (t) => {
  const { clock, quick, proxy, end, asked } = await scene(t);
  proxy.plan({ do: 'hold' });
  const renewal = failure(quick.renew('acme'));
  await until('the answer', () => proxy.held === 1);
  clock.jump(8 * HOUR_MS);
  await proxy.close();
  await proxy.open();
  await renewal;
  assert.deepEqual(await renewedOrVerdict(quick, 'acme'), { code: 'refresh_token_dead' });
  assert.equal(await end(0.75 * DURATIONS.unknownWaitMs), 'loss-named');
  assert.equal(asked(), 2);
});

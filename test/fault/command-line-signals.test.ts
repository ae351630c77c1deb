import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { World } from '../e2e/support/command-line.ts';
import { extraHosts, QUICK } from '../support/emulated-salesforce.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { until } from '../support/until.ts';

/** Of the server: long enough for a signal to hit a command that waits for its answer; and for a second one, on a machine however busy. */
const ANSWER_AFTER_MS = 600;
const LATE_ANSWER_AFTER_MS = 20_000;
/** Longer than the same keypress takes to be delivered twice. */
const SECOND_SIGNAL_AFTER_MS = 400;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

describe('fault 3, signals to the command line while its request is under way', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  /** A command whose request the server has processed and not answered yet. */
  async function underway(name: string, command: string, delayMs = ANSWER_AFTER_MS) {
    const refreshToken = world.rotatingToken();
    const adopted = fingerprint(refreshToken);
    await world.ok(world.connectRotating(name, '--no-verify'), { stdin: refreshToken });
    world.emulator.fault({ match: { path: '/services/oauth2/token' }, action: { delayMs } });
    const running = world.start([command, name]);
    await until('the request', () => {
      const last = world.emulator.ledger().at(-1);
      return last?.outcome === 'ok' && last.endedAtMs === null;
    });
    const requests = world.emulator.ledger().length;
    const end = () => soundEnd({ emulator: world.emulator, home: world.home, name, adopted, leastWaitMs: 0 });
    return { running, requests, end };
  }

  for (const [signal, exitCode] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
    for (const command of ['renew', 'token']) {
      test(`${signal} to ${command}: it waits for the answer, stores it, and ends as interrupted`, async () => {
        const { running, requests, end } = await underway(`${command}-${signal.toLowerCase()}`, command);
        running.child.kill(signal);
        const { code, stderr } = await running.finished;
        assert.match(stderr, /finishing the exchange/);
        assert.equal(code, exitCode);
        assert.equal(world.emulator.ledger().at(-1)?.written, true, 'it ended after the answer');
        assert.equal(await end(), 'newest-stored');
        assert.equal(world.emulator.ledger().length, requests);
      });
    }
  }

  test('a second SIGTERM ends it at once; what became of the renewal is found out later, and named', async () => {
    const { running, end } = await underway('hasty', 'renew', LATE_ANSWER_AFTER_MS);
    running.child.kill('SIGTERM');
    await running.seen('stderr', /finishing the exchange/);
    await sleep(SECOND_SIGNAL_AFTER_MS);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.finished;
    assert.equal(code, SIGNALS.SIGTERM);
    assert.match(stderr, /in the middle of an exchange/);
    const { home } = world;
    await using heir = await openForcemint({ home, extraHosts: extraHosts(world.emulator), durations: QUICK, env: {} });
    await renewedOrVerdict(heir, 'hasty');
    assert.equal(await end(), 'loss-named');
  });

  test('SIGKILL: the same, without a word', async () => {
    const { running, end } = await underway('killed', 'renew', LATE_ANSWER_AFTER_MS);
    running.child.kill('SIGKILL');
    assert.equal((await running.finished).signal, 'SIGKILL');
    const { home } = world;
    await using heir = await openForcemint({ home, extraHosts: extraHosts(world.emulator), durations: QUICK, env: {} });
    await renewedOrVerdict(heir, 'killed');
    assert.equal(await end(), 'loss-named');
  });
});

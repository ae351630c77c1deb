import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import type { LedgerEntry } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import { type Running, World } from '../e2e/support/command-line.ts';
import { extraHosts, QUICK } from '../support/emulated-salesforce.ts';
import { historyOf } from '../support/ledger-history.ts';
import { type End, renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { until } from '../support/until.ts';

/** Of the server: long enough for a signal to hit a command that waits for its answer; and for a second one, on a machine however busy. */
const ANSWER_AFTER_MS = 700;
const LATE_ANSWER_AFTER_MS = 6_000;
/** The server is at work on the request of a dead command for as long; the repetition comes after that. */
const HEIR = { ...QUICK, unknownWaitMs: LATE_ANSWER_AFTER_MS + 500, leaseMs: LATE_ANSWER_AFTER_MS + 600 };
/** Longer than the same keypress takes to be delivered twice. */
const SECOND_SIGNAL_AFTER_MS = 400;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

interface Scene {
  readonly world: World;
  /** A command whose request the server has processed and not answered yet. */
  underway(name: string, command: string): Promise<Underway>;
}

interface Underway {
  readonly running: Running;
  readonly requests: () => readonly LedgerEntry[];
  readonly end: () => Promise<End>;
}

/** A server that answers so late. */
async function makeScene(delayMs: number): Promise<Scene> {
  const world = await World.make();
  const { emulator, home } = world;
  emulator.fault({ match: { path: '/services/oauth2/token' }, action: { delayMs }, times: 'always' });
  return {
    world,
    async underway(name, command) {
      const refreshToken = world.rotatingToken();
      const adopted = fingerprint(refreshToken);
      await world.ok(world.connectRotating(name, '--no-verify'), { stdin: refreshToken });
      const running = world.start([command, name]);
      const requests = () => historyOf(emulator.ledger(), adopted).requests;
      await until('the request', () => requests().some(({ outcome, endedAtMs }) => outcome === 'ok' && endedAtMs === null));
      return { running, requests, end: () => soundEnd({ emulator, home, name, adopted, leastWaitMs: 0 }) };
    },
  };
}

describe('fault 3, a signal to the command line while its request is under way', { concurrency: 3 }, () => {
  let scene: Scene;
  before(async () => {
    scene = await makeScene(ANSWER_AFTER_MS);
  });
  after(() => scene.world[Symbol.asyncDispose]());

  for (const [signal, exitCode] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
    for (const command of ['renew', 'token']) {
      test(`${signal} to ${command}: it waits for the answer, stores it, and ends as interrupted`, async () => {
        const { running, requests, end } = await scene.underway(`${command}-${signal.toLowerCase()}`, command);
        running.child.kill(signal);
        const { code, stderr } = await running.finished;
        assert.match(stderr, /finishing the exchange/);
        assert.equal(code, exitCode);
        assert.deepEqual(
          requests().map(({ written }) => written),
          [true],
          'it ended after the answer',
        );
        assert.equal(await end(), 'newest-stored');
      });
    }
  }
});

describe('fault 3, ends that do not wait: what became of the renewal is found out later, and named', { concurrency: 2 }, () => {
  let scene: Scene;
  before(async () => {
    scene = await makeScene(LATE_ANSWER_AFTER_MS);
  });
  after(() => scene.world[Symbol.asyncDispose]());

  async function isNamed(name: string, end: () => Promise<End>): Promise<void> {
    const { home, emulator } = scene.world;
    await using heir = await openForcemint({ home, extraHosts: extraHosts(emulator), durations: HEIR, env: {} });
    await renewedOrVerdict(heir, name);
    assert.equal(await end(), 'loss-named');
  }

  test('a second SIGTERM', async () => {
    const { running, end } = await scene.underway('hasty', 'renew');
    running.child.kill('SIGTERM');
    await running.seen('stderr', /finishing the exchange/);
    await sleep(SECOND_SIGNAL_AFTER_MS);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.finished;
    assert.equal(code, SIGNALS.SIGTERM);
    assert.match(stderr, /in the middle of an exchange/);
    await isNamed('hasty', end);
  });

  test('SIGKILL', async () => {
    const { running, end } = await scene.underway('killed', 'renew');
    running.child.kill('SIGKILL');
    assert.equal((await running.finished).signal, 'SIGKILL');
    await isNamed('killed', end);
  });
});

import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { IS_LONG } from '../support/length.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { until } from '../support/until.ts';
import { type Running, World } from './support/command-line.ts';

/** From the arrival of a request to its answer: time for a signal to be taken. The exchange itself is done on arrival. */
const ANSWER_AFTER_MS = 2_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** A command that sends a request on which something depends, begun. */
type Begin = (world: World) => Promise<Running>;

async function worldOf(t: TestContext): Promise<World> {
  const world = await World.make();
  t.after(() => world[Symbol.asyncDispose]());
  return world;
}

/** A connection, made in this process, that has or has not got a token yet. */
async function connect(world: World, state: 'new' | 'ready'): Promise<void> {
  await using forcemint = await world.open();
  await forcemint.administration.connect('acme', refreshTokenConnection(world.emulator));
  if (state === 'ready') await forcemint.getToken('acme');
}

function delay(world: World, path: string): void {
  world.emulator.fault({ match: { path }, action: { delayMs: ANSWER_AFTER_MS } });
}

function exchanging(args: readonly string[], state: 'new' | 'ready' = 'new'): Begin {
  return async (world) => {
    await connect(world, state);
    delay(world, '/services/oauth2/token');
    return world.start(args);
  };
}

const RAN = 'process.stdout.write("the child ran")';

const EXCHANGES: Readonly<Record<string, Begin>> = {
  token: exchanging(['token', 'acme']),
  renew: exchanging(['renew', 'acme'], 'ready'),
  api: exchanging(['api', 'acme', 'limits']),
  exec: exchanging(['exec', 'acme', '--', process.execPath, '-e', RAN]),
  async connect(world) {
    delay(world, '/services/oauth2/token');
    return world.start(world.connectRotating('acme'), { stdin: world.rotatingToken() });
  },
  async import(world) {
    const url = `force://${world.app('rotating').clientId}::${world.rotatingToken()}@acme.my.salesforce.com`;
    delay(world, '/services/oauth2/token');
    const flags = ['--name', 'acme', '--login-url', world.emulator.loginUrl, '--take-over'];
    return world.start(['import', '-', ...flags], { stdin: url });
  },
  async login(world) {
    await world.ok(world.connectLogin('acme'));
    const running = world.startTyping(['login', 'acme', '--paste', '--json']);
    const [line = ''] = (await running.seen('stdout', /\n/)).split('\n');
    const [user] = world.emulator.ready.users;
    assert.ok(user !== undefined);
    delay(world, '/services/oauth2/token');
    running.child.stdin?.end(`${await signIn(JSON.parse(line).authorize_url, user)}\n`);
    return running;
  },
};

/** Commands that end a grant: half done, the grant would live on with nobody who knows it, or die in use. */
const ENDINGS: Readonly<Record<string, Begin>> = {
  async revoke(world) {
    await connect(world, 'ready');
    delay(world, '/services/oauth2/revoke');
    return world.start(['revoke', 'acme', '--yes']);
  },
  async remove(world) {
    await connect(world, 'ready');
    delay(world, '/services/oauth2/revoke');
    return world.start(['remove', 'acme', '--yes']);
  },
};

/** Sends the signal while the request is at the server, and waits for the process to say what it waits for, and to end. */
async function interrupted(world: World, running: Running, signal: Signal): Promise<string> {
  await Promise.race([
    until('the request', () => world.emulator.faults().length === 0),
    running.finished.then(({ code, stderr }) => Promise.reject(new Error(`ended before its request, with ${code}: ${stderr}`))),
  ]);
  running.child.kill(signal);
  await running.seen('stderr', /finishing the exchange so that no refresh token is lost; press Ctrl-C again/);
  const { code, stdout } = await running.finished;
  assert.equal(code, 128 + constants.signals[signal]);
  return stdout;
}

/** What the server issued last is what the store has, and it works. */
async function nothingIsLost(world: World): Promise<void> {
  const [request, ...more] = world.emulator.ledger().toReversed();
  assert.ok(request !== undefined && request.outcome === 'ok' && request.written);
  assert.ok(request.issued !== null, 'a refresh token was issued');
  assert.equal((await readStoredRow(world.home, 'acme')).refreshToken, request.issued);
  await using forcemint = await world.open();
  await forcemint.getToken('acme');
  assert.equal(world.emulator.ledger().length, more.length + 1, 'its access token was kept as well');
}

/** In the short form each command meets one of the signals, in the long form each of them. */
function cases(commands: Readonly<Record<string, Begin>>): readonly (readonly [string, Begin, Signal])[] {
  return Object.entries(commands).flatMap(([command, begin], index) =>
    SIGNALS.filter((_signal, number) => IS_LONG || number === index % SIGNALS.length).map(
      (signal) => [command, begin, signal] as const,
    ),
  );
}

describe('a signal in the middle of an exchange waits for its end', { concurrency: 2 }, () => {
  for (const [command, begin, signal] of cases(EXCHANGES)) {
    test(`${command}, ${signal}`, async (t) => {
      const world = await worldOf(t);
      const stdout = await interrupted(world, await begin(world), signal);
      await nothingIsLost(world);
      assert.doesNotMatch(stdout, /the child ran|DailyApiRequests|00D.+!/, 'what was asked for is not done any more');
    });
  }

  for (const [command, begin, signal] of cases(ENDINGS)) {
    test(`${command}, ${signal}`, async (t) => {
      const world = await worldOf(t);
      await interrupted(world, await begin(world), signal);
      await using forcemint = await world.open();
      if (command === 'remove') await assert.rejects(forcemint.status('acme'), { code: 'connection_not_found' });
      else assert.equal((await forcemint.status('acme')).state, 'reauthorization-required');
      assert.equal(world.emulator.revoke({ app: 'rotating' }), 0, 'nothing of the grant lives on');
    });
  }

  test('a terminal that goes away, its pipes with it, and says so again and again', async (t) => {
    const world = await worldOf(t);
    await connect(world, 'new');
    delay(world, '/services/oauth2/token');
    const running = world.start(['token', 'acme']);
    await until('the request', () => world.emulator.faults().length === 0);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    const again = setInterval(() => running.child.kill('SIGHUP'), 100);
    const { code } = await running.finished.finally(() => clearInterval(again));
    assert.equal(code, 129);
    await nothingIsLost(world);
  });
});

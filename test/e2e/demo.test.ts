import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

describe('emulator and demo on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  /** What is left there but Node's own cache of compiled code. */
  function leftIn(folder: string): readonly string[] {
    return readdirSync(folder).filter((name) => name !== 'node-compile-cache');
  }

  /** A folder for temporary files that is the process's alone, to see what it leaves. */
  function temporary(name: string): string {
    const folder = join(world.folder, name);
    mkdirSync(folder);
    return folder;
  }

  test('emulator --json says first where it is; what it says works; Ctrl-C stops it and its files go', async () => {
    const TMPDIR = temporary('emulator');
    const running = world.start(['emulator', '--json'], { env: { TMPDIR } });
    const ready = JSON.parse((await running.seen('stdout', /\n/)).split('\n')[0] ?? '');
    assert.equal(ready.ready, true);
    const { clientId, clientSecret } = ready.apps.clientCredentials;
    const flags = [
      '--grant',
      'client-credentials',
      '--login-url',
      ready.myDomainUrl,
      '--client-id',
      clientId,
      '--client-secret-file',
      '-',
    ];
    const env = { FORCEMINT_EXTRA_HOSTS: `${ready.loginUrl},${ready.myDomainUrl}` };
    await world.ok(['connect', 'other', ...flags], { stdin: clientSecret, env });
    assert.ok(existsSync(ready.apps.jwt.privateKeyFile));
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 0);
    assert.deepEqual(leftIn(TMPDIR), []);
    await assert.rejects(fetch(ready.loginUrl));
  });

  test('emulator tells people where, who and how; a taken port and a bad configuration are usage errors', async () => {
    const running = world.start(['emulator']);
    const text = await running.seen('stdout', /forcemint list\n/);
    assert.match(text, /login host +http:\/\/127\.0\.0\.1:\d+/);
    assert.match(text, /integration@emulator\.example +emulator-password-2/);
    assert.match(text, /export FORCEMINT_EXTRA_HOSTS=http/);
    const port = /login host +http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1] ?? '';
    const taken = await world.run(['emulator', '--port', port]);
    assert.equal(taken.code, 2);
    assert.match(taken.stderr, /EADDRINUSE/);
    running.child.kill('SIGTERM');
    assert.equal((await running.finished).code, 0);
    const wrong = await world.run(['emulator', '--config', await world.file('org.json', '{"apps": {"a": {"scopes": 1}}}')]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /apps\.a\.scopes/);
    const typo = await world.run(['emulator', '--config', await world.file('typo.json', '{"org": {}\n "users": []}')]);
    assert.match(typo.stderr, /line 2, column 2\. A comma or a closing brace/);
  });

  test('demo --once shows each grant at work, ends with 0, and leaves nothing', async () => {
    const TMPDIR = temporary('once');
    const home = join(world.folder, 'untouched');
    const { code, stdout } = await world.run(['demo', '--once'], { env: { TMPDIR, FORCEMINT_HOME: home } });
    assert.equal(code, 0);
    for (const grant of ['JWT bearer', 'client credentials', 'authorization code', 'refresh token']) {
      assert.match(
        stdout,
        new RegExp(`^${grant} +demo-\\S+ +.+ +(?:Forcemint Emulator|Ines Integration|Emulated Account 1|3) +2 h$`, 'm'),
      );
    }
    assert.match(stdout, /rotated \(version 1 → 2\)/);
    assert.deepEqual(leftIn(TMPDIR), []);
    assert.ok(!existsSync(home));
  });

  test('demo stays up with lines that work in another terminal, until Ctrl-C', async () => {
    const TMPDIR = temporary('demo');
    const running = world.start(['demo'], { env: { TMPDIR } });
    const text = await running.seen('stdout', /forcemint events demo-login\n/);
    const env = Object.fromEntries([...text.matchAll(/export (FORCEMINT_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    assert.deepEqual(Object.keys(env), ['FORCEMINT_HOME', 'FORCEMINT_EXTRA_HOSTS']);
    assert.match(await world.ok(['token', 'demo-jwt'], { env }), /^00D/);
    assert.ok('totalSize' in JSON.parse(await world.ok(['api', 'demo-login', 'query?q=SELECT+Name+FROM+Account'], { env })));
    assert.match(await world.ok(['events', 'demo-login'], { env }), /rotated|renewed/);
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 0);
    assert.deepEqual(leftIn(TMPDIR), []);
  });
});

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { IS_LONG } from '../support/length.ts';
import { World } from './support/command-line.ts';

/** Moments after the start of a process at which Ctrl-C hits it: while it starts, in the middle, at its end. */
const MOMENTS_MS = IS_LONG ? [60, 180, 260, 340, 500] : [60, 260, 500];

describe('Ctrl-C in the middle of each command, wherever it hits', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  const COMMANDS: Readonly<Record<string, (name: string) => readonly string[]>> = {
    token: (name) => ['token', name, '--min-ttl', '2h'],
    renew: (name) => ['renew', name],
    update: (name) => ['update', name, '--label', 'a=b'],
    api: (name) => ['api', name, 'limits'],
    exec: (name) => ['exec', name, '--', process.execPath, '-e', '0'],
    revoke: (name) => ['revoke', name, '--yes'],
    remove: (name) => ['remove', name, '--yes'],
    'report-invalid': (name) => ['report-invalid', name, '--token-file', '-'],
    status: (name) => ['status', name],
  };
  for (const [command, line] of Object.entries(COMMANDS)) {
    test(command, async () => {
      for (const [round, momentMs] of MOMENTS_MS.entries()) {
        const name = `${command}-${round}`;
        await world.ok(world.connectRotating(name), { stdin: world.rotatingToken() });
        world.emulator.fault({ match: { path: '/services/oauth2/token' }, action: { delayMs: 150 } });
        world.emulator.fault({ match: { path: '/services/oauth2/revoke' }, action: { delayMs: 150 } });
        const running = world.start(line(name), { stdin: 'not the current token' });
        await pause(momentMs);
        running.child.kill('SIGINT');
        const { code, signal, stderr } = await running.finished;
        assert.ok(
          code === 0 || code === 130 || signal === 'SIGINT',
          `${command} after ${momentMs} ms: ${code} ${signal} ${stderr}`,
        );
        assert.doesNotMatch(stderr, /\n\s+at /, 'a stack');
        world.emulator.clearFaults();
        await serves(name, command);
      }
    });
  }

  test('import', async () => {
    const { clientId, username, privateKeyFile = '' } = world.app('jwt');
    for (const [round, momentMs] of MOMENTS_MS.entries()) {
      const name = `import-${round}`;
      const record = {
        Username: username,
        ClientId: clientId,
        PrivateKey: await readFile(privateKeyFile, 'utf8'),
        InstanceUrl: world.emulator.loginUrl,
        InstanceAPIVersion: 'v51.0',
      };
      const file = await world.file(`${name}.json`, JSON.stringify(record));
      const running = world.start(['import', file, '--name', name]);
      await pause(momentMs);
      running.child.kill('SIGINT');
      const { code, signal } = await running.finished;
      assert.ok(code === 0 || code === 130 || signal === 'SIGINT', `${code} ${signal}`);
      const again = await world.run(['import', file, '--name', name]);
      assert.ok(again.code === 0 || again.code === 2, again.stderr);
      await world.ok(['token', name]);
    }
  });

  /** Whatever was interrupted: the store is whole, and the connection works, waits for a human after its revocation, or is gone. */
  async function serves(name: string, command: string): Promise<void> {
    const { code, stderr } = await world.run(['token', name]);
    const allowed = command === 'revoke' ? [0, 3] : command === 'remove' ? [0, 3, 6] : [0];
    assert.ok(allowed.includes(code ?? -1), `${name}: ${code} ${stderr}`);
    if (code === 0) await world.ok(['api', name, 'limits']);
  }
});

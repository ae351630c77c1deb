import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { chmod, chown, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Running, World } from './support/command-line.ts';

const TOKEN_PATH = '/services/oauth2/token';
/** Root may write everywhere, so what is about permissions runs as somebody else then. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

describe('trouble on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
    await world.ok(world.connectClient('client'), { stdin: world.clientSecret });
  });
  after(() => world[Symbol.asyncDispose]());

  /** Resolves when that process is in the middle of an exchange for the connection; rejects when it ended before. */
  async function renewing(name: string, running: Running): Promise<void> {
    await using forcemint = await world.open();
    let ended: string | undefined;
    running.finished.then(({ code, stderr }) => {
      ended = `forcemint ended with ${code}: ${stderr}`;
    });
    for (;;) {
      const found = (await forcemint.list()).find((status) => status.connection.name === name);
      if (found?.state === 'renewing') return;
      if (ended !== undefined) throw new Error(ended);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A process that is in the middle of an exchange whose answer takes its time. */
  async function exchanging(name: string, delayMs: number): Promise<Running> {
    await world.ok(world.connectRotating(name, '--no-verify'), { stdin: world.rotatingToken() });
    world.emulator.fault({ match: { path: TOKEN_PATH }, action: { delayMs } });
    const running = world.start(['token', name]);
    await renewing(name, running);
    return running;
  }

  test('Ctrl-C during an exchange waits for it, and the rotated refresh token is kept', async () => {
    const running = await exchanging('waits', 1_500);
    running.child.kill('SIGINT');
    await running.seen('stderr', /finishing the exchange so that no refresh token is lost; press Ctrl-C again/);
    const { code, stdout } = await running.finished;
    assert.equal(code, 130);
    assert.equal(stdout, '');
    const shown = await world.json(['show', 'waits']);
    assert.equal(shown.state, 'ready');
    assert.equal(shown.refresh_token_version, 2);
    assert.match(await world.ok(['token', 'waits']), /^00D/);
  });

  test('a second Ctrl-C ends the process with a warning, and the store knows that an answer is missing', async () => {
    const running = await exchanging('stops', 60_000);
    running.child.kill('SIGINT');
    await running.seen('stderr', /finishing the exchange/);
    const again = setInterval(() => running.child.kill('SIGINT'), 100);
    const { code, stderr } = await running.finished;
    clearInterval(again);
    assert.equal(code, 130);
    assert.match(stderr, /stopped in the middle of an exchange/);
    assert.equal((await world.run(['token', 'stops'])).code, 5);
    assert.equal((await world.json(['show', 'stops'])).state, 'unknown');
  });

  test('SIGTERM during an exchange is as careful as Ctrl-C', async () => {
    const running = await exchanging('terminated', 1_500);
    running.child.kill('SIGTERM');
    assert.equal((await running.finished).code, 143);
    assert.equal((await world.json(['show', 'terminated'])).refresh_token_version, 2);
  });

  test('Ctrl-C in the middle of connect leaves a connection that works', async () => {
    world.emulator.fault({ match: { path: TOKEN_PATH }, action: { delayMs: 1_500 } });
    const running = world.start(world.connectRotating('begun'), { stdin: world.rotatingToken() });
    await renewing('begun', running);
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 130);
    await world.ok(['token', 'begun']);
  });

  test('Salesforce down, HTML instead of JSON, a truncated answer, a lost connection: try later, nothing lost', async () => {
    await world.ok(world.connectClient('steady', '--no-verify'), { stdin: world.clientSecret });
    const page = '<html>a sign-in page</html>';
    for (const action of [
      { status: 503, body: page },
      { status: 200, body: page },
      { truncateAtByte: 20 },
      { dropBefore: true },
    ]) {
      world.emulator.fault({ match: { path: TOKEN_PATH }, action });
      const { code, stderr } = await world.run(['token', 'steady', '--json']);
      assert.equal(code, 5, `${JSON.stringify(action)}: ${stderr}`);
      const { error } = JSON.parse(stderr);
      assert.ok(error.message.length > 0 && error.retry === 'wait', stderr);
      assert.doesNotMatch(stderr, /sign-in page/);
    }
    assert.equal((await world.run(['status', 'steady'])).code, 5);
  });

  test('a redirect to another host is not followed', async () => {
    await world.ok(world.connectClient('redirected', '--no-verify'), { stdin: world.clientSecret });
    const headers = { location: 'http://127.0.0.1:9/steal' };
    world.emulator.fault({ match: { path: TOKEN_PATH }, action: { status: 302, body: '', headers } });
    const { code, stderr } = await world.run(['token', 'redirected', '--json']);
    assert.equal(code, 4);
    assert.equal(JSON.parse(stderr).error.code, 'redirected');
  });

  test('Salesforce that cannot be reached is exit 5', async () => {
    const flags = ['--login-url', 'http://127.0.0.1:9', '--client-id', 'x', '--client-secret-file', '-'];
    const env = { FORCEMINT_EXTRA_HOSTS: 'http://127.0.0.1:9' };
    const { code, stderr } = await world.run(['connect', 'down', '--grant', 'client-credentials', ...flags], { stdin: 's', env });
    assert.equal(code, 5);
    assert.match(stderr, /down is kept; try again later/);
  });

  test('a clock that is 10 minutes off is told as such', async () => {
    await using skewed = await World.make({ clock: () => Date.now() + 600_000 });
    const { code, stderr } = await skewed.run(skewed.connectJwt('clock'));
    assert.equal(code, 4);
    assert.match(stderr, /clock/i);
  });

  test('a revoked grant: exit 3, and the connection stays', async () => {
    await world.ok(world.connectRotating('revoked'), { stdin: world.rotatingToken() });
    world.emulator.revoke({ app: 'rotating' });
    const { code, stderr } = await world.run(['renew', 'revoked']);
    assert.equal(code, 3);
    assert.match(stderr, /forcemint update revoked --refresh-token-file F/);
    const status = await world.run(['status', 'revoked', '--json']);
    assert.equal(status.code, 3);
    assert.equal(JSON.parse(status.stdout).state, 'reauthorization-required');
    const table = await world.run(['status']);
    assert.equal(table.code, 0);
    assert.match(table.stdout, /^do +forcemint update revoked/m);
  });

  test('a store that cannot be written to', async () => {
    const home = join(world.folder, 'nobody');
    const env = { FORCEMINT_HOME: home };
    await writeFile(join(world.folder, 'marker'), '');
    await chmod(world.folder, 0o755);
    const { mkdir } = await import('node:fs/promises');
    await mkdir(home, { mode: 0o700 });
    if (NOBODY !== undefined) await chown(home, NOBODY, NOBODY);
    const uid = NOBODY === undefined ? {} : { uid: NOBODY };
    await world.ok(world.connectClient('mine', '--no-verify'), { stdin: world.clientSecret, env, ...uid });
    const names = await readdir(home, { recursive: true, withFileTypes: true });
    for (const entry of names) await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o500 : 0o400);
    await chmod(home, 0o500);
    const { code, stderr } = await world.run(['token', 'mine', '--json'], { env, ...uid });
    assert.equal(code, 1, stderr);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'store_read_only', stderr);
    assert.ok(error.fix.length > 0);
    await chmod(home, 0o700);
    for (const entry of names) await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  });

  test('a wrong or missing master key refuses to start, and the right one still works', async () => {
    const key = join(world.home, 'master.key');
    const right = await readFile(key);
    const wrong = await world.run(['list', '--json'], { env: { FORCEMINT_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') } });
    assert.equal(wrong.code, 1);
    assert.equal(JSON.parse(wrong.stderr.split('\n').find((line) => line.startsWith('{')) ?? '').error.code, 'wrong_master_key');
    await rename(key, `${key}.away`);
    const missing = await world.run(['list', '--json']);
    assert.equal(missing.code, 1);
    assert.equal(JSON.parse(missing.stderr).error.code, 'missing_master_key');
    await rename(`${key}.away`, key);
    assert.deepEqual(await readFile(key), right);
    await world.ok(['token', 'client']);
  });

  test('a master key that others can read is refused', async () => {
    const key = join(world.home, 'master.key');
    await chmod(key, 0o644);
    const { code, stderr } = await world.run(['list', '--json']);
    await chmod(key, 0o600);
    assert.equal(code, 1);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'insecure_permissions');
    assert.match(error.fix.join(), /chmod/);
  });

  test('output that nobody reads to its end ends quietly', async () => {
    await Promise.all(Array.from({ length: 3 }, (_, index) => world.ok(world.connectJwt(`many-${index}`, '--no-verify'))));
    for (const args of [['list'], ['events', 'client'], ['token', 'client', '--json'], ['--help']]) {
      const running = world.start(args);
      running.child.stdout?.destroy();
      const { code, stderr } = await running.finished;
      assert.equal(code, 0, args.join(' '));
      assert.equal(stderr, '');
    }
  });

  test('output that cannot be written is an error', async (t) => {
    const full = openSync('/dev/full', 'w');
    t.after(() => closeSync(full));
    for (const args of [['list'], ['token', 'client'], ['show', 'client']]) {
      const { code, stderr } = await world.run(args, { stdout: full });
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, /ENOSPC/);
    }
  });

  test('no HOME: the store’s folder is asked for, and FORCEMINT_HOME is enough', async () => {
    const { code, stderr } = await world.run(['list', '--json'], {
      env: { HOME: undefined, FORCEMINT_HOME: undefined, XDG_DATA_HOME: undefined },
      ...(NOBODY === undefined ? {} : { uid: 64_999 }),
    });
    if (NOBODY !== undefined) {
      assert.equal(code, 1);
      assert.equal(JSON.parse(stderr).error.code, 'no_home');
    }
    await world.ok(['list'], { env: { HOME: undefined } });
  });
});

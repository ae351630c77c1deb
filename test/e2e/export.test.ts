import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { createKernelLock } from '@forcemint/node/kernel-lock';
import { refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { readStoredRow, storePath } from '../support/stored-row.ts';
import { until } from '../support/until.ts';
import { World } from './support/command-line.ts';

const TRIP = new URL('./support/trip-file-handle.ts', import.meta.url).href;

function tripping(
  method: string,
  how: { readonly code?: string; readonly after?: string } = {},
): Record<string, string | undefined> {
  return { NODE_OPTIONS: `--import=${TRIP}`, TRIP_METHOD: method, TRIP_CODE: how.code, TRIP_AFTER: how.after };
}

describe('export on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  async function connected(name: string): Promise<string> {
    await using forcemint = await world.open();
    await forcemint.administration.connect(name, refreshTokenConnection(world.emulator));
    await forcemint.getToken(name);
    return join(world.folder, `${name}.json`);
  }

  const exporting = (name: string, out: string, ...more: readonly string[]) => {
    return ['export', name, '--hand-over', '--out', out, '--yes', ...more];
  };

  /** One refresh as any other OAuth client makes it, with what is in the file and nothing else. */
  async function foreignRefresh(file: string): Promise<Record<string, string>> {
    const grant = JSON.parse(readFileSync(file, 'utf8'));
    const response = await fetch(grant.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: grant.client_id,
        refresh_token: grant.refresh_token,
      }),
    });
    assert.equal(response.status, 200);
    return (await response.json()) as Record<string, string>;
  }

  /** Nobody who asks gets a token of the connection, and nothing is sent. */
  async function isLeftAlone(name: string): Promise<void> {
    const sent = world.emulator.ledger().length;
    await using forcemint = await world.open();
    await assert.rejects(forcemint.getToken(name), { code: 'handed_over' });
    await assert.rejects(forcemint.renew(name), { code: 'handed_over' });
    assert.equal(world.emulator.ledger().length, sent);
  }

  /** The same of every command that would send something. */
  async function isLeftAloneByCommands(name: string): Promise<void> {
    const sent = world.emulator.ledger().length;
    const exec = ['exec', name, '--', process.execPath, '-e', 'process.stdout.write("ran")'];
    for (const line of [['token', name], ['renew', name], ['api', name, 'limits'], exec]) {
      const { code, stdout, stderr } = await world.run(line);
      assert.deepEqual([code, stdout], [3, ''], `${line[0]}: ${stderr}`);
      assert.match(stderr, /was handed over/);
    }
    assert.equal(world.emulator.ledger().length, sent);
  }

  test('without --hand-over: the settings, as show has them, and no secret', async () => {
    await connected('settings');
    const { stdout, stderr, code } = await world.run(['export', 'settings']);
    assert.equal(code, 0);
    const exported = JSON.parse(stdout);
    const shown = await world.json(['show', 'settings']);
    for (const [member, value] of Object.entries(exported)) assert.deepEqual(shown[member], value, member);
    for (const member of ['grant', 'login_url', 'client_id', 'rotates', 'api_version']) assert.ok(member in exported, member);
    assert.match(stderr, /secrets are not in it/);
    assert.match(await world.ok(['token', 'settings']), /^00D/, 'nothing has changed');
  });

  test('the refresh token works elsewhere, once handed over, and is never presented here again', async () => {
    const out = await connected('leaving');
    const { refreshToken } = await readStoredRow(world.home, 'leaving');
    const { code, stdout, stderr } = await world.run(exporting('leaving', out, '--json'));
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      connection: 'leaving',
      handed_over: true,
      out,
      format: 'json',
      fingerprint: refreshToken,
      rotates: 'yes',
    });
    for (const words of [/One owner from now on/, /rotates refresh tokens/, /forcemint update leaving --refresh-token-file F/]) {
      assert.match(stderr, words);
    }
    assert.equal(statSync(out).mode & 0o777, 0o600);
    const grant = JSON.parse(readFileSync(out, 'utf8'));
    assert.equal(fingerprint(grant.refresh_token), refreshToken);
    assert.equal(grant.instance_url, world.emulator.myDomainUrl);
    assert.equal('client_secret' in grant, false);

    const stored = await readStoredRow(world.home, 'leaving');
    assert.deepEqual([stored.refreshToken, stored.accessToken], [undefined, undefined], 'nothing is kept here');
    const { refresh_token: next = '' } = await foreignRefresh(out);
    await isLeftAloneByCommands('leaving');
    const last = world.emulator.ledger().at(-1);
    assert.deepEqual([last?.presented, last?.issued, last?.outcome], [refreshToken, fingerprint(next), 'ok']);

    assert.equal((await world.run(['status', 'leaving'])).code, 3);
    const history = await world.ok(['events', 'leaving', '--json']);
    assert.match(history, /"step":"released"/);
    assert.match(history, /"step":"forgotten"/);
    const again = await world.run(exporting('leaving', out));
    assert.equal(again.code, 2);
    assert.match(again.stderr, /handed over before/);
    assert.match(again.stderr, /Keep it/);

    await world.ok(['update', 'leaving', '--refresh-token-file', '-'], { stdin: next });
    assert.match(await world.ok(['token', 'leaving']), /^00D/, 'it can be taken back');
  });

  const MOMENTS = [
    { moment: 'nothing written yet', name: 'killed-1', trip: tripping('writeFile') },
    { moment: 'written, not flushed', name: 'killed-2', trip: tripping('sync') },
    { moment: 'flushed, not forgotten here', name: 'killed-3', trip: tripping('sync', { after: '1' }) },
  ];
  for (const { moment, name, trip } of MOMENTS) {
    test(`killed between release and forget, ${moment}: running it again completes`, async () => {
      const out = await connected(name);
      const { refreshToken } = await readStoredRow(world.home, name);
      const running = world.start(exporting(name, out), { env: trip });
      await running.seen('stderr', /tripped at/);
      running.child.kill('SIGKILL');
      assert.equal((await running.finished).signal, 'SIGKILL');

      await isLeftAlone(name);
      const again = await world.run(exporting(name, out));
      assert.equal(again.code, 2);
      assert.match(again.stderr, /still kept here/);
      assert.match(again.stderr, /aside/);
      renameSync(out, `${out}.old`);
      await world.ok(exporting(name, out));
      assert.equal(fingerprint(JSON.parse(readFileSync(out, 'utf8')).refresh_token), refreshToken);
      assert.equal((await readStoredRow(world.home, name)).refreshToken, undefined);
      await foreignRefresh(out);
      await isLeftAlone(name);
    });
  }

  test('a file that cannot be written after the release: the grant is taken back, and running it again hands it over', async () => {
    const out = await connected('full');
    const { code, stdout, stderr } = await world.run(exporting('full', out), { env: tripping('writeFile', { code: 'ENOSPC' }) });
    assert.equal(code, 5, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /no space is left on the volume/);
    assert.match(stderr, /Nothing was handed over: full is used here as before/);
    assert.match(stderr, /run the same command again/);
    assert.equal(existsSync(out), false);
    await world.ok(['token', 'full']);
    await world.ok(exporting('full', out));
    await foreignRefresh(out);
  });

  test('nothing is released when the file cannot be made, and no link is followed', async () => {
    const out = await connected('careful');
    const target = join(world.folder, 'target');
    symlinkSync(target, out);
    const taken = await world.run(exporting('careful', out));
    assert.equal(taken.code, 2);
    assert.match(taken.stderr, /is there already; nothing was handed over/);
    assert.equal(existsSync(target), false);
    assert.equal((await world.run(exporting('careful', join(world.folder, 'nowhere', 'x')))).code, 2);
    for (const line of [
      ['export', 'careful', '--hand-over', '--out', '-', '--yes'],
      ['export', 'careful', '--out', join(world.folder, 'x')],
      exporting('careful', join(world.folder, 'x'), '--with-client-secret'),
    ]) {
      assert.equal((await world.run(line)).code, 2, line.join(' '));
    }
    const unasked = await world.run(['export', 'careful', '--hand-over', '--out', join(world.folder, 'x')]);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /Nobody can be asked/);
    assert.equal(existsSync(join(world.folder, 'x')), false);
    await world.ok(['token', 'careful']);
  });

  test('a grant without refresh token, or one whose state is unknown, is not handed over, and leaves no file', async () => {
    await world.ok(world.connectJwt('jwt', '--no-verify'));
    const out = join(world.folder, 'no-file');
    const jwt = await world.run(exporting('jwt', out));
    assert.equal(jwt.code, 2);
    assert.match(jwt.stderr, /which has no refresh token/);
    await connected('unknown');
    world.emulator.fault({ match: { path: '/services/oauth2/token' }, action: { dropAfter: true } });
    assert.equal((await world.run(['renew', 'unknown'])).code, 5);
    const unknown = await world.run(exporting('unknown', out));
    assert.equal(unknown.code, 5);
    assert.match(unknown.stderr, /may be spent, and is not handed over/);
    assert.equal(existsSync(out), false);
    assert.equal((await world.json(['show', 'unknown'])).state, 'unknown');
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${signal} in the middle of a hand-over waits for its end`, async () => {
      const name = `signal-${signal.toLowerCase()}`;
      const out = await connected(name);
      await using forcemint = await world.open();
      const { id } = (await forcemint.status(name)).connection;
      using lock = createKernelLock({ storePath: storePath(world.home), condition: async () => ({ is: 'active' }) });
      const lease = await lock.tryAcquire(id, 180_000);
      assert.ok(lease !== undefined);
      const running = world.start(exporting(name, out));
      await until('the file', () => existsSync(out));
      running.child.kill(signal);
      await running.seen('stderr', /finishing the hand-over/);
      await lease.release();
      const { code, stdout } = await running.finished;
      assert.equal(code, { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
      assert.match(stdout, /is in \S+, and no longer here/);
      assert.equal((await readStoredRow(world.home, name)).refreshToken, undefined);
      await foreignRefresh(out);
    });
  }

  test('killed before the release: the connection is as it was', async () => {
    const out = await connected('early');
    await using forcemint = await world.open();
    using lock = createKernelLock({ storePath: storePath(world.home), condition: async () => ({ is: 'active' }) });
    const lease = await lock.tryAcquire((await forcemint.status('early')).connection.id, 180_000);
    const running = world.start(exporting('early', out));
    await until('the file', () => existsSync(out));
    running.child.kill('SIGKILL');
    await running.finished;
    await lease?.release();
    await world.ok(['token', 'early']);
    rmSync(out);
    await world.ok(exporting('early', out));
    await foreignRefresh(out);
  });
});

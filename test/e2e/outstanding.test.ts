import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { fileNameFor } from '@forcemint/node/kernel-lock';
import { decodeEntry } from '@forcemint/node/spool-entry';
import { refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { storePath } from '../support/stored-row.ts';
import { until } from '../support/until.ts';
import { World } from './support/command-line.ts';

describe('what is not finished, as status and list show it', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  async function connected(name: string): Promise<string> {
    await using forcemint = await world.open();
    return (await forcemint.administration.connect(name, refreshTokenConnection(world.emulator))).id;
  }

  /** A process that dies when its answer is on the disk and not yet in the store. */
  async function dyingWithAnAnswer(name: string): Promise<void> {
    const spooled = `${storePath(world.home)}.spool/${fileNameFor(await connected(name))}`;
    world.emulator.fault({ match: { path: '/services/oauth2/token' }, action: { delayMs: 2_000 } });
    const running = world.start(['token', name]);
    await until('the request', () => world.emulator.faults().length === 0);
    const database = new DatabaseSync(storePath(world.home), { timeout: 5_000 });
    database.exec('BEGIN IMMEDIATE');
    await until('the answer on the disk', () => decodeEntry(readFileSync(spooled)) !== undefined);
    running.child.kill('SIGKILL');
    await running.finished;
    database.close();
  }

  test('an answer that is staged is told, and taken up by the next one who asks', async () => {
    await dyingWithAnAnswer('staged');
    assert.equal((await world.json(['show', 'staged'])).staged_answer, true);
    assert.match(await world.ok(['status', 'staged']), /^staged +Salesforce’s answer is safe on disk and waits for the store$/m);
    assert.match(await world.ok(['list']), /^staged +renewing +– +answer staged /m);
    const sent = world.emulator.ledger().length;
    await world.ok(['token', 'staged']);
    assert.equal(world.emulator.ledger().length, sent);
    const finished = await world.json(['status', 'staged']);
    assert.deepEqual([finished.state, finished.staged_answer], ['ready', false]);
  });

  test('a renewal without an answer: from when on it is repeated', async () => {
    await connected('unanswered');
    world.emulator.fault({ match: { path: '/services/oauth2/token' }, action: { dropAfter: true } });
    assert.equal((await world.run(['token', 'unanswered'])).code, 5);
    const { code, stdout } = await world.run(['status', 'unanswered', '--json']);
    assert.equal(code, 5);
    const { repeats_at: repeatsAt, last_failure: failure } = JSON.parse(stdout);
    assert.ok(Number.isInteger(repeatsAt) && repeatsAt >= failure.at + 119, stdout);
    assert.match((await world.run(['status', 'unanswered'])).stdout, /^repeated +once, by whoever asks for a token from \d{4}-/m);
  });

  test('a grant that could not be revoked yet', async () => {
    await world.ok(world.connectLogin('again'));
    const [user] = world.emulator.ready.users;
    assert.ok(user !== undefined);
    await using forcemint = await world.open();
    for (const fault of [false, true]) {
      const attempt = await forcemint.login.begin('again');
      const callback = new URL(await signIn(attempt.authorizeUrl, user));
      if (fault) world.emulator.fault({ match: { path: '/services/oauth2/revoke' }, action: { status: 503, body: '' } });
      await forcemint.login.complete(attempt, callback.searchParams);
      await forcemint.idle();
    }
    assert.equal((await world.json(['status', 'again'])).pending_revocations, 1);
    assert.match(await world.ok(['list']), /^again +ready +\S+ \S+ +1 to revoke /m);
  });
});

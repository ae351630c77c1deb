import assert from 'node:assert/strict';
import { copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { readStoredRow } from '../support/stored-row.ts';
import { World } from './support/command-line.ts';

const NEW_KEY = Buffer.alloc(32, 7).toString('base64');

describe('the store as a whole, on the command line', () => {
  let world: World;
  let file: string;
  before(async () => {
    world = await World.make();
    file = join(world.home, 'forcemint.db');
    await world.ok(world.connectRotating('rotating'), { stdin: world.rotatingToken() });
    await world.ok(world.connectJwt('jwt'));
  });
  after(() => world[Symbol.asyncDispose]());

  test('status says where it is and what it holds', async () => {
    const shown = await world.json(['store', 'status']);
    assert.equal(shown['store'], `sqlite:${file}`);
    assert.deepEqual([shown['condition'], shown['connections'], shown['data_keys']], [{ is: 'active' }, 2, 1]);
    assert.match(await world.ok(['store', 'status']), /state +active\n/);
  });

  test('verify finds nothing in a sound store, and names what was damaged', async () => {
    assert.match(await world.ok(['store', 'verify']), /is whole: 2 connections, 5 sealed values/);
    const before = await readFile(file);
    const database = new DatabaseSync(file);
    database.exec('UPDATE tokens SET refresh_token = zeroblob(60) WHERE refresh_token IS NOT NULL');
    database.close();
    const { code, stdout } = await world.run(['store', 'verify']);
    assert.equal(code, 1);
    assert.match(stdout, /^rotating +refresh token +does not open/m);
    const asJson = await world.run(['store', 'verify', '--json']);
    const { findings } = JSON.parse(asJson.stdout);
    assert.deepEqual([asJson.code, findings[0].connection, findings[0].field], [1, 'rotating', 'refreshToken']);
    await writeFile(file, before);
  });

  test('verify and the others make no store where there is none', async () => {
    const env = { FORCEMINT_STORE: `sqlite:${join(world.folder, 'nowhere.db')}` };
    for (const command of [['verify'], ['adopt', '--restored'], ['backup', '--out', join(world.folder, 'x')]]) {
      const { code, stderr } = await world.run(['store', ...command], { env });
      assert.equal(code, 1, command.join(' '));
      assert.match(stderr, /^error: There is no store at /);
    }
    await assert.rejects(stat(join(world.folder, 'nowhere.db')));
  });

  test('rotate-key: everything works as before; a new master key is taken over step by step', async () => {
    const token = await world.ok(['token', 'rotating']);
    assert.match(await world.ok(['store', 'rotate-key']), /new data key, and the old one is gone/);
    assert.equal(await world.ok(['token', 'rotating']), token);
    const newKey = await world.file('new.key', NEW_KEY);
    const first = await world.run(['store', 'rotate-key', '--new-master-key-file', newKey, '--json']);
    assert.deepEqual(
      [first.code, JSON.parse(first.stdout)],
      [5, { data_key: 'replaced', master_key: 'replaced', outstanding: [{ what: 'configuration' }], done: false }],
    );
    assert.equal(await world.ok(['token', 'rotating']), token);
    const env = { FORCEMINT_MASTER_KEY_FILE: newKey };
    assert.equal(await world.ok(['token', 'rotating'], { env }), token);
    assert.match(await world.ok(['store', 'rotate-key'], { env }), /the former master key any more: it is forgotten/);
    const { code, stderr } = await world.run(['token', 'rotating']);
    assert.equal(code, 1);
    assert.match(stderr, /master key is not the one/);
    assert.equal(await world.ok(['token', 'rotating'], { env }), token);
    await copyFile(newKey, join(world.home, 'master.key'));
    assert.match(await world.ok(['store', 'verify']), /is whole/);
  });

  test('a new key that is no key, or open to others, is refused, and nothing is changed', async () => {
    const short = await world.file('short.key', 'c3ludGhldGlj');
    for (const [path, message] of [
      [short, /does not hold a master key/],
      [join(world.folder, 'missing.key'), /There is no/],
    ] as const) {
      const { code, stderr } = await world.run(['store', 'rotate-key', '--new-master-key-file', path]);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
    assert.equal((await world.json(['store', 'status']))['former_master_keys'], 0);
  });

  test('backup: a new file for this user only, without the key; a restored store is noticed, and adopted without losing the grant', async () => {
    const backup = join(world.folder, 'backup.db');
    assert.match(await world.ok(['store', 'backup', '--out', backup]), /is in .*backup\.db/);
    assert.equal((await stat(backup)).mode & 0o777, 0o600);
    const again = await world.run(['store', 'backup', '--out', backup]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /is there already/);

    await world.ok(['renew', 'rotating']);
    const newest = (await readStoredRow(world.home, 'rotating')).refreshToken;
    for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true });
    await copyFile(backup, file);
    const older = await readStoredRow(world.home, 'rotating');
    assert.notEqual(older.refreshToken, newest);
    const restored = await world.run(['store', 'status']);
    assert.equal(restored.code, 1);
    assert.match(restored.stdout, /quarantined since .* restored from a backup \(its generation is/);
    assert.match(restored.stderr, /adopt --restored/);
    await world.ok(['token', 'rotating']);
    const unsaid = await world.run(['store', 'adopt']);
    assert.equal(unsaid.code, 2);
    assert.match(unsaid.stderr, /Say which it is/);
    assert.match(await world.ok(['store', 'adopt', '--restored']), /is used again; 1 refresh tokens may be used up/);
    assert.equal((await world.run(['store', 'status'])).code, 0);
    assert.equal((await readStoredRow(world.home, 'rotating')).row.exchange.phase, 'unknown');
    // The spool still has what came after the backup.
    await world.ok(['renew', 'rotating']);
    const { row, refreshToken } = await readStoredRow(world.home, 'rotating');
    assert.equal(row.exchange.phase, 'idle');
    const spent = world.emulator.ledger().filter(({ presented }) => presented === older.refreshToken);
    assert.equal(spent.length, 1);
    assert.ok(world.emulator.ledger().some(({ issued }) => issued === refreshToken));
  });

  test('copy: the target goes on with the same grants, the source begins nothing and names it; going back is the same', async () => {
    const there = join(world.folder, 'there', 'store.db');
    const [from, to] = [`sqlite:${file}`, `sqlite:${there}`];
    assert.match(await world.ok(['store', 'copy', from, to]), /2 connections are in sqlite:.*there/);
    assert.equal((await world.run(['store', 'status'])).code, 1);
    const env = { FORCEMINT_STORE: to };
    assert.match(await world.ok(['store', 'verify'], { env }), /is whole: 2 connections/);
    assert.equal(await world.ok(['token', 'jwt']), await world.ok(['token', 'jwt'], { env }));
    await expireStoredTokenAt(to, 'jwt');
    assert.notEqual(await world.ok(['token', 'jwt'], { env }), '');
    const refused = await world.run(['renew', 'jwt']);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /has moved to sqlite:.*there/);
    const complete = await world.run(['store', 'copy', from, to, '--abort']);
    assert.equal(complete.code, 1);
    assert.match(complete.stderr, /copy is complete/);
    assert.match(await world.ok(['store', 'copy', to, from]), /2 connections are in/);
    assert.match(await world.ok(['store', 'verify']), /is whole/);
    assert.equal((await world.run(['store', 'status'])).code, 0);
  });

  test('a target that is not empty, a store that is none, and a password on the command line are refused', async () => {
    const other = join(world.folder, 'other');
    await world.ok(world.connectJwt('jwt'), { env: { FORCEMINT_HOME: other } });
    const wrongKey = await world.run(['store', 'copy', `sqlite:${file}`, `sqlite:${join(other, 'forcemint.db')}`]);
    assert.equal(wrongKey.code, 1);
    assert.match(wrongKey.stderr, /master key/);
    const noStore = await world.run(['store', 'copy', 'forcemint.db', 'sqlite:x']);
    assert.equal(noStore.code, 2);
    assert.match(noStore.stderr, /FROM is no store/);
    const secret = await world.run(['store', 'copy', `sqlite:${file}`, 'postgres://me:PASSWORD-CANARY@db/forcemint']);
    assert.equal(secret.code, 2);
    assert.doesNotMatch(secret.stderr, /CANARY/);
    assert.match(secret.stderr, /@FILE/);
    assert.equal((await world.run(['store', 'status'])).code, 0);
  });

  test('a clone loses its tokens and needs a login; jwt goes on', async () => {
    const env = { FORCEMINT_STORE_LABEL: 'staging' };
    const unasked = await world.run(['store', 'adopt', '--clone'], { env });
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /--yes/);
    const done = await world.json(['store', 'adopt', '--clone', '--yes'], { env });
    assert.deepEqual([done['adopted'], done['changed']], ['clone', 2]);
    assert.equal((await world.run(['token', 'rotating'], { env })).code, 3);
    assert.notEqual(await world.ok(['token', 'jwt'], { env }), '');
    assert.equal((await world.json(['store', 'status'], { env }))['label'], 'staging');
  });

  test('migrate says that all is well, and prints the schema', async () => {
    assert.match(await world.ok(['store', 'migrate']), /is up to date/);
    assert.match(await world.ok(['store', 'migrate', '--print']), /CREATE TABLE tokens/);
  });

  test('help shows each of them, with examples', async () => {
    const help = await world.ok(['store', '--help']);
    for (const command of ['status', 'verify', 'backup', 'rotate-key', 'copy', 'adopt', 'migrate']) {
      assert.match(help, new RegExp(`^ +${command}`, 'm'));
    }
    assert.match(await world.ok(['store', 'copy', '--help']), /Examples:\n {2}forcemint store copy sqlite:/);
  });
});

async function expireStoredTokenAt(url: string, name: string): Promise<void> {
  const database = new DatabaseSync(url.slice('sqlite:'.length));
  database
    .prepare(
      `UPDATE tokens SET details = json_set(details, '$.issuedAt', 1700000000, '$.expiresAt', 1700000060)
       WHERE connection_id = (SELECT id FROM connections WHERE name = ?)`,
    )
    .run(name);
  database.close();
}

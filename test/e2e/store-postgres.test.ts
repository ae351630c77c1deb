import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { embeddedPostgres } from '../support/postgres-binaries.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { World } from './support/command-line.ts';

const found = embeddedPostgres();

describe('the command line over PostgreSQL', { skip: 'missing' in found ? found.missing : false }, () => {
  let world: World;
  let server: PostgresServer;
  let env: Record<string, string>;
  before(async () => {
    world = await World.make();
    server = await PostgresServer.start({ fsync: false });
    const url = await world.file('store-url', `${server.url(await server.createDatabase())}\n`);
    const key = await world.file('given.key', Buffer.alloc(32, 9).toString('base64'));
    env = { FORCEMINT_STORE_FILE: url, FORCEMINT_MASTER_KEY_FILE: key };
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await server.stop();
  });

  test('no machine makes a master key of its own for a store that others use', async () => {
    const { code, stderr } = await world.run(['list'], { env: { ...env, FORCEMINT_MASTER_KEY_FILE: undefined } });
    assert.equal(code, 1);
    assert.match(stderr, /^error: A store in PostgreSQL needs a master key that you give it/);
    assert.match(stderr, /openssl rand -base64 32/);
  });

  test('connections are made, renewed and shown as over SQLite; no output holds the password', async () => {
    const runs = [
      await world.run(world.connectRotating('rotating'), { env, stdin: world.rotatingToken() }),
      await world.run(['token', 'rotating', '--json'], { env }),
      await world.run(['status', 'rotating'], { env }),
      await world.run(['store', 'status'], { env }),
      await world.run(['store', 'verify'], { env }),
    ];
    for (const { code, stdout, stderr } of runs) {
      assert.equal(code, 0, stderr);
      assert.ok(!`${stdout}${stderr}`.includes(server.password));
    }
    assert.match(runs[3]?.stdout ?? '', /state +active\n(?:.*\n)* {2}\S+ \([0-9a-f]{32}\), last heard of/);
    assert.match(runs[4]?.stdout ?? '', /is whole: 1 connection, /);
  });

  test('a store moves into the database and back with every refresh token', async () => {
    const file = `sqlite:${join(world.home, 'moved.db')}`;
    const url = `@${env['FORCEMINT_STORE_FILE']}`;
    const inFile = { FORCEMINT_STORE: file, FORCEMINT_MASTER_KEY_FILE: env['FORCEMINT_MASTER_KEY_FILE'] };
    await world.ok(['store', 'copy', url, file], { env });
    await world.ok(['renew', 'rotating'], { env: inFile });
    const refused = await world.run(['renew', 'rotating'], { env });
    assert.match(refused.stderr, /^error: This store has moved to sqlite:/);
    await world.ok(['store', 'copy', file, url], { env });
    // Forced renewals are half a minute apart, and that goes along, too.
    const again = await world.run(['renew', 'rotating'], { env });
    assert.equal(again.code, 5);
    assert.match(again.stderr, /was renewed by force a moment ago/);
    await world.ok(['token', 'rotating'], { env });
  });

  test('a replica that will not come back is forgotten by its id', async () => {
    const other = { ...env, FORCEMINT_HOME: join(world.folder, 'another-home') };
    await world.ok(['list'], { env: other });
    const replicas = async () =>
      ((await world.json(['store', 'status'], { env }))['replicas'] as { id: string }[]).map(({ id }) => id);
    const both = await replicas();
    assert.equal(both.length, 2);
    const own = (await world.ok(['store', 'status'], { env })).match(/\(([0-9a-f]{32})\)/)?.[1] ?? '';
    const gone = both.find((id) => id !== own) ?? '';
    assert.equal((await world.run(['store', 'forget-replica', gone], { env })).code, 2, 'not without being asked');
    assert.match(await world.ok(['store', 'forget-replica', gone, '--yes'], { env }), /is forgotten/);
    assert.deepEqual(await replicas(), [own]);
    assert.equal((await world.run(['store', 'forget-replica', gone, '--yes'], { env })).code, 2);
  });
});

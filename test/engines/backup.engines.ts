import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { World } from '../e2e/support/command-line.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { debianPostgres } from './find-engines.ts';

const found = await debianPostgres();

test('backup and restore of PostgreSQL with its own programs: what was restored is noticed, and adopted without losing the grant', {
  skip: found.missing,
}, async (t) => {
  assert.ok(found.missing === false);
  const bin = found.path;
  const server = await PostgresServer.start({ binDir: bin, fsync: false });
  t.after(() => server.stop());
  await using world = await World.make();
  const url = server.socketUrl(await server.createDatabase());
  await mkdir(world.home, { mode: 0o700 });
  await writeFile(join(world.home, 'master.key'), Buffer.alloc(32, 9).toString('base64'), { mode: 0o600 });
  const env = {
    FORCEMINT_STORE_FILE: await world.file('store-url', `${url}\n`),
    FORCEMINT_PG_DUMP: join(bin, 'pg_dump'),
  };
  await world.ok(world.connectRotating('rotating'), { env, stdin: world.rotatingToken() });
  await world.ok(['token', 'rotating'], { env });
  const backup = join(world.folder, 'store.dump');
  const saved = await world.run(['store', 'backup', '--out', backup], { env });
  assert.equal(saved.code, 0, saved.stderr);
  assert.ok(!`${saved.stdout}${saved.stderr}`.includes(server.password));
  assert.equal((await stat(backup)).mode & 0o777, 0o600);
  assert.ok(pgRestore(['--list', backup]).includes('TABLE DATA forcemint tokens'));

  await world.ok(['renew', 'rotating'], { env });
  pgRestore(['--clean', '--if-exists', `--dbname=${url}`, backup]);
  const restored = await world.run(['store', 'status'], { env });
  assert.equal(restored.code, 1, restored.stderr);
  assert.match(restored.stdout, /quarantined since .* restored from a backup \(its generation is/);
  await world.ok(['token', 'rotating'], { env });
  assert.match(await world.ok(['store', 'adopt', '--restored'], { env }), /is used again/);
  assert.equal((await world.run(['store', 'verify'], { env })).code, 0);
  // What came after the backup lay in this machine's spool, and was brought back when the store was opened.
  const { row, refreshToken } = await readStoredRow({ home: world.home, store: url }, 'rotating');
  const ledger = world.emulator.ledger();
  assert.equal(refreshToken, ledger.findLast(({ issued }) => issued !== undefined)?.issued);
  assert.equal(row.exchange.phase, 'unknown', 'another machine may have renewed it since');
  assert.deepEqual([...new Set(ledger.map(({ outcome }) => outcome))], ['ok']);
  await world.ok(['token', 'rotating'], { env });

  function pgRestore(args: readonly string[]): string {
    const options = { encoding: 'utf8', env: { ...process.env, PGPASSWORD: server.password } } as const;
    const { status, stdout, stderr } = spawnSync(join(bin, 'pg_restore'), args, options);
    assert.equal(status, 0, stderr);
    return stdout;
  }
});

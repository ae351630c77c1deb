import assert from 'node:assert/strict';
import { chmodSync, cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { AuthError, fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow, storePath } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const PAGE_BYTES = 4_096;

/** A rotating connection that has its first token, in a home that nobody has open. */
async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const proxy = await FaultProxy.start(t, { target: emulator.loginUrl });
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), proxy.origin];
  const open = (where = home) => openForcemint({ home: where, extraHosts: hosts, durations: PATIENT, env: {} });
  const connection = refreshTokenConnection(emulator, 'rotating', { loginUrl: proxy.origin });
  const adopted = fingerprint(connection.refreshToken);
  {
    await using forcemint = await open();
    await forcemint.administration.connect('acme', connection);
    await forcemint.getToken('acme');
  }
  const copyOf = (from = home): string => {
    const copy = temporaryHome(t);
    cpSync(from, copy, { recursive: true });
    for (const directory of ['locks', 'spool']) chmodSync(`${storePath(copy)}.${directory}`, 0o700);
    return copy;
  };
  const end = (leastWaitMs: number) => soundEnd({ emulator, home, name: 'acme', adopted, leastWaitMs });
  return { emulator, proxy, home, hosts, open, copyOf, end };
}

/** What everything that can be asked of the store gives or throws; only named errors may come. */
async function everything(open: () => ReturnType<typeof openForcemint>): Promise<readonly string[]> {
  const outcomes: string[] = [];
  const note = async (work: () => Promise<unknown>) => {
    try {
      await work();
      outcomes.push('done');
    } catch (error) {
      assert.ok(error instanceof AuthError, `no named error: ${error instanceof Error ? error.stack : error}`);
      outcomes.push(String(error.code));
    }
  };
  await note(async () => {
    await using forcemint = await open();
    await note(() => forcemint.getToken('acme'));
    await note(() => forcemint.list());
    await note(() => forcemint.events('acme'));
    await note(() => forcemint.renew('acme'));
  });
  return outcomes;
}

const SEALED = [
  ['meta', 'master_key_check', 'wrong_master_key'],
  ['data_keys', 'wrapped', 'unsealing_failed'],
  ['connections', 'secrets', 'unsealing_failed'],
  ['tokens', 'refresh_token', 'unsealing_failed'],
  ['tokens', 'access_token', 'unsealing_failed'],
] as const;

for (const [table, column, code] of SEALED) {
  test(`fault 46, a flipped bit in ${table}.${column}: a clear error, nothing is sent, nothing is overwritten`, async (t) => {
    const { proxy, home, open, end } = await scene(t);
    const asked = proxy.requests;
    const read = () => query(home, `SELECT ${column} AS value FROM ${table}`);
    const write = (value: Uint8Array) => query(home, `UPDATE ${table} SET ${column} = ?`, value);
    const sound = read();
    for (const at of [0, 1, Math.floor(sound.length / 2), sound.length - 17, sound.length - 1]) {
      const damaged = Uint8Array.from(sound, (byte, index) => (index === at ? byte ^ 0x10 : byte));
      write(damaged);
      const error = await failure(
        open().then(async (forcemint) => {
          await using opened = forcemint;
          return await (column === 'access_token' ? opened.getToken('acme') : opened.renew('acme'));
        }),
      );
      assert.deepEqual([at, error.name, error.code], [at, 'StoreError', code]);
      assert.deepEqual(read(), damaged, 'left as it is');
    }
    assert.equal(proxy.requests, asked);
    write(sound);
    await using forcemint = await open();
    await forcemint.renew('acme');
    assert.equal(await end(0), 'newest-stored');
  });
}

test('fault 46, a master key that is exchanged at run time: who runs goes on, nobody else gets in, and the right key mends it', async (t) => {
  const { proxy, home, open, end } = await scene(t);
  const keyFile = join(home, 'master.key');
  const key = readFileSync(keyFile);
  await using running = await open();
  for (const content of [Buffer.alloc(32, 7).toString('base64'), 'too short', undefined]) {
    if (content === undefined) rmSync(keyFile);
    else writeFileSync(keyFile, `${content}\n`, { mode: 0o600 });
    const asked = proxy.requests;
    assert.match((await failure(open())).code, /^(wrong|missing)_master_key$/);
    assert.equal(proxy.requests, asked);
    await running.renew('acme');
  }
  writeFileSync(keyFile, key, { mode: 0o600 });
  await using another = await open();
  await another.renew('acme');
  await running.renew('acme');
  assert.equal(await end(0), 'newest-stored');
});

test('fault 38, garbage in the place of each page of the store: nothing but what is stored, or a named error; nothing is sent', async (t) => {
  const { emulator, proxy, home, open, copyOf } = await scene(t);
  await proxy.close();
  const sent = emulator.ledger().length;
  const pages = statSync(storePath(home)).size / PAGE_BYTES;
  let noticed = 0;
  for (let page = 0; page < pages; page += 1) {
    for (const filling of [0x00, 0xa5]) {
      const copy = copyOf();
      const bytes = readFileSync(storePath(copy));
      bytes.fill(filling, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      writeFileSync(storePath(copy), bytes);
      const outcomes = await everything(() => open(copy));
      if (outcomes.includes('store_corrupt')) noticed += 1;
      else assert.ok(outcomes.includes('unreachable'), `page ${page}: ${outcomes}`);
    }
  }
  assert.ok(noticed >= pages, `${noticed} of ${2 * pages} were noticed`);
  assert.equal(emulator.ledger().length, sent);
});

test('fault 38, a log that was cut, damaged or deleted after a crash: what it lost of a refresh token comes back from the spool, or a named error', async (t) => {
  const { emulator, proxy, home, hosts, open, copyOf } = await scene(t);
  const victim = await ForcemintProcess.start(t);
  await victim.ask({ do: 'open', home, extraHosts: hosts, durations: PATIENT });
  for (let renewal = 0; renewal < 3; renewal += 1) await victim.ask({ do: 'renew', name: 'acme' });
  await victim.kill();
  const crashed = copyOf();
  const { row } = await readStoredRow(copyOf(), 'acme');
  assert.equal(row.version, 5, 'the log brings back what was committed');
  await proxy.close();
  const sent = emulator.ledger().length;
  const length = statSync(`${storePath(crashed)}-wal`).size;
  assert.ok(length > 0, 'the crash left a log');

  let broughtBack = 0;
  const versionAfter = async (damage: (store: string) => void): Promise<number | string> => {
    const copy = copyOf(crashed);
    damage(storePath(copy));
    const outcomes = await everything(() => open(copy));
    if (outcomes.at(-1) !== 'done') return String(outcomes.at(-1));
    const renewal = String(outcomes.at(-2));
    assert.match(renewal, /^(done|unreachable|outcome_unknown|store_quarantined)$/, 'what is left decides');
    if (renewal === 'done') broughtBack += 1;
    return (await readStoredRow(copy, 'acme')).row.version;
  };
  assert.equal(await versionAfter((store) => rmSync(`${store}-shm`)), 5, 'without the index');
  assert.equal(await versionAfter((store) => writeFileSync(`${store}-shm`, Buffer.alloc(32_768, 0xa5))), 5, 'a damaged index');
  const seen = new Set<number | string>();
  for (let part = 0; part <= 12; part += 1) {
    const at = Math.floor((length * part) / 12);
    seen.add(await versionAfter((store) => truncateSync(`${store}-wal`, at)));
    seen.add(await versionAfter((store) => damageFrom(`${store}-wal`, at)));
  }
  assert.deepEqual([...seen], [5], 'the newest refresh token, whatever the log has lost');
  assert.ok(broughtBack > 0, 'parts of the log were lost');
  assert.equal(emulator.ledger().length, sent);
});

test('fault 38, a log deleted after a crash: the store has gone back, and its newest refresh token comes from the spool', async (t) => {
  const { emulator, home, hosts, open } = await scene(t);
  const victim = await ForcemintProcess.start(t);
  await victim.ask({ do: 'open', home, extraHosts: hosts, durations: PATIENT });
  await victim.ask({ do: 'renew', name: 'acme' });
  await victim.kill();
  rmSync(`${storePath(home)}-wal`);
  const before = emulator.ledger().length;
  await using forcemint = await open();
  assert.equal('token' in (await renewedOrVerdict(forcemint, 'acme')), true);
  assert.equal(emulator.ledger().length, before, 'nothing was asked for');
  assert.equal(emulator.ledger().at(-1)?.issued, (await readStoredRow(home, 'acme')).refreshToken, 'the newest one is stored');
  await forcemint.renew('acme');
  assert.equal(emulator.ledger().at(-1)?.outcome, 'ok');
});

function damageFrom(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, at, Math.min(at + 512, bytes.length));
  writeFileSync(path, bytes);
}

function query(home: string, sql: string, ...parameters: Uint8Array[]): Uint8Array {
  using database = new DatabaseSync(storePath(home));
  const value = database.prepare(sql).get(...parameters)?.['value'];
  return value instanceof Uint8Array ? value : new Uint8Array();
}

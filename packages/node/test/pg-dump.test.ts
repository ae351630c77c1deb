import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { dumpPostgres } from '../src/pg-dump.ts';
import { failure, temporaryDirectory } from './support/machine.ts';

/** A `pg_dump` that notes how it was called. */
function dumper(t: TestContext, exitCode: number) {
  const directory = temporaryDirectory(t);
  const program = `${directory}/pg_dump`;
  writeFileSync(
    program,
    `#!/bin/sh
printf '%s\\n' "$@" > '${directory}/arguments'
cat "$PGPASSFILE" > '${directory}/passwords' 2>&1
printf '%s' "$PGPASSFILE" > '${directory}/passfile'
printf 'PGDMP'
exit ${exitCode}
`,
  );
  chmodSync(program, 0o755);
  const noted = (name: string) => readFileSync(`${directory}/${name}`, 'utf8');
  return { target: `${directory}/backup.dump`, env: { PATH: process.env.PATH, FORCEMINT_PG_DUMP: program }, noted };
}

test('pg_dump writes into a new private file, and gets the password in one that is gone afterwards', async (t) => {
  const { target, env, noted } = dumper(t, 0);
  await dumpPostgres('postgres://me:pass%3Aword-CANARY@db.example/forcemint?sslmode=verify-full', target, env);
  assert.equal(readFileSync(target, 'latin1'), 'PGDMP');
  assert.equal(statSync(target).mode & 0o777, 0o600);
  assert.match(noted('arguments'), /^--dbname=postgres:\/\/me@db\.example\/forcemint\?sslmode=verify-full$/m);
  assert.doesNotMatch(noted('arguments'), /CANARY/);
  assert.equal(noted('passwords'), '*:*:*:*:pass\\:word-CANARY\n');
  assert.equal(existsSync(noted('passfile')), false);
});

test('a pg_dump that fails, or is not there, leaves nothing behind and says what to do', async (t) => {
  const { target, env } = dumper(t, 1);
  const failed = await failure(() => dumpPostgres('postgres://me:word-CANARY@db/forcemint', target, env));
  assert.match(failed.message, /ended with 1/);
  assert.doesNotMatch(JSON.stringify([failed.message, failed.diagnosis]), /CANARY/);
  assert.equal(existsSync(target), false);
  const missing = { ...env, FORCEMINT_PG_DUMP: `${target}.none` };
  const notThere = await failure(() => dumpPostgres('postgres://me@db/forcemint', target, missing));
  assert.equal(notThere.code, 'store_unavailable');
  assert.match(JSON.stringify(notThere.diagnosis), /FORCEMINT_PG_DUMP names it/);
  assert.match(JSON.stringify(notThere.diagnosis), /FORCEMINT_PG_DUMP=/);
  assert.equal(existsSync(target), false);
});

test('a file that is there already is left alone', async (t) => {
  const { target, env } = dumper(t, 0);
  writeFileSync(target, 'precious');
  await assert.rejects(dumpPostgres('postgres://me@db/forcemint', target, env), { message: /is there already/ });
  assert.equal(readFileSync(target, 'utf8'), 'precious');
});

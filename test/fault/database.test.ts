import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openForcemint } from '@forcemint/node';
import { PATIENT } from '../support/emulated-salesforce.ts';
import type { ForcemintProcess } from '../support/forcemint-process.ts';
import { replicaScene, stoppedAt } from '../support/replica-scene.ts';
import { postgresKind } from '../support/store-kinds.ts';
import { until } from '../support/until.ts';

/** More than the connections that a process has. */
/** Connections to the database of one process. */
const POOL = 10;
/** Fewer than may be under way with one login host at a time. */
const CALLERS = 3 * POOL;

const kind = postgresKind();
const { skip } = kind;

async function scene(t: TestContext, names: readonly string[] = ['acme']) {
  const server = await kind.server();
  const replicas = await replicaScene(t, server, names);
  const { place, hosts } = replicas;
  return {
    ...replicas,
    server,
    run: async (statements: readonly string[]) => {
      for (const text of statements) await server.query(text, [], place.database);
    },
    outcomes: () => replicas.requests().map(({ outcome }) => outcome),
    open: (machine: string, durations = PATIENT) =>
      openForcemint({ ...place.machine(machine), extraHosts: hosts, durations, env: {}, onWarning: () => {} }),
  };
}

/** What its callers are told while the database takes nothing. */
async function refusalOf(child: ForcemintProcess): Promise<string> {
  const { code, retryable } = await child.failure({ do: 'renew', name: 'acme' });
  assert.equal(retryable, true, String(code));
  return String(code);
}

/** Something that keeps a database from being written, how it is put right, and what callers are told. */
interface Outage {
  readonly begin: readonly string[];
  readonly end: readonly string[];
  readonly told: RegExp;
}

const READ_ONLY: Outage = {
  begin: ['ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()'],
  end: ['ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()'],
  told: /^store_read_only$/,
};

/** As PostgreSQL reports a full disk, for every row that takes room. */
const FULL: Outage = {
  begin: [
    `CREATE FUNCTION forcemint.no_space() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE SQLSTATE '53100'; END$$;
    CREATE TRIGGER no_space BEFORE INSERT ON forcemint.staged_answers EXECUTE FUNCTION forcemint.no_space();
    CREATE TRIGGER no_space BEFORE UPDATE ON forcemint.tokens EXECUTE FUNCTION forcemint.no_space()`,
  ],
  end: ['DROP FUNCTION forcemint.no_space() CASCADE'],
  told: /^store_full$/,
};

describe('a database that cannot be written for a while', { concurrency: 1 }, () => {
  for (const [what, { begin, end, told }] of Object.entries({ 'read-only': READ_ONLY, 'full disk': FULL })) {
    test(`fault 40, ${what}, when the answer comes: the spool keeps it, and it is stored when it can be`, { skip }, async (t) => {
      const { start, run, outcomes, place, end: judged } = await scene(t);
      const child = await start('one', { ...PATIENT, callerWaitMs: 200 });
      const { renewed, goOn } = await stoppedAt(child, 'acme', 's6 after');
      await run(begin);
      try {
        goOn();
        await until('the refusal', async () => told.test(await refusalOf(child)));
      } finally {
        await run(end);
        // Where nothing could be written the lease could not be given back either.
        await place.letLeaseRunOut('one');
      }
      const { needsLogin } = await renewed;
      assert.equal(needsLogin, false);
      assert.ok(
        outcomes().every((outcome) => outcome === 'ok'),
        outcomes().join(),
      );
      assert.equal(await judged('acme'), 'newest-stored');
    });

    test(`fault 40, ${what}, before it begins: nothing is sent, and callers are told`, { skip }, async (t) => {
      const { start, run, outcomes, end: judged } = await scene(t);
      const child = await start('one');
      await run(begin);
      try {
        assert.match(await refusalOf(child), told);
        assert.deepEqual(outcomes(), []);
        assert.equal(Object.keys((await child.getTokens('acme')).tokens).length, 1, 'the living token is served');
      } finally {
        await run(end);
      }
      assert.equal((await child.settle('acme', 'renew')).needsLogin, false);
      assert.equal(await judged('acme'), 'newest-stored');
    });
  }

  test('fault 40, out of reach when the answer comes, and for longer than its process tries: the spool keeps it, the process that is left stores it', {
    skip,
  }, async (t) => {
    const { start, server, outcomes, end } = await scene(t);
    const child = await start('one', { ...PATIENT, callerWaitMs: 200 });
    const { renewed, goOn } = await stoppedAt(child, 'acme', 's6 after');
    await server.halt();
    try {
      goOn();
      await until('the refusal', async () => (await refusalOf(child)) === 'store_unavailable');
    } finally {
      await server.start();
    }
    assert.equal((await renewed).needsLogin, false);
    assert.ok(
      outcomes().every((outcome) => outcome === 'ok'),
      outcomes().join(),
    );
    assert.equal(await end('acme'), 'newest-stored');
  });
});

test(`fault 40, all connections of the pool are held up by a lock: ${CALLERS} renewals come through when it is gone, each with one request`, {
  skip,
}, async (t) => {
  const names = Array.from({ length: CALLERS }, (_, index) => `acme-${index}`);
  const { open, outcomes, server, place, end } = await scene(t, names);
  await using forcemint = await open('one');
  const waiting = () =>
    server.query("SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'", [place.database]);
  const locked = server.query(`BEGIN; LOCK TABLE forcemint.tokens IN SHARE MODE; SELECT pg_sleep(3); COMMIT`, [], place.database);
  await until(
    'the lock',
    async () => (await server.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length > 0,
  );
  // Those that begin at once share a statement; each of these is held up by itself.
  const renewals: Promise<unknown>[] = [];
  for (let held = 0; held < POOL; held += 1) {
    renewals.push(...names.slice(held * 3, held * 3 + 3).map((name) => forcemint.renew(name)));
    await until('one more connection to be held up', async () => (await waiting()).length > held);
  }
  assert.equal(renewals.length, CALLERS);
  await locked;
  await Promise.all(renewals);
  assert.equal(outcomes().length, CALLERS);
  for (const name of names) assert.equal(await end(name), 'newest-stored');
});

test('fault 40, the connection that hears of changes is lost: others’ renewals are still seen, by looking', {
  skip,
}, async (t) => {
  const { open, server, place, outcomes } = await scene(t);
  await using one = await open('one', { ...PATIENT, cacheTrustMs: 50 });
  await using two = await open('two', { ...PATIENT, cacheTrustMs: 50 });
  const listening = `datname = '${place.database}' AND query LIKE 'LISTEN%'`;
  await until('both to listen', async () => {
    return (await server.query(`SELECT 1 FROM pg_stat_activity WHERE ${listening}`)).length >= 2;
  });
  const { value: before } = await one.getToken('acme');
  assert.ok((await server.terminateBackends(listening)) >= 2);
  const { value } = await two.renew('acme');
  assert.notEqual(value, before);
  await until('the other to have it', async () => (await one.getToken('acme')).value === value);
  assert.deepEqual(outcomes(), ['ok']);
});

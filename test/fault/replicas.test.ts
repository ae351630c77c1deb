import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { BRISK } from '../support/emulated-salesforce.ts';
import type { ForcemintProcess } from '../support/forcemint-process.ts';
import type { KillPointName } from '../support/kill-points.ts';
import { replicaScene, stoppedAt } from '../support/replica-scene.ts';
import { postgresKind } from '../support/store-kinds.ts';
import { until } from '../support/until.ts';

interface Stop {
  readonly point: KillPointName;
  readonly what: string;
  /** What another replica does meanwhile: renews by itself, holds back, or stores the answer that is staged. */
  readonly others: 'renew' | 'hold back' | 'adopt';
  /** Whether its request has left. */
  readonly isSent: boolean;
}

/** Where a replica stands still with a lease that it still had when it looked last. */
const STOPS: readonly Stop[] = [
  { point: 's1 after', what: 'with the lease', others: 'renew', isSent: false },
  { point: 's2 after', what: 'with its intent committed', others: 'hold back', isSent: false },
  { point: 's3 after', what: 'with its connection to Salesforce', others: 'hold back', isSent: false },
  { point: 's4 after', what: 'with its request sent', others: 'hold back', isSent: true },
  { point: 's7 before', what: 'with the answer in memory', others: 'hold back', isSent: true },
  { point: 's9 before', what: 'with the answer staged', others: 'adopt', isSent: true },
];
/** Its caller waits for what becomes of the exchange; and its lease lasts for a while longer than a request may take, on a machine however busy. */
const HOLDER = { ...BRISK, callerWaitMs: 60_000, leaseMs: 4_000 };

/** The disk of the database takes no staged answer. */
const FULL = `CREATE FUNCTION forcemint.no_space() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE SQLSTATE '53100'; END$$;
  CREATE TRIGGER no_space BEFORE INSERT ON forcemint.staged_answers EXECUTE FUNCTION forcemint.no_space()`;

const kind = postgresKind();
const { skip } = kind;

async function scene(t: TestContext) {
  const server = await kind.server();
  const replicas = await replicaScene(t, server, ['acme']);
  const { place } = replicas;
  return {
    ...replicas,
    sql: <R extends object>(text: string) => server.query<R>(text, [], place.database),
    outcomes: () => replicas.requests().map(({ outcome }) => outcome),
    /** Until the lease of whoever stands still has run out, by the server's clock. */
    leaseOver: () =>
      until('the lease to run out', async () => {
        const sql = 'SELECT 1 FROM forcemint.leases WHERE until > clock_timestamp()';
        return (await server.query(sql, [], place.database)).length === 0;
      }),
  };
}

/** Whoever else tries gets the living token, and no renewal. */
async function mustHoldBack(other: ForcemintProcess): Promise<void> {
  const { code } = await other.failure({ do: 'renew', name: 'acme' });
  assert.match(String(code), /^(outcome_unknown|renewal_in_progress)$/);
  assert.equal(Object.keys((await other.getTokens('acme')).tokens).length, 1, 'the living token is served');
}

describe('a replica that stands still beyond its lease', { concurrency: 3 }, () => {
  for (const { point, what, others, isSent } of STOPS) {
    test(`fault 42, stopped ${what}: each refresh token is presented once, whoever goes on`, { skip }, async (t) => {
      const { start, outcomes, leaseOver, end } = await scene(t);
      const [holder, other] = await Promise.all([start('one', HOLDER), start('two', BRISK)]);
      const { renewed, goOn } = await stoppedAt(holder, 'acme', point);
      await leaseOver();
      if (others !== 'hold back') assert.equal((await other.settle('acme', 'renew')).needsLogin, false);
      else for (let tries = 0; tries < 3; tries += 1) await mustHoldBack(other);
      assert.deepEqual(outcomes(), others === 'renew' || isSent ? ['ok'] : []);
      goOn();
      const { needsLogin, refusals } = await renewed;
      assert.equal(needsLogin, false);
      if (!isSent && others === 'hold back')
        assert.ok(refusals.includes('lease_lost'), `nothing was sent on the lease that it had lost: ${refusals.join()}`);
      assert.equal(await end('acme'), 'newest-stored');
      assert.deepEqual(outcomes(), ['ok']);
    });
  }
});

describe('a replica that dies between the answer and the commit', { concurrency: 3 }, () => {
  test('fault 43, its spool out of reach, the answer staged in the database: another replica stores it and posts nothing', {
    skip,
  }, async (t) => {
    const { start, outcomes, place, end } = await scene(t);
    const victim = await start('one');
    await stoppedAt(victim, 'acme', 's7 after');
    await victim.kill();
    await place.letLeaseRunOut('one');
    const other = await start('two');
    assert.equal((await other.settle('acme', 'renew')).needsLogin, false);
    assert.deepEqual(outcomes(), ['ok']);
    assert.equal(await end('acme'), 'newest-stored');
  });

  for (const returns of [true, false]) {
    const end = returns
      ? 'it comes back and brings it'
      : 'one repetition when it was silent for ten minutes, and the loss is named';
    test(`fault 43, its spool out of reach, and nothing staged in the database: others hold back while it may still come; ${end}`, {
      skip,
    }, async (t) => {
      const { start, outcomes, place, sql, end: judged } = await scene(t);
      await sql(FULL);
      const victim = await start('one');
      await victim.ask({ do: 'die-at', point: 's7 after' });
      victim.settle('acme', 'renew').catch(() => 'it dies');
      assert.equal(await victim.ended, 'SIGKILL');
      await sql('DROP FUNCTION forcemint.no_space() CASCADE');
      await place.letLeaseRunOut('one');

      const other = await start('two', { ...BRISK, unknownWaitMs: 1 });
      for (let tries = 0; tries < 3; tries += 1) await mustHoldBack(other);
      assert.deepEqual(outcomes(), ['ok']);
      if (returns) {
        const heir = await start('one');
        assert.equal((await heir.settle('acme', 'renew')).needsLogin, false);
        assert.deepEqual(outcomes(), ['ok']);
        assert.equal(await judged('acme'), 'newest-stored');
        return;
      }
      await place.letFallSilent('one');
      assert.equal((await other.settle('acme', 'renew')).needsLogin, true);
      assert.deepEqual(outcomes(), ['ok', 'invalid_grant']);
      assert.equal(await judged('acme', 0), 'loss-named');
    });
  }
});

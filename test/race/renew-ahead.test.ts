import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { historyOf, violations } from '../support/ledger-history.ts';
import { sized } from '../support/length.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { readStoredRow } from '../support/stored-row.ts';
import type { Seen, Service } from './renew-ahead.child.ts';

/** A token's life of two hours takes this many seconds of the test. */
const LIFE_SECONDS = 6;
const TIMES_AS_FAST = 7_200 / LIFE_SECONDS;
const CONNECTIONS = 12;

async function service(t: TestContext, told: Service): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'renew-ahead.child.ts'), { execArgv: ['--conditions=source'] });
  t.after(() => child.kill('SIGKILL'));
  child.send(told);
  await once(child, 'message');
  return child;
}

async function seenBy(child: ChildProcess): Promise<Seen> {
  const told = once(child, 'message');
  child.send('tell');
  return (await told)[0];
}

for (const kind of storeKinds()) {
  const lives = sized(kind.name === 'SQLite' ? 3 : 2, 20);
  test(`${kind.name}: two services that use ${CONNECTIONS} connections renew each about once in a life, and nobody gets a token that is over`, {
    skip: kind.skip,
  }, async (t) => {
    const emulator = await emulatedSalesforce(t);
    const { machine } = await kind.place(t);
    const hosts = extraHosts(emulator);
    const names = Array.from({ length: CONNECTIONS }, (_, index) => `acme-${index}`);
    const adopted = new Map<string, string>();
    {
      await using operator = await openForcemint({ ...machine(), extraHosts: hosts, env: {}, renewAhead: false });
      for (const name of names) {
        const connection = refreshTokenConnection(emulator);
        adopted.set(name, fingerprint(connection.refreshToken));
        await operator.administration.connect(name, connection);
      }
    }
    const services = await Promise.all(
      ['one', 'two'].map((name) => service(t, { at: machine(name), timesAsFast: TIMES_AS_FAST, names, extraHosts: hosts })),
    );
    await sleep(lives * LIFE_SECONDS * 1_000);
    const seen = await Promise.all(services.map(seenBy));
    for (const child of services) child.kill('SIGKILL');
    await Promise.all(services.map((child) => child.exitCode ?? once(child, 'exit')));

    for (const { tokens, over, errors } of seen) {
      assert.ok(tokens > 0);
      assert.deepEqual({ over, errors }, { over: 0, errors: {} });
    }
    const ledger = emulator.ledger();
    let most = 0;
    for (const [name, first] of adopted) {
      const history = historyOf(ledger, first);
      assert.deepEqual(violations(history, 0), [], name);
      const renewals = history.requests.length - 1;
      assert.ok(renewals >= 1, `${name} was not renewed ahead of time`);
      most = Math.max(most, renewals);
      const stored = await readStoredRow(machine(), name);
      if (stored.row.exchange.phase === 'idle') assert.equal(stored.refreshToken, history.issued.at(-1), name);
    }
    // A machine that is slow makes a life longer, never shorter: each renewal begins at most half a life ahead.
    assert.ok(most <= 2 * (lives + 1), `${most} renewals in ${lives} lives`);
    t.diagnostic(`${ledger.length} requests for ${CONNECTIONS} connections in ${lives} lives, at most ${most + 1} for one`);
  });
}

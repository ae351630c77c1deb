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
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import type { Seen } from './renew-ahead.child.ts';

/** A token's life of two hours takes this many seconds of the test. */
const LIFE_SECONDS = 6;
const TIMES_AS_FAST = 7_200 / LIFE_SECONDS;
const LIVES = sized(3, 20);
const CONNECTIONS = 12;

async function service(t: TestContext, home: string, names: readonly string[], hosts: readonly string[]): Promise<ChildProcess> {
  const argv = [home, String(TIMES_AS_FAST), names.join(','), ...hosts];
  const child = fork(join(import.meta.dirname, 'renew-ahead.child.ts'), argv, { execArgv: ['--conditions=source'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

async function seenBy(child: ChildProcess): Promise<Seen> {
  const told = once(child, 'message');
  child.send('tell');
  return (await told)[0];
}

test(`two services that use ${CONNECTIONS} connections renew each about once in a life, and nobody gets a token that is over`, async (t) => {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const hosts = extraHosts(emulator);
  const names = Array.from({ length: CONNECTIONS }, (_, index) => `acme-${index}`);
  const adopted = new Map<string, string>();
  {
    await using operator = await openForcemint({ home, extraHosts: hosts, env: {}, renewAhead: false });
    for (const name of names) {
      const connection = refreshTokenConnection(emulator);
      adopted.set(name, fingerprint(connection.refreshToken));
      await operator.administration.connect(name, connection);
    }
  }
  const services = await Promise.all([1, 2].map(() => service(t, home, names, hosts)));
  await sleep(LIVES * LIFE_SECONDS * 1_000);
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
    const stored = await readStoredRow(home, name);
    if (stored.row.exchange.phase === 'idle') assert.equal(stored.refreshToken, history.issued.at(-1), name);
  }
  // A machine that is slow makes a life longer, never shorter: each renewal begins at most half a life ahead.
  assert.ok(most <= 2 * (LIVES + 1), `${most} renewals in ${LIVES} lives`);
  t.diagnostic(`${ledger.length} requests for ${CONNECTIONS} connections in ${LIVES} lives, at most ${most + 1} for one`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConnectionRow } from '../src/connections/connection.ts';
import { ConfigurationError, TransportError } from '../src/errors.ts';
import { DURATIONS, durationsWith } from '../src/tokens/durations.ts';
import { ExchangeGate } from '../src/tokens/exchange-gate.ts';
import { LoginBudget } from '../src/tokens/login-budget.ts';
import { Pauses } from '../src/tokens/pauses.ts';
import type { TokenRow } from '../src/tokens/token-row.ts';
import { ManualClock } from './support/manual-clock.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { turns } from './support/staged-death.ts';
import { World } from './support/world.ts';

const seed = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);

test('durations keep their order, and none is zero or less', () => {
  for (const change of [
    { callerWaitMs: 120_000 },
    { exchangeDeadlineMs: 120_001 },
    { unknownWaitMs: 180_000 },
    { leaseMs: 120_000 },
    { pollMs: 0 },
    { budgetRequests: Number.NaN },
    { exchangesAtOncePerHost: -1 },
  ]) {
    assert.throws(() => durationsWith(change), TypeError, JSON.stringify(change));
  }
  assert.deepEqual(durationsWith(), DURATIONS);
  const lowered = { callerWaitMs: 1, exchangeDeadlineMs: 2, unknownWaitMs: 2, leaseMs: 3 };
  assert.deepEqual(durationsWith(lowered), { ...DURATIONS, ...lowered });
});

test(`a gate never lets more in than its limit, each host by itself, first come first served (seed ${seed})`, async () => {
  const visits = fc.array(fc.record({ host: fc.constantFrom('a', 'b', 'c'), turns: fc.nat({ max: 5 }) }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), visits, async (limit, plan) => {
      const gate = new ExchangeGate(limit);
      const inside = new Map<string, number>();
      const entered: Record<string, number[]> = { a: [], b: [], c: [] };
      await Promise.all(
        plan.map(async ({ host, turns }, index) => {
          await gate.enter(host);
          entered[host]?.push(index);
          inside.set(host, (inside.get(host) ?? 0) + 1);
          assert.ok((inside.get(host) ?? 0) <= limit);
          for (let turn = 0; turn < turns; turn += 1) await undefined;
          inside.set(host, (inside.get(host) ?? 0) - 1);
          gate.leave(host);
        }),
      );
      for (const order of Object.values(entered))
        assert.deepEqual(
          order,
          order.toSorted((x, y) => x - y),
        );
      assert.equal(Object.values(entered).flat().length, plan.length);
      for (const host of ['a', 'b', 'c']) for (let i = 0; i < limit; i += 1) await gate.enter(host);
    }),
    { seed },
  );
});

test(`no user gets more requests than the budget within any window, whatever the times (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 90_000 }), { maxLength: 200 }), fc.integer({ min: 1, max: 10 }), (gaps, requests) => {
      const windowMs = 3_600_000;
      const budget = new LoginBudget({ userBudgetWindowMs: windowMs, userBudgetRequests: requests });
      const allowed: number[] = [];
      let nowMs = 1_800_000_000_000;
      for (const [index, gap] of gaps.entries()) {
        nowMs += gap;
        const untilMs = budget.spend('a user', nowMs);
        if (untilMs === undefined) allowed.push(nowMs);
        else assert.ok(untilMs > nowMs && untilMs <= nowMs + windowMs);
        assert.equal(budget.spend(`another user, ${index}`, nowMs), undefined);
      }
      // Slices are counted whole, so a window can be short by one of them.
      const shortMs = windowMs - windowMs / 60;
      for (const at of allowed) assert.ok(allowed.filter((other) => other >= at && other < at + shortMs).length <= requests);
    }),
    { seed },
  );
});

test('connections of one user share its budget of logins: what is over it is refused before anything leaves', async () => {
  const world = new World({ durations: { userBudgetRequests: 3 } });
  const process = world.process();
  const { manager, administration } = process;
  for (let i = 0; i < 5; i += 1) {
    await administration.connect(`acme-${i}`, {
      settings: {
        grant: 'client-credentials',
        loginUrl: ORIGIN,
        clientId: 'synthetic-consumer-key',
        username: 'robot@acme.example',
        introspect: 'off',
      },
      secrets: { clientSecret: SECRET },
    });
  }
  const outcomes = await world.clock.settle(
    Promise.allSettled(Array.from({ length: 5 }, (_, i) => manager.getToken(`acme-${i}`))),
  );
  assert.equal(world.salesforce.posts.length, 3);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  assert.deepEqual(
    refused.map(({ code, sent }) => [code, sent]),
    [
      ['budget_exhausted', 'no'],
      ['budget_exhausted', 'no'],
    ],
  );
  assert.ok(refused[0].retryAt * 1000 > world.clock.nowMs());
  world.clock.advance(3_600_000);
  await world.clock.settle(manager.getToken('acme-4'));
});

test('what waits in line for the gate does not leave any more once the process drains', async () => {
  const world = new World({ durations: { exchangesAtOncePerHost: 2, userBudgetRequests: 100 } });
  world.salesforce.latencyMs = 5_000;
  const process = world.process();
  for (let i = 0; i < 20; i += 1) {
    await process.administration.connect(`acme-${i}`, {
      settings: { grant: 'client-credentials', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
      secrets: { clientSecret: SECRET },
    });
  }
  const calls = Promise.allSettled(Array.from({ length: 20 }, (_, i) => process.manager.getToken(`acme-${i}`)));
  await turns();
  assert.equal(world.salesforce.posts.length, 2);
  process.renewals.close();
  const outcomes = await world.clock.settle(calls);
  assert.equal(world.salesforce.posts.length, 2);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.deepEqual(new Set(refused.map(({ reason }) => reason.code)), new Set(['shutting_down']));
  assert.equal(refused.length, 18);
});

test('who waited long for the gate has the whole time to wait for another holder of the lock', async () => {
  const world = new World({ durations: { exchangesAtOncePerHost: 1 } });
  world.salesforce.latencyMs = 100_000;
  const settings = { grant: 'client-credentials', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' };
  const { administration, renewals, ports } = world.process();
  const connect = (name: string) => administration.connect(name, { settings, secrets: { clientSecret: SECRET } });
  const need = { forced: false, satisfied: ({ accessToken }: TokenRow) => accessToken !== undefined };
  const joined = async (connection: ConnectionRow) => {
    const row = await ports.store.getToken(connection.id);
    return renewals.join(connection, need, row ?? assert.fail('it has no row'));
  };
  const before = [await connect('a'), await connect('b')].map(joined);
  const last = await connect('c');
  const landing = joined(last);
  await turns();
  // The first two take 200 seconds, which is longer than a lease.
  world.clock.advance(100_000);
  await turns();
  const lease = await ports.lock.tryAcquire(last.id, 180_000);
  world.clock.advance(100_000);
  await turns();
  world.clock.advance(10_000);
  await turns();
  await lease?.release();
  await world.clock.settle(Promise.all(before));
  assert.deepEqual(Object.keys(await world.clock.settle(landing)), ['row']);
});

test('pauses grow with each failure up to an hour, follow what Salesforce asks for, and end with a success', () => {
  const clock = new ManualClock();
  const pauses = new Pauses(clock);
  const lengths: number[] = [];
  for (let failures = 0; failures < 10; failures += 1) {
    pauses.after('acme', new TransportError('timeout', 'no', 'synthetic'));
    let passedMs = 0;
    for (; pauses.has('acme'); passedMs += 1_000) clock.advance(1_000);
    lengths.push(passedMs);
  }
  assert.deepEqual(lengths.slice(0, 3), [30_000, 60_000, 120_000]);
  assert.equal(Math.max(...lengths), 3_600_000);
  pauses.clear('acme');
  pauses.after('acme', new ConfigurationError('missing_setting', 'synthetic'));
  clock.advance(299_000);
  assert.equal(pauses.has('acme'), true);
  clock.advance(2_000);
  assert.equal(pauses.has('acme'), false);
  pauses.clear('acme');
  pauses.after('acme', new TransportError('timeout', 'no', 'synthetic', { retryAt: clock.nowMs() / 1000 + 7_200 }));
  clock.advance(7_100_000);
  assert.equal(pauses.has('acme'), true);
  clock.advance(200_000);
  assert.equal(pauses.has('acme'), false);
});

test('a clock that is set back does not stretch a pause', () => {
  const clock = new ManualClock();
  const pauses = new Pauses(clock);
  pauses.until('acme', clock.nowMs() + 60_000);
  clock.skew(-86_400_000);
  clock.advance(61_000);
  assert.equal(pauses.has('acme'), false);
});

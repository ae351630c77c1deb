import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StoreError } from '../src/errors.ts';
import type { Http, TokenStore } from '../src/ports.ts';
import { DURATIONS } from '../src/tokens/durations.ts';
import { InUse, renewAheadMs } from '../src/tokens/in-use.ts';
import { Revocations } from '../src/tokens/revocations.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { around, dieBetweenSpoolAndStore, turns } from './support/staged-death.ts';
import { type Process, World } from './support/world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The default life of a token. */
const LIFE_MS = 2 * HOUR_MS;

/** Lets time pass in steps, so that whoever looks regularly gets to look. */
async function pass(world: World, durationMs: number, stepMs = MINUTE_MS): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
    world.clock.advance(Math.min(stepMs, durationMs - passedMs));
    await turns(8);
    // A request takes its time too.
    world.clock.advance(100);
    await turns(8);
  }
}

async function started(world: World, process: Process = world.process()): Promise<Process> {
  process.renewAhead.start();
  await turns();
  return process;
}

async function stopped(world: World, ...processes: Process[]): Promise<void> {
  await world.clock.settle(Promise.all(processes.map(({ renewAhead }) => renewAhead.stop())));
}

test('a token that is in use is renewed before it expires; callers never wait for it', async () => {
  const world = new World();
  await world.adopt();
  const process = await started(world);
  await world.clock.settle(process.manager.getToken('acme'));
  let waited = 0;
  for (let i = 0; i < 6 * 12; i += 1) {
    await pass(world, 10 * MINUTE_MS);
    const posts = world.salesforce.posts.length;
    await process.manager.getToken('acme');
    waited += world.salesforce.posts.length - posts;
  }
  assert.equal(waited, 0);
  assert.ok(
    world.salesforce.posts.length >= 6 && world.salesforce.posts.length <= 8,
    `${world.salesforce.posts.length} requests in 12 h`,
  );
  await stopped(world, process);
});

test('a token that nobody asks for any more is not renewed', async () => {
  const world = new World();
  await world.adopt();
  const process = await started(world);
  await world.clock.settle(process.manager.getToken('acme'));
  await pass(world, DAY_MS, 5 * MINUTE_MS);
  // Asked for during the life of the first one: renewed once, for who may ask again.
  assert.equal(world.salesforce.posts.length, 2);
  await stopped(world, process);
});

test('several processes renew a shared connection once each time', async () => {
  const world = new World();
  await world.adopt();
  const processes = await Promise.all([1, 2, 3].map(() => started(world)));
  for (let i = 0; i < 36; i += 1) {
    for (const { manager } of processes) await world.clock.settle(manager.getToken('acme'));
    await pass(world, 10 * MINUTE_MS);
  }
  assert.ok(world.salesforce.posts.length <= 5, `${world.salesforce.posts.length} requests in 6 h`);
  assert.equal(world.salesforce.mostInFlight, 1);
  await stopped(world, ...processes);
});

test('a refresh token that lies idle is used before Salesforce lets it expire after 30 days', async () => {
  const world = new World({ durations: { renewalTickMs: HOUR_MS } });
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  const process = await started(world);
  await pass(world, 24 * DAY_MS, HOUR_MS);
  assert.equal(world.salesforce.posts.length, 1);
  await pass(world, 2 * DAY_MS, HOUR_MS);
  assert.equal(world.salesforce.posts.length, 2);
  await pass(world, 60 * DAY_MS, HOUR_MS);
  assert.equal(world.salesforce.posts.length, 4);
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  await stopped(world, process);
});

test('an idle refresh token that another process has used since it was found is not used again', async () => {
  const world = new World();
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  const { ports } = world.process();
  const store = around<TokenStore>(ports.store, (name, proceed) => (name === 'listIdle' ? Promise.resolve(['acme']) : proceed()));
  const process = await started(world, world.process({ store }));
  await pass(world, MINUTE_MS);
  assert.equal(world.salesforce.posts.length, 1);
  await stopped(world, process);
});

test('a wall clock that was far ahead when it looked does not keep it from looking again', async () => {
  const world = new World({ durations: { renewalTickMs: HOUR_MS } });
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  const process = world.process();
  world.clock.skew(365 * DAY_MS);
  world.salesforce.weather.push('refused-connection');
  process.renewAhead.start();
  await turns();
  world.clock.skew(0);
  await pass(world, 28 * DAY_MS, HOUR_MS);
  assert.ok(world.salesforce.posts.length >= 2, 'the refresh token is used before it expires');
  await stopped(world, process);
});

test('an answer that is being taken up is stored before the process says that it is idle', async () => {
  const world = new World();
  await world.adopt();
  await dieBetweenSpoolAndStore(world);
  const { ports } = world.process();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const spool = around(ports.spool, async (name, proceed) => {
    if (name === 'read') await held;
    return proceed();
  });
  const process = world.process({ spool });
  process.renewAhead.start();
  await turns();
  let isIdle = false;
  const stopping = process.renewAhead.stop().then(() => process.ports.underway.idle());
  stopping.then(() => {
    isIdle = true;
  });
  await turns();
  assert.equal(isIdle, false);
  release();
  await world.clock.settle(stopping);
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.disk.locks.size, 0);
});

test('a renewal that fails is tried again less and less often', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const process = await started(world);
  await world.clock.settle(process.manager.getToken('acme'));
  for (let i = 0; i < 500; i += 1) world.salesforce.weather.push('error-500');
  await pass(world, LIFE_MS, 10_000);
  const early = world.salesforce.posts.length - 1;
  assert.ok(early >= 2 && early <= 6, `${early} tries before the token ended`);
  await pass(world, DAY_MS);
  const later = world.salesforce.posts.length - 1 - early;
  assert.ok(later >= 20 && later <= 32, `${later} tries in a day`);
  await stopped(world, process);
});

test('what a dead process staged is stored without anybody asking for it', async () => {
  const world = new World();
  await world.adopt();
  await dieBetweenSpoolAndStore(world);
  assert.notEqual(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  const process = await started(world);
  await turns();
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.salesforce.posts.length, 1);
  await stopped(world, process);
});

test('an answer that could not be stored is stored as soon as the store can be written again', async () => {
  const world = new World();
  await world.adopt();
  const process = await started(world);
  let isFull = false;
  world.disk.beforeWrite = (what) => {
    if (isFull && what === 'token') throw new StoreError('store_full', 'synthetic: no room');
  };
  const call = process.manager.getToken('acme');
  call.catch(() => undefined);
  while (world.salesforce.posts.length === 0) await turns(1);
  isFull = true;
  await assert.rejects(world.clock.settle(call), { code: 'store_full' });
  await pass(world, 10 * MINUTE_MS);
  assert.notEqual(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  isFull = false;
  await pass(world, 10 * MINUTE_MS);
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.salesforce.posts.length, 1);
  await stopped(world, process);
});

test('an unanswered renewal is repeated once, when it can do no harm, without anybody asking', async () => {
  const world = new World();
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  world.salesforce.weather.push('lost-before');
  await assert.rejects(world.clock.settle(world.process().manager.renew('acme')), { code: 'outcome_unknown' });
  const process = await started(world);
  await pass(world, LIFE_MS - 5 * MINUTE_MS);
  assert.equal(world.salesforce.posts.length, 2, 'while the access token lives');
  await pass(world, 5 * MINUTE_MS, 10_000);
  assert.equal(world.salesforce.posts.length, 3);
  assert.equal(world.row().exchange.phase, 'idle');
  await stopped(world, process);
});

test('a code exchange that died leaves nothing to look at again', async () => {
  const world = new World();
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  const row = world.row();
  const login = { id: 'dead', kind: 'login', startedAtMs: world.clock.nowMs(), version: row.version } as const;
  world.disk.tokens.set(row.connectionId, { ...row, exchange: { ...row.exchange, login } });
  const process = await started(world);
  await turns();
  assert.equal(world.row().exchange.login, undefined);
  assert.deepEqual(await process.ports.store.listUnsettled(10), []);
  await stopped(world, process);
});

test('a host that does not answer revocations does not hold renewals up', async () => {
  const world = new World();
  const connection = await world.adopt();
  const { ports } = world.process();
  const http: Http = {
    request: (request) => (request.url.endsWith('/revoke') ? new Promise(() => undefined) : ports.http.request(request)),
  };
  const process = await started(world, world.process({ http }));
  await world.clock.settle(process.manager.getToken('acme'));
  const pending = new Revocations(ports).planned(connection, 'synthetic-refresh-token', 'removed');
  world.disk.revocations.set(pending.id, pending);
  await pass(world, LIFE_MS);
  assert.equal(world.salesforce.posts.length, 2);
});

test('a store that fails is said once, and looked at again', async () => {
  const world = new World();
  await world.adopt();
  const said: string[] = [];
  let isBroken = true;
  const { ports } = world.process();
  const store = around<TokenStore>(ports.store, (name, proceed) => {
    if (isBroken && name === 'listUnsettled') throw new StoreError('store_locked', 'synthetic: locked');
    return proceed();
  });
  const process = await started(world, world.process({ store, warn: (text) => said.push(text) }));
  await pass(world, 10 * MINUTE_MS);
  assert.deepEqual(said, ['renewing ahead of time is held up: synthetic: locked']);
  isBroken = false;
  await pass(world, MINUTE_MS);
  isBroken = true;
  await pass(world, MINUTE_MS);
  assert.equal(said.length, 2);
  await stopped(world, process);
});

test('10,000 connections that expire at once: never more exchanges at a time than the set number, all fresh before they end', async () => {
  const world = new World({ durations: { exchangesAtOncePerHost: 32, userBudgetRequests: 100_000 } });
  const count = 10_000;
  const seeding = world.process();
  for (let i = 0; i < count; i += 1) {
    await seeding.administration.connect(`acme-${i}`, {
      settings: { grant: 'client-credentials', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
      secrets: { clientSecret: SECRET },
    });
  }
  const process = await started(world);
  const names = Array.from({ length: count }, (_, i) => `acme-${i}`);
  const first = Promise.allSettled(names.map((name) => process.manager.getToken(name)));
  await world.clock.settle(first);
  for (let i = 0; i < 400; i += 1) await pass(world, 1_000, 1_000);
  await world.clock.settle(Promise.all(names.map((name) => process.manager.getToken(name))));
  assert.ok(world.salesforce.mostInFlight <= 32, `${world.salesforce.mostInFlight} callers' exchanges at once`);
  const before = world.salesforce.posts.length;
  world.salesforce.mostInFlight = 0;
  await pass(world, LIFE_MS - 9 * MINUTE_MS, 10_000);
  for (let i = 0; i < 600; i += 1) await pass(world, 500, 500);
  assert.ok(world.salesforce.mostInFlight <= 16, `${world.salesforce.mostInFlight} renewals ahead of time at once`);
  assert.ok(world.salesforce.posts.length - before >= count);
  const now = world.clock.nowMs() / 1000;
  for (const row of world.disk.tokens.values()) assert.ok((row.details?.expiresAt ?? 0) > now + 3_000);
  await stopped(world, process);
});

test('connections that began at one moment are not renewed at one moment', async () => {
  const world = new World();
  const connection = await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  const row = world.row();
  const { details } = row;
  assert.ok(details !== undefined);
  const inUse = new InUse(world.process().ports);
  const instants = Array.from(
    { length: 200 },
    (_, n) => inUse.note({ ...connection, name: `acme-${n}` }, row, details, true).renewAtMs,
  );
  const expiresAtMs = details.expiresAt * 1000;
  const aheadMs = renewAheadMs(expiresAtMs - details.issuedAt * 1000, true, DURATIONS);
  assert.ok(new Set(instants).size > 50, `${new Set(instants).size} instants`);
  for (const instant of instants) {
    assert.ok(instant >= expiresAtMs - aheadMs && instant <= expiresAtMs - 0.9 * aheadMs);
  }
});

test('how long before its end a token is renewed: at most half of its life, and enough for a whole exchange where there is time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60_000, max: 30 * DAY_MS }), fc.boolean(), (lifeMs, mayBeLost) => {
      const aheadMs = renewAheadMs(lifeMs, mayBeLost, DURATIONS);
      const leaseMs = mayBeLost ? DURATIONS.leaseMs : DURATIONS.shortLeaseMs;
      assert.ok(aheadMs <= lifeMs / 2);
      if (lifeMs >= HOUR_MS) assert.ok(aheadMs >= 300_000 + leaseMs + 60_000);
    }),
  );
});

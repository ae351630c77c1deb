import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionRow } from '../src/connections/connection.ts';
import type { ExchangeLock, TokenStore } from '../src/ports.ts';
import { settledRow } from '../src/tokens/renewals.ts';
import type { TokenRow } from '../src/tokens/token-row.ts';
import { fails } from './support/fails.ts';
import { commitCut, Replicated } from './support/replicated.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { around, turns } from './support/staged-death.ts';
import { type Process, World } from './support/world.ts';

const LEASE_MS = 180_000;

async function leased(): Promise<{ world: World; connection: ConnectionRow; replicated: Replicated; process: Process }> {
  const world = new World();
  const replicated = new Replicated(world.disk, world.clock);
  const connection = await world.adopt();
  return { world, connection, replicated, process: world.process(replicated.portsOf('a', world.clock)) };
}

/** One exchange, with the patience that a caller does not have. */
async function exchanged({ renewals, ports }: Process, connection: ConnectionRow): Promise<TokenRow> {
  const row = await ports.store.getToken(connection.id);
  if (row === undefined) throw new TypeError('there is no row');
  return settledRow(await renewals.join(connection, { forced: false, satisfied: () => false }, row));
}

/** A lock whose holder stands still for as long as that, right after it has got the lease. */
function slow(world: World, lock: ExchangeLock, standsStillMs: number): ExchangeLock {
  return {
    tryAcquire: async (id, forMs) => {
      const lease = await lock.tryAcquire(id, forMs);
      world.clock.advance(standsStillMs);
      return lease;
    },
  };
}

test('a lease that would not outlast the exchange is not used: nothing leaves, and the refresh token is as it was', async () => {
  const { world, connection, process } = await leased();
  const late = world.process({ ...process.ports, lock: slow(world, process.ports.lock, LEASE_MS - 119_999) });
  const error = await fails(world, exchanged(late, connection));
  assert.equal(error.code, 'lease_lost');
  assert.equal(error.retryable, true);
  assert.equal(world.salesforce.posts.length, 0);
  assert.equal(world.row().exchange.phase, 'idle');
  world.clock.advance(60_000);
  await world.clock.settle(process.manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-2');
});

test('a lease with exactly the exchange’s deadline left is used', async () => {
  const { world, connection, process } = await leased();
  const late = world.process({ ...process.ports, lock: slow(world, process.ports.lock, LEASE_MS - 120_000) });
  await world.clock.settle(exchanged(late, connection));
  assert.equal(world.salesforce.posts.length, 1);
});

test('a lease that runs out while the connection comes about keeps the request: not one byte leaves, and the connection is where it was', async () => {
  const { world, process } = await leased();
  world.salesforce.connectMs = LEASE_MS;
  const { manager } = process;
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'renewal_in_progress');
  await world.clock.settle(manager.idle());
  assert.equal(world.salesforce.posts.length, 0);
  assert.deepEqual([world.row().exchange.phase, world.row().exchange.failure?.code], ['idle', 'lease_lost']);
  world.salesforce.connectMs = 0;
  await world.clock.settle(manager.getToken('acme'));
  assert.deepEqual(
    world.salesforce.posts.map(({ presented }) => presented),
    ['rt-1'],
  );
});

test('a machine that slept while it held a lease sends nothing, whatever its monotonic clock says', async () => {
  const { world, process } = await leased();
  const { lock } = process.ports;
  const sleepy: ExchangeLock = {
    tryAcquire: async (id, forMs) => {
      const lease = await lock.tryAcquire(id, forMs);
      world.clock.jump(5_000);
      return lease;
    },
  };
  const error = await fails(world, world.process({ ...process.ports, lock: sleepy }).manager.getToken('acme'));
  assert.equal(error.code, 'lease_lost');
  assert.equal(world.salesforce.posts.length, 0);
});

test('a request that presents nothing which can be used up needs no lasting lease', async () => {
  const world = new World();
  const connection = await world.connectClientCredentials();
  const ports = new Replicated(world.disk, world.clock).portsOf('a', world.clock);
  const late = world.process({ ...ports, lock: slow(world, ports.lock, 14_000) });
  await world.clock.settle(exchanged(late, connection));
  assert.equal(world.salesforce.posts.length, 1);
});

test('an intent of who was robbed of its lease is refused, and what the robber does stands', async () => {
  const { world, connection, replicated, process } = await leased();
  const robber = world.process(replicated.portsOf('b', world.clock));
  const store = around<TokenStore>(process.ports.store, async (name, proceed) => {
    if (name === 'updateToken' && world.row().exchange.phase === 'idle' && world.salesforce.posts.length === 0) {
      world.clock.advance(LEASE_MS);
      await world.clock.settle(robber.manager.getToken('acme'));
      // Robbed again, so that the lease is somebody else's when the late writer comes.
      world.disk.leases.set(world.row().connectionId, { id: 'of somebody else', untilMs: world.clock.nowMs() + LEASE_MS });
    }
    return proceed();
  });
  const error = await fails(world, exchanged(world.process({ ...process.ports, store }), connection));
  assert.equal(error.code, 'lease_lost');
  assert.equal(world.salesforce.posts.length, 1);
  assert.deepEqual([world.row().exchange.phase, world.storedRefreshToken()], ['idle', 'rt-2']);
});

test('an intent is not even written by who was robbed of its lease, though nobody has changed the row yet', async () => {
  const { world, connection, process } = await leased();
  const before = world.row();
  const store = around<TokenStore>(process.ports.store, async (name, proceed) => {
    if (name === 'updateToken') {
      world.clock.advance(LEASE_MS);
      world.disk.leases.set(connection.id, { id: 'of somebody else', untilMs: world.clock.nowMs() + LEASE_MS });
    }
    return proceed();
  });
  const error = await fails(world, exchanged(world.process({ ...process.ports, store }), connection));
  assert.equal(error.code, 'lease_lost');
  assert.equal(world.row(), before);
});

test('an intent that was committed though the store said it failed is not posted blindly, and its process forgets it at once', async () => {
  const { world, process } = await leased();
  let isCut = true;
  world.disk.afterWrite = () => {
    if (isCut) throw commitCut();
  };
  const { manager } = process;
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'store_unavailable');
  assert.equal(world.row().exchange.phase, 'intent');
  assert.equal(world.salesforce.posts.length, 0);
  isCut = false;
  await world.clock.settle(manager.getToken('acme'));
  assert.deepEqual(
    world.salesforce.posts.map(({ presented }) => presented),
    ['rt-1'],
  );
  assert.equal(
    world.disk.events.some(({ type }) => type === 'outcome-unknown'),
    false,
  );
});

test('an intent that was committed though the store said it had lost is posted, and counts as sent from then on', async () => {
  const { world, process } = await leased();
  let isTold = false;
  const store = around<TokenStore>(process.ports.store, async (name, proceed) => {
    const outcome = await proceed();
    if (name !== 'updateToken' || isTold || world.row().exchange.phase !== 'intent') return outcome;
    isTold = true;
    return false;
  });
  const { manager } = world.process({ ...process.ports, store });
  world.salesforce.weather.push('lost-after');
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'outcome_unknown');
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'outcome_unknown');
  assert.equal(world.row().exchange.phase, 'unknown');
  assert.equal(world.salesforce.posts.length, 1, 'the token is not presented again');
});

test('the one repetition stays the one, though the store fails both when it is noted and when it is taken back unsent', async () => {
  const { world, process } = await leased();
  world.salesforce.weather.push('lost-after');
  assert.equal((await fails(world, process.manager.getToken('acme'))).code, 'outcome_unknown');
  world.clock.advance(7_300_000);
  let isCut = true;
  world.disk.afterWrite = () => {
    if (isCut) throw commitCut();
  };
  await fails(world, process.manager.getToken('acme'));
  assert.equal(world.row().exchange.attempt?.kind, 'probe');
  await fails(world, process.manager.getToken('acme'));
  assert.equal(world.row().exchange.phase, 'unknown');
  isCut = false;
  world.salesforce.weather.push('lost-after');
  await fails(world, process.manager.getToken('acme'));
  assert.equal(world.salesforce.posts.length, 2);
  assert.equal(world.row().exchange.phase, 'reauthorization-required');
});

test('what another process makes of such an intent, the one that knows better takes back', async () => {
  const { world, replicated, process } = await leased();
  let isCut = true;
  world.disk.afterWrite = () => {
    if (isCut) throw commitCut();
  };
  await fails(world, process.manager.getToken('acme'));
  isCut = false;
  const neighbour = world.process(replicated.portsOf('a', world.clock));
  assert.equal((await fails(world, neighbour.manager.getToken('acme'))).code, 'outcome_unknown');
  assert.equal(world.row().exchange.phase, 'unknown');
  await world.clock.settle(process.manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.equal(world.salesforce.posts.length, 1);
});

test('an intent that was not committed, though nobody can say so, is begun again by the next call', async () => {
  const { world, process } = await leased();
  let isCut = true;
  world.disk.beforeWrite = () => {
    if (isCut) throw commitCut();
  };
  await fails(world, process.manager.getToken('acme'));
  isCut = false;
  await world.clock.settle(process.manager.getToken('acme'));
  assert.equal(world.salesforce.posts.length, 1);
});

test('an intent whose commit comes to light only when it is tried again is found by its id, and posted once', async () => {
  const { world, process } = await leased();
  const { store } = process.ports;
  const updateToken: TokenStore['updateToken'] = async (...write) => {
    const isDone = await store.updateToken(...write);
    // Its own first try was done, so a layer that tries again finds another revision.
    return write[0].exchange.phase === 'intent' ? false : isDone;
  };
  const retrying = new Proxy(store, {
    get: (target, key) => {
      const member: unknown = key === 'updateToken' ? updateToken : Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  await world.clock.settle(world.process({ ...process.ports, store: retrying }).manager.getToken('acme'));
  assert.equal(world.salesforce.posts.length, 1);
  assert.equal(world.storedRefreshToken(), 'rt-2');
});

test('an answer that comes after the lease is gone is stored all the same: the version decides', async () => {
  const { world, process } = await leased();
  world.salesforce.latencyMs = 5_000;
  const call = process.manager.getToken('acme');
  while (world.salesforce.posts.length === 0) await turns(1);
  world.disk.leases.set(world.row().connectionId, { id: 'of somebody else', untilMs: Number.MAX_SAFE_INTEGER });
  await world.clock.settle(call);
  assert.equal(world.storedRefreshToken(), 'rt-2');
});

test('a code is not exchanged with a lease that would not outlast it', async () => {
  const world = new World();
  await world.process().administration.connect('acme', {
    settings: { grant: 'authorization-code', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
    secrets: { clientSecret: SECRET },
  });
  const ports = new Replicated(world.disk, world.clock).portsOf('a', world.clock);
  const { login } = world.process({ ...ports, lock: slow(world, ports.lock, LEASE_MS - 119_999) });
  const attempt = await login.begin('acme');
  const callback = new URLSearchParams({ code: 'synthetic-code', state: attempt.state });
  assert.equal((await fails(world, login.complete(attempt, callback))).code, 'lease_lost');
  assert.equal(world.salesforce.posts.length, 0);
  assert.equal(world.row().exchange.login, undefined);
});

test('a grant is not handed over by who was robbed of its lease: what it had read is spent by then', async () => {
  const { world, replicated, process } = await leased();
  await world.clock.settle(process.manager.getToken('acme'));
  let isRobbed = false;
  const store = around<TokenStore>(process.ports.store, async (name, proceed) => {
    if (name === 'updateToken' && !isRobbed) {
      isRobbed = true;
      world.clock.advance(7_300_000);
      await world.clock.settle(world.process(replicated.portsOf('b', world.clock)).manager.getToken('acme'));
    }
    return proceed();
  });
  const { handOver } = world.process({ ...process.ports, store });
  const released = await world.clock.settle(handOver.release('acme').catch(({ code }: { code: string }) => code));
  if (typeof released === 'string') assert.equal(released, 'lease_lost');
  else assert.equal(released.refreshToken, world.salesforce.currentRefreshToken);
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
});

test('another refresh token is not given by who was robbed of its lease meanwhile: it would stand over a newer one', async () => {
  const { world, replicated, process } = await leased();
  await world.clock.settle(process.manager.getToken('acme'));
  let isRobbed = false;
  const store = around<TokenStore>(process.ports.store, async (name, proceed) => {
    const value = await proceed();
    if (name === 'getToken' && !isRobbed) {
      isRobbed = true;
      world.clock.advance(7_300_000);
      await world.clock.settle(world.process(replicated.portsOf('b', world.clock)).manager.getToken('acme'));
    }
    return value;
  });
  const { administration } = world.process({ ...process.ports, store });
  const given = administration.update('acme', { settings: {}, secrets: {}, refreshToken: 'synthetic-given-token' });
  assert.equal((await fails(world, given)).code, 'lease_lost');
  assert.equal(world.storedRefreshToken(), 'rt-3');
});

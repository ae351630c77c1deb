import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionRow } from '../src/connections/connection.ts';
import { fails } from './support/fails.ts';
import { AWAITED_MS, Replicated } from './support/replicated.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { around, turns } from './support/staged-death.ts';
import { type Process, World } from './support/world.ts';

const OVER_MS = 7_300_000;
const LEASE_MS = 180_000;
const NEVER = new Promise<never>(() => undefined);

interface Replica {
  readonly id: string;
  readonly process: Process;
}

async function replicas(grant: 'refresh-token' | 'authorization-code' = 'refresh-token'): Promise<{
  world: World;
  connection: ConnectionRow;
  replicated: Replicated;
  a: Replica;
  b: Replica;
}> {
  const world = new World();
  const replicated = new Replicated(world.disk, world.clock);
  const connection = await world.process().administration.connect('acme', {
    settings: { grant, loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
    secrets: { clientSecret: SECRET },
    refreshToken: world.salesforce.currentRefreshToken,
  });
  const replica = (id: string): Replica => ({ id, process: world.process(replicated.portsOf(id, world.clock)) });
  return { world, connection, replicated, a: replica('a'), b: replica('b') };
}

/** A renewal by that replica which dies right before its intent's request, or when its answer is staged and not stored. */
async function dies(world: World, replicated: Replicated, id: string, when: 'before its request' | 'staged'): Promise<void> {
  const ports = replicated.portsOf(id, world.clock);
  const { ports: own } = world.process();
  let isStaged = false;
  const call = world
    .process({
      ...ports,
      spool: around(ports.spool, async (name, proceed) => {
        const value = await proceed();
        if (name === 'write') isStaged = true;
        return value;
      }),
      store: around(own.store, (_name, proceed) => (isStaged ? NEVER : proceed())),
      http: when === 'staged' ? own.http : { request: () => NEVER },
    })
    .manager.getToken('acme');
  call.catch(() => 'its caller has lost patience');
  const isOver = (): boolean => (when === 'staged' ? isStaged : world.row().exchange.phase === 'intent');
  for (let i = 0; i < 100 && !isOver(); i += 1) {
    await turns(1);
    world.clock.advance(10);
  }
  assert.ok(isOver());
  await turns();
}

function presented(world: World): readonly (string | undefined)[] {
  return world.salesforce.posts.map((post) => post.presented);
}

test('an intent names the replica whose spool may hold its answer', async () => {
  const { world, replicated } = await replicas();
  await dies(world, replicated, 'a', 'before its request');
  assert.equal(world.row().exchange.attempt?.replica, 'a');
});

test('an intent of another replica is left alone while that one is heard of, and repeated once ten minutes after it was not', async () => {
  const { world, replicated, b } = await replicas();
  await dies(world, replicated, 'a', 'before its request');
  for (const laterMs of [LEASE_MS, 120_000, OVER_MS, OVER_MS]) {
    world.clock.advance(laterMs);
    assert.equal((await fails(world, b.process.manager.getToken('acme'))).code, 'outcome_unknown');
  }
  assert.deepEqual(presented(world), []);
  replicated.fallsSilent('a');
  world.clock.advance(AWAITED_MS - 11_000);
  const error = await fails(world, b.process.manager.getToken('acme'));
  assert.equal(error.code, 'outcome_unknown');
  assert.ok((error.retryAt ?? 0) * 1000 > world.clock.nowMs());
  assert.deepEqual(presented(world), []);
  world.clock.advance(11_000);
  await world.clock.settle(b.process.manager.getToken('acme'));
  assert.deepEqual(presented(world), ['rt-1']);
});

test('a replica that comes back within that time begins the wait anew, and its answer is taken', async () => {
  const { world, connection, replicated, a, b } = await replicas();
  await dies(world, replicated, 'a', 'staged');
  replicated.fallsSilent('a');
  world.clock.advance(AWAITED_MS - 1_000);
  await fails(world, b.process.manager.getToken('acme'));
  replicated.isHeard('a');
  world.clock.advance(AWAITED_MS);
  await fails(world, b.process.manager.getToken('acme'));
  await world.clock.settle(a.process.runner.takeUp(connection));
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.deepEqual(presented(world), ['rt-1']);
});

test('an answer that lies in the spool of a replica is taken up by it at once, and by nobody else', async () => {
  const { world, replicated, a, b } = await replicas();
  await dies(world, replicated, 'a', 'staged');
  world.clock.advance(LEASE_MS);
  assert.equal((await fails(world, b.process.manager.getToken('acme'))).code, 'outcome_unknown');
  await world.clock.settle(a.process.manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.deepEqual(presented(world), ['rt-1']);
});

test('an answer that is staged in the database is taken up by whoever comes', async () => {
  const { world, replicated, b } = await replicas();
  replicated.stagesInDatabase = true;
  await dies(world, replicated, 'a', 'staged');
  world.clock.advance(LEASE_MS);
  await world.clock.settle(b.process.manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.deepEqual(presented(world), ['rt-1']);
});

test('an intent of the own replica is taken up as on one machine: no other is waited for', async () => {
  const { world, replicated, a } = await replicas();
  await dies(world, replicated, 'a', 'before its request');
  world.clock.advance(LEASE_MS);
  await fails(world, a.process.manager.getToken('acme'));
  world.clock.advance(120_000);
  await world.clock.settle(a.process.manager.getToken('acme'));
  assert.deepEqual(presented(world), ['rt-1']);
});

test('a dead replica that comes back after its intent was repeated changes nothing: what it holds is of an older version', async () => {
  const { world, connection, replicated, a, b } = await replicas();
  world.salesforce.grants.graceMs = OVER_MS;
  await dies(world, replicated, 'a', 'staged');
  replicated.fallsSilent('a');
  world.clock.advance(AWAITED_MS);
  await world.clock.settle(b.process.runner.takeUp(connection));
  world.clock.advance(120_000);
  await world.clock.settle(b.process.manager.getToken('acme'));
  const before = world.row();
  await world.clock.settle(a.process.runner.takeUp(connection));
  assert.equal(world.row(), before);
});

test('a replica that comes back with the answer after the loss was named brings the connection to life again', async () => {
  const { world, connection, replicated, a, b } = await replicas();
  world.salesforce.grants.cascades = false;
  await dies(world, replicated, 'a', 'staged');
  replicated.fallsSilent('a');
  world.clock.advance(AWAITED_MS);
  await world.clock.settle(b.process.runner.takeUp(connection));
  world.clock.advance(120_000);
  assert.equal((await fails(world, b.process.manager.getToken('acme'))).code, 'refresh_token_dead');
  await world.clock.settle(a.process.runner.takeUp(connection));
  assert.deepEqual([world.row().exchange.phase, world.storedRefreshToken()], ['idle', 'rt-2']);
  assert.ok((await world.clock.settle(b.process.manager.getToken('acme'))).value);
});

test('a repetition whose answer a living replica may still hold is not given up as lost', async () => {
  const { world, connection, replicated, a, b } = await replicas();
  world.salesforce.weather.push('lost-before');
  await fails(world, a.process.manager.getToken('acme'));
  world.clock.advance(120_000);
  await dies(world, replicated, 'a', 'staged');
  assert.equal(world.row().exchange.attempt?.kind, 'probe');
  world.clock.advance(LEASE_MS);
  assert.equal((await fails(world, b.process.manager.getToken('acme'))).code, 'outcome_unknown');
  await world.clock.settle(b.process.runner.takeUp(connection));
  assert.notEqual(world.row().exchange.phase, 'reauthorization-required');
  await world.clock.settle(a.process.manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.equal(
    world.disk.events.some(({ type }) => type === 'reauthorization-required'),
    false,
  );
});

test('a repetition of a replica that is not heard of any more is given up in its time, and named', async () => {
  const { world, replicated, a, b } = await replicas();
  world.salesforce.weather.push('lost-before');
  await fails(world, a.process.manager.getToken('acme'));
  world.clock.advance(120_000);
  await dies(world, replicated, 'a', 'before its request');
  replicated.fallsSilent('a');
  world.clock.advance(AWAITED_MS);
  assert.equal((await fails(world, b.process.manager.getToken('acme'))).code, 'refresh_token_lost');
});

test('a login of another replica is not forgotten while that one may come with its answer, and renewals go on', async () => {
  const { world, connection, replicated, a, b } = await replicas('authorization-code');
  const ports = replicated.portsOf('a', world.clock);
  const dying = world.process({ ...ports, http: { request: () => NEVER } });
  const attempt = await dying.login.begin('acme', { pkce: false });
  void dying.login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
  await turns();
  assert.equal(world.row().exchange.login?.replica, 'a');
  world.clock.advance(LEASE_MS);
  await world.clock.settle(b.process.runner.takeUp(connection));
  assert.equal(world.row().exchange.login?.replica, 'a');
  replicated.fallsSilent('a');
  world.clock.advance(AWAITED_MS);
  await world.clock.settle(b.process.runner.takeUp(connection));
  assert.equal(world.row().exchange.login, undefined);
  await world.clock.settle(a.process.manager.getToken('acme'));
  assert.equal(world.row().exchange.phase, 'idle');
});

test('a login of the own replica is forgotten at once when its process has died', async () => {
  const { world, connection, replicated, a } = await replicas('authorization-code');
  const dying = world.process({ ...replicated.portsOf('a', world.clock), http: { request: () => NEVER } });
  const attempt = await dying.login.begin('acme', { pkce: false });
  void dying.login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
  await turns();
  world.clock.advance(LEASE_MS);
  await world.clock.settle(a.process.runner.takeUp(connection));
  assert.equal(world.row().exchange.login, undefined);
});

/** A login of that replica whose answer is staged when it dies. */
async function loginDiesStaged(world: World, replicated: Replicated, id: string): Promise<void> {
  const ports = replicated.portsOf(id, world.clock);
  const { store } = world.process().ports;
  let isStaged = false;
  const { login } = world.process({
    ...ports,
    spool: around(ports.spool, async (name, proceed) => {
      const value = await proceed();
      if (name === 'write') isStaged = true;
      return value;
    }),
    store: around(store, (_name, proceed) => (isStaged ? NEVER : proceed())),
  });
  const attempt = await login.begin('acme', { pkce: false });
  void login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
  while (!isStaged) {
    await turns(1);
    world.clock.advance(10);
  }
}

test('what a login of another replica brought wins when it comes, though a renewal of the grant before came between', async () => {
  const { world, connection, replicated, a, b } = await replicas('authorization-code');
  await loginDiesStaged(world, replicated, 'a');
  const { current: brought } = world.salesforce.grants.newest;
  world.clock.advance(LEASE_MS);
  await world.clock.settle(b.process.manager.getToken('acme'));
  const before = world.storedRefreshToken() ?? '';
  assert.notEqual(before, brought);
  await world.clock.settle(a.process.runner.takeUp(connection));
  await world.clock.settle(a.process.ports.underway.idle());
  assert.equal(world.storedRefreshToken(), brought);
  assert.equal(world.row().exchange.login, undefined);
  assert.deepEqual(world.salesforce.revoked, [before]);
});

test('what such a login brought does not win over a refresh token that a human gave after it', async () => {
  const { world, connection, replicated, a, b } = await replicas('authorization-code');
  await loginDiesStaged(world, replicated, 'a');
  world.salesforce.grants.begin('rt-given');
  world.clock.advance(LEASE_MS);
  await world.clock.settle(b.process.administration.update('acme', { settings: {}, secrets: {}, refreshToken: 'rt-given' }));
  await world.clock.settle(a.process.runner.takeUp(connection));
  assert.equal(world.storedRefreshToken(), 'rt-given');
});

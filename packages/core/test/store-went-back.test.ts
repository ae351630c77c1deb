import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../src/errors.ts';
import { DURATIONS } from '../src/tokens/durations.ts';
import { fails } from './support/fails.ts';
import { Replicated } from './support/replicated.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { type Process, World } from './support/world.ts';

const OVER_MS = 7_300_000;

async function rotate(world: World, times: number, process: Process = world.process()): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    world.clock.advance(OVER_MS);
    await world.clock.settle(process.manager.getToken('acme'));
  }
}

function presented(world: World): readonly (string | undefined)[] {
  return world.salesforce.posts.map((post) => post.presented);
}

for (const versions of [1, 2, 7]) {
  test(`a store that went back by ${versions} ${versions === 1 ? 'version' : 'versions'} gets the newest refresh token from the spool, and no spent one is presented`, async () => {
    const world = new World();
    await world.adopt();
    await rotate(world, 1);
    const goBack = world.disk.snapshot();
    await rotate(world, versions);
    goBack();
    assert.equal(world.row().version, 2);
    const posts = presented(world).length;
    await world.clock.settle(world.process().manager.getToken('acme'));
    assert.equal(world.row().version, versions + 2);
    assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
    assert.equal(presented(world).length, posts);
    const text = `the store had gone back to version 2 of the refresh token; the answer to version ${versions + 1} was brought back`;
    assert.ok(world.disk.events.some(({ type, detail }) => type === 'warning' && detail['text'] === text));
    await rotate(world, 2);
    assert.equal(world.salesforce.familyAlive, true);
    assert.equal(new Set(presented(world)).size, presented(world).length);
  });
}

test('what is brought back is written down as spent before: nobody can adopt the token of the older state', async () => {
  const world = new World();
  await world.adopt();
  await rotate(world, 1);
  const goBack = world.disk.snapshot();
  await rotate(world, 3);
  goBack();
  const older = world.storedRefreshToken() ?? '';
  const { administration, manager } = world.process();
  await world.clock.settle(manager.getToken('acme'));
  const adopted = administration.update('acme', { settings: {}, secrets: {}, refreshToken: older });
  assert.equal((await fails(world, adopted)).code, 'grant_is_shared');
});

test('an answer is brought back while the store is quarantined, though nothing may be presented then', async () => {
  const world = new World();
  await world.adopt();
  const goBack = world.disk.snapshot();
  await rotate(world, 1);
  goBack();
  world.disk.condition = { is: 'quarantined', why: 'restored', evidence: 'synthetic', sinceMs: 0 };
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.deepEqual(presented(world), ['rt-1']);
});

test('an intent that the store has gone back to is answered by what came later', async () => {
  const world = new World();
  await world.adopt();
  let goBack = (): void => undefined;
  const { ports } = world.process();
  const http = {
    request: (request: Parameters<typeof ports.http.request>[0]) => {
      goBack = world.disk.snapshot();
      return ports.http.request(request);
    },
  };
  await rotate(world, 1, world.process({ http }));
  await rotate(world, 1);
  goBack();
  assert.equal(world.row().exchange.phase, 'intent');
  world.freeLocks();
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.row().exchange.phase, 'idle');
  assert.equal(presented(world).length, 2);
});

test('an answer under way when the store went back is stored above what is there then', async () => {
  const world = new World();
  await world.adopt();
  const goBack = world.disk.snapshot();
  await rotate(world, 2);
  world.clock.advance(OVER_MS);
  world.salesforce.latencyMs = 5_000;
  const { manager } = world.process();
  const call = manager.getToken('acme');
  while (world.salesforce.posts.length < 3) await new Promise((resolve) => setImmediate(resolve));
  goBack();
  await world.clock.settle(call);
  assert.deepEqual([world.row().version, world.storedRefreshToken()], [4, 'rt-4']);
});

test('the last answer with a refresh token stays in the spool after it was stored; one without is taken out', async () => {
  const world = new World();
  await world.adopt();
  await rotate(world, 1);
  assert.equal(world.disk.spool.size, 1);
  world.salesforce.rotation = false;
  await rotate(world, 1);
  assert.equal(world.disk.spool.size, 0);
});

test('a kept answer is not brought back when its connection was handed over', async () => {
  for (const isForgotten of [false, true]) {
    const world = new World();
    await world.adopt();
    await rotate(world, 1);
    const { handOver, runner, ports } = world.process();
    await world.clock.settle(handOver.release('acme'));
    if (isForgotten) await world.clock.settle(handOver.forget('acme'));
    const before = world.row();
    const connection = await ports.store.getConnection('acme');
    assert.ok(connection);
    await world.clock.settle(runner.takeUp(connection));
    assert.equal(world.row(), before);
  }
});

test('a kept answer whose refresh token the row knows as spent is not brought back', async () => {
  const world = new World();
  const connection = await world.adopt();
  await rotate(world, 1);
  const old = new Map(world.disk.spool);
  await rotate(world, 1);
  // As if its version were the stored one's: what the row knows of its refresh token decides alone.
  const row = world.row();
  world.disk.tokens.set(row.connectionId, { ...row, version: 1, refreshToken: undefined });
  for (const [id, entry] of old) world.disk.spool.set(id, entry);
  await world.clock.settle(world.process().runner.takeUp(connection));
  assert.equal(world.row().version, 1);
});

test('an older answer made to look newer is not brought back: its version is sealed with it', async () => {
  const world = new World();
  const connection = await world.adopt();
  await rotate(world, 1);
  const old = [...world.disk.spool];
  await rotate(world, 2);
  const before = world.row();
  for (const [id, entry] of old) world.disk.spool.set(id, { ...entry, version: before.version });
  const error = await fails(world, world.process().runner.takeUp(connection));
  assert.ok(error instanceof StoreError);
  assert.equal(error.code, 'unsealing_failed');
  assert.equal(world.row(), before);
});

test('an answer kept from before a human gave another refresh token, logged in, or revoked stays where it is', async () => {
  for (const what of ['update', 'login', 'revoke'] as const) {
    const world = new World();
    const connection = await world.process().administration.connect('acme', {
      settings: { grant: 'authorization-code', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
      secrets: { clientSecret: SECRET },
      refreshToken: world.salesforce.currentRefreshToken,
    });
    await rotate(world, 1);
    const kept = new Map(world.disk.spool);
    const { administration, login, runner, ports } = world.process();
    if (what === 'revoke') await world.clock.settle(administration.revoke('acme'));
    if (what === 'update') {
      world.salesforce.grants.begin('rt-given');
      await world.clock.settle(administration.update('acme', { settings: {}, secrets: {}, refreshToken: 'rt-given' }));
    }
    if (what === 'login') {
      const attempt = await login.begin('acme', { pkce: false });
      const callback = new URLSearchParams({ code: 'synthetic-code', state: attempt.state });
      await world.clock.settle(login.complete(attempt, callback));
      await world.clock.settle(ports.underway.idle());
    }
    const before = world.row();
    for (const [id, entry] of kept) world.disk.spool.set(id, entry);
    await world.clock.settle(runner.takeUp(connection));
    assert.equal(world.row(), before, what);
  }
});

test('of two replicas each brings what it has; the newest wins, in whichever order they come', async () => {
  for (const order of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const world = new World();
    const connection = await world.adopt();
    const replicated = new Replicated(world.disk, world.clock);
    const replicas = {
      a: world.process(replicated.portsOf('a', world.clock)),
      b: world.process(replicated.portsOf('b', world.clock)),
    };
    const goBack = world.disk.snapshot();
    await rotate(world, 1, replicas.a);
    await rotate(world, 1, replicas.b);
    goBack();
    world.disk.condition = { is: 'failed-over', untilMs: world.clock.nowMs() + 600_000 };
    for (const name of order) await world.clock.settle(replicas[name].runner.takeUp(connection));
    world.disk.condition = { is: 'active' };
    assert.equal(world.storedRefreshToken(), 'rt-3');
    await rotate(world, 1, replicas.a);
    assert.deepEqual(presented(world), ['rt-1', 'rt-2', 'rt-3']);
    assert.equal(world.salesforce.familyAlive, true);
  }
});

test('a store that lacks the last answer of a replica that is gone for good names the loss', async () => {
  const world = new World();
  await world.adopt();
  const replicated = new Replicated(world.disk, world.clock);
  const goBack = world.disk.snapshot();
  await rotate(world, 1, world.process(replicated.portsOf('lost', world.clock)));
  goBack();
  const { manager } = world.process(replicated.portsOf('a', world.clock));
  world.clock.advance(DURATIONS.leaseMs);
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'refresh_token_dead');
  assert.equal(world.row().exchange.phase, 'reauthorization-required');
  assert.ok(world.disk.events.some(({ type }) => type === 'reauthorization-required'));
});

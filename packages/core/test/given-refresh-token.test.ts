import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthError } from '../src/errors.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { dieBetweenSpoolAndStore } from './support/staged-death.ts';
import { World } from './support/world.ts';

const OVER_MS = 7_300_000;

async function codeOf(world: World, promise: Promise<unknown>): Promise<string> {
  const error: unknown = await world.clock.settle(promise).then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AuthError, String(error));
  return String(error.code);
}

function give(world: World, refreshToken: string): Promise<unknown> {
  return world.process().administration.update('acme', { settings: {}, secrets: {}, refreshToken });
}

test('a refresh token that the connection has used up is not taken again', async () => {
  const world = new World();
  await world.adopt();
  for (let renewal = 0; renewal < 2; renewal += 1) {
    await world.clock.settle(world.process().manager.getToken('acme'));
    world.clock.advance(OVER_MS);
  }
  const living = world.storedRefreshToken();
  assert.equal(await codeOf(world, give(world, 'rt-1')), 'grant_is_shared');
  assert.equal(world.storedRefreshToken(), living);
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.salesforce.familyAlive, true);
});

test('one whose successor lies in the spool is not taken either: the successor is stored', async () => {
  const world = new World();
  await world.adopt();
  await dieBetweenSpoolAndStore(world);
  assert.equal(await codeOf(world, give(world, 'rt-1')), 'grant_is_shared');
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.salesforce.posts.length, 1);
});

test('the one that is there, given again, shortens no wait of an unknown outcome', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push('lost-before');
  assert.equal(await codeOf(world, world.process().manager.getToken('acme')), 'outcome_unknown');
  for (let again = 0; again < 3; again += 1) {
    await world.clock.settle(give(world, 'rt-1'));
    assert.equal(await codeOf(world, world.process().manager.getToken('acme')), 'outcome_unknown');
  }
  assert.equal(world.salesforce.posts.length, 1);
});

test('a human may insist on one that was refused: its user may be active again', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push({ error: 'invalid_grant', description: 'inactive user' });
  await world.clock.settle(
    world
      .process()
      .manager.getToken('acme')
      .catch(() => undefined),
  );
  await world.clock.settle(give(world, 'rt-1'));
  world.clock.advance(60_000);
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.row().exchange.phase, 'idle');
});

test('a grant that waited to be revoked and is adopted again is not revoked any more', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.revocation = 'unreachable';
  await world.clock.settle(world.process().administration.remove('acme', { keepGrant: false }));
  assert.equal(world.disk.revocations.size, 1);
  world.salesforce.revocation = 'done';
  const process = world.process();
  await process.administration.connect('acme', {
    settings: { grant: 'refresh-token', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
    secrets: { clientSecret: SECRET },
    refreshToken: world.salesforce.currentRefreshToken,
  });
  assert.equal(world.disk.revocations.size, 0);
  await world.clock.settle(process.manager.getToken('acme'));
  await world.clock.settle(process.ports.underway.idle());
  assert.deepEqual(world.salesforce.revoked, []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turns } from './support/staged-death.ts';
import { World } from './support/world.ts';

test('a late answer to a refresh token that gave way to another meanwhile is not stored', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.latencyMs = 5_000;
  const late = world.process();
  const call = late.manager.getToken('acme');
  call.catch(() => undefined);
  await turns();
  world.freeLocks();
  await world.process().administration.update('acme', { settings: {}, secrets: {}, refreshToken: 'rt-given' });
  world.clock.advance(5_000);
  await turns();
  await world.clock.settle(late.manager.idle());
  assert.equal(world.salesforce.posts.length, 1);
  assert.equal(world.storedRefreshToken(), 'rt-given');
});

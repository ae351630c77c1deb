import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turns } from './support/staged-death.ts';
import { World } from './support/world.ts';

test('a late answer for a refresh token that a human has replaced meanwhile changes nothing, and the history says so', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.latencyMs = 5_000;
  const late = world.process();
  const call = late.manager.getToken('acme');
  call.catch(() => 'it has no token of the new grant');
  await turns();
  assert.equal(world.salesforce.posts.length, 1);
  // The lock gates starting alone: here it is gone while its holder lives, as on a file system that forgets locks.
  world.freeLocks();
  const update = { settings: {}, secrets: {}, refreshToken: 'synthetic-refresh-token-of-a-new-grant' };
  const operator = world.process();
  await operator.administration.update('acme', update);
  const { version } = world.row();
  assert.equal(version, 2);

  await world.clock.settle(Promise.allSettled([call, late.ports.underway.idle()]));
  assert.equal(world.row().version, version);
  assert.equal(world.storedRefreshToken(), update.refreshToken);
  const events = await operator.ports.store.listEvents(world.row().connectionId, 10);
  assert.ok(events.some(({ type, detail }) => type === 'warning' && /came late/.test(String(detail['text']))));
});

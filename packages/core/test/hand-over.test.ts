import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionState } from '../src/connections/state.ts';
import { AuthError } from '../src/errors.ts';
import { fingerprint } from '../src/tokens/access-token.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { dieBetweenSpoolAndStore } from './support/staged-death.ts';
import { World } from './support/world.ts';

const OVER_MS = 7_300_000;

async function fails(world: World, promise: Promise<unknown>): Promise<AuthError> {
  const error: unknown = await world.clock.settle(promise).then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AuthError, String(error));
  return error;
}

async function renewed(): Promise<World> {
  const world = new World();
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  return world;
}

function state(world: World): string {
  return connectionState({ grant: 'refresh-token' }, world.row(), world.clock.nowMs());
}

test('a grant that was released is never renewed here again, and no token of it is handed out', async () => {
  const world = await renewed();
  const { handOver, manager } = world.process();
  const grant = await world.clock.settle(handOver.release('acme'));
  assert.equal(grant.refreshToken, world.salesforce.currentRefreshToken);
  assert.deepEqual(
    [grant.loginUrl, grant.clientId, grant.clientSecret, grant.instanceUrl, grant.rotates],
    [ORIGIN, 'synthetic-consumer-key', SECRET, ORIGIN, 'yes'],
  );
  const sent = world.salesforce.posts.length;
  for (const call of [
    () => manager.getToken('acme'),
    () => manager.renew('acme'),
    () => world.process().manager.getToken('acme'),
  ]) {
    const error = await fails(world, call());
    assert.deepEqual([error.name, error.code], ['ReauthorizationRequired', 'handed_over']);
  }
  world.clock.advance(OVER_MS);
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'handed_over');
  assert.equal(world.salesforce.posts.length, sent);
  assert.equal(state(world), 'handed-over');
});

test('until it is forgotten the same grant is released again; after that it is gone', async () => {
  const world = await renewed();
  const first = await world.clock.settle(world.process().handOver.release('acme'));
  // The process died before the grant was safe at its new owner.
  const { handOver } = world.process();
  assert.deepEqual(await world.clock.settle(handOver.release('acme')), first);
  await world.clock.settle(handOver.forget('acme'));
  assert.equal(world.row().refreshToken, undefined);
  assert.equal((await fails(world, handOver.release('acme'))).code, 'handed_over');
  assert.ok(world.row().exchange.spent?.includes(fingerprint(first.refreshToken)));
  const audit = world.disk.events.filter(({ type }) => type === 'handed-over').map(({ detail }) => detail['step']);
  assert.deepEqual(audit, ['released', 'released', 'forgotten']);
  assert.equal(JSON.stringify(world.disk.events).includes(first.refreshToken), false);
});

test('a hand-over that came to nothing is taken back: the grant is used here as before', async () => {
  const world = await renewed();
  const { handOver, manager } = world.process();
  const { refreshToken } = await world.clock.settle(handOver.release('acme'));
  await world.clock.settle(handOver.takeBack('acme'));
  assert.equal(world.storedRefreshToken(), refreshToken);
  await world.clock.settle(manager.getToken('acme'));
  assert.equal(state(world), 'ready');
  await assert.rejects(world.clock.settle(handOver.takeBack('acme')), TypeError);
  await world.clock.settle(handOver.release('acme'));
  await world.clock.settle(handOver.forget('acme'));
  await assert.rejects(world.clock.settle(handOver.takeBack('acme')), TypeError);
});

test('only what was released can be forgotten', async () => {
  const world = await renewed();
  await assert.rejects(world.clock.settle(world.process().handOver.forget('acme')), TypeError);
  assert.notEqual(world.row().refreshToken, undefined);
});

test('an answer that waits in the spool is handed over, not its spent predecessor', async () => {
  const world = new World();
  await world.adopt();
  await dieBetweenSpoolAndStore(world);
  const grant = await world.clock.settle(world.process().handOver.release('acme'));
  assert.equal(grant.refreshToken, world.salesforce.currentRefreshToken);
});

test('a refresh token that may be spent, or is dead, is not handed over', async () => {
  const unknown = new World();
  await unknown.adopt();
  unknown.salesforce.weather.push('lost-after');
  await fails(unknown, unknown.process().manager.getToken('acme'));
  const error = await fails(unknown, unknown.process().handOver.release('acme'));
  assert.equal(error.code, 'outcome_unknown');
  assert.match(error.diagnosis?.fix.join() ?? '', /forcemint status acme/);
  assert.equal(state(unknown), 'unknown');

  const dead = new World();
  await dead.adopt();
  dead.salesforce.weather.push({ error: 'invalid_grant', description: 'expired access/refresh token' });
  await fails(dead, dead.process().manager.getToken('acme'));
  assert.equal((await fails(dead, dead.process().handOver.release('acme'))).code, 'refresh_token_dead');

  const held = new World();
  await held.adopt();
  held.salesforce.weather.push({ tamper: { instance_url: 'https://elsewhere.example' } });
  await fails(held, held.process().manager.getToken('acme'));
  assert.equal((await fails(held, held.process().handOver.release('acme'))).code, 'answer_held');
});

test('a grant without refresh token has nothing to hand over', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const error = await fails(world, world.process().handOver.release('acme'));
  assert.deepEqual([error.name, error.code], ['ConfigurationError', 'invalid_setting']);
});

test('the new owner’s grant is not revoked: neither by a login or a revocation, nor by removing the connection', async () => {
  const world = new World();
  await world.process().administration.connect('acme', {
    settings: { grant: 'authorization-code', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
    secrets: { clientSecret: SECRET },
  });
  const logIn = async () => {
    const { login, ports } = world.process();
    const attempt = await login.begin('acme');
    await world.clock.settle(login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state })));
    await world.clock.settle(ports.underway.idle());
  };
  await logIn();
  await world.clock.settle(world.process().handOver.release('acme'));
  await logIn();
  assert.equal(connectionState({ grant: 'authorization-code' }, world.row(), world.clock.nowMs()), 'ready');
  await world.clock.settle(world.process().handOver.release('acme'));
  assert.equal(await world.clock.settle(world.process().administration.revoke('acme')), 'nothing-to-revoke');
  assert.equal(connectionState({ grant: 'authorization-code' }, world.row(), world.clock.nowMs()), 'handed-over');
  assert.equal(await world.clock.settle(world.process().administration.remove('acme', { keepGrant: false })), 'kept');
  assert.deepEqual(world.salesforce.revoked, []);
  assert.equal(world.disk.revocations.size, 0);
});

test('the connection takes its grant back with the refresh token that its owner has by then; another connection does not', async () => {
  const world = await renewed();
  const { handOver, administration, manager } = world.process();
  const { refreshToken } = await world.clock.settle(handOver.release('acme'));
  await world.clock.settle(handOver.forget('acme'));
  const elsewhere = administration.connect('other', {
    settings: { grant: 'refresh-token', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key' },
    secrets: { clientSecret: SECRET },
    refreshToken,
  });
  const error = await fails(world, elsewhere);
  assert.equal(error.code, 'grant_is_shared');
  assert.match(error.message, /was handed over/);
  await world.clock.settle(administration.update('acme', { settings: {}, secrets: {}, refreshToken }));
  await world.clock.settle(manager.getToken('acme'));
  assert.equal(state(world), 'ready');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthError, StoreError } from '../src/errors.ts';
import type { Weather } from './support/simulated-salesforce.ts';
import { World } from './support/world.ts';

async function fails(world: World, promise: Promise<unknown>): Promise<AuthError> {
  const error: unknown = await world.clock.settle(promise).then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AuthError, String(error));
  return error;
}

/** Lets the access token of the connection run out. */
function expire(world: World): void {
  world.clock.advance(7_200_000);
}

test('a rotated refresh token is stored before the access token is handed out', async () => {
  const world = new World();
  await world.adopt();
  const token = await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(token.instanceUrl, 'https://acme.my.salesforce.com');
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.row().version, 2);
  assert.equal(world.row().exchange.rotation, 'yes');
});

test('500 callers in each of 4 processes on one expired connection lead to exactly one exchange', async () => {
  const world = new World();
  await world.adopt();
  const processes = [1, 2, 3, 4].map(() => world.process());
  const calls = processes.flatMap(({ manager }) => Array.from({ length: 500 }, () => manager.getToken('acme')));
  const tokens = await world.clock.settle(Promise.all(calls));
  assert.equal(new Set(tokens.map(({ value }) => value)).size, 1);
  assert.equal(world.salesforce.posts.length, 1);
});

test('whoever waited on a failing attempt takes its failure; nobody posts in turn', async () => {
  const world = new World();
  await world.connectClientCredentials();
  world.salesforce.weather.push({ error: 'invalid_client', description: 'invalid client credentials' });
  world.salesforce.latencyMs = 2_000;
  const processes = [1, 2, 3].map(() => world.process());
  const calls = processes.flatMap(({ manager }) => Array.from({ length: 20 }, () => manager.getToken('acme')));
  const outcomes = await world.clock.settle(Promise.allSettled(calls));
  assert.equal(world.salesforce.posts.length, 1);
  for (const outcome of outcomes) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'oauth_error');
    assert.equal(outcome.reason.error, 'invalid_client');
    assert.equal(outcome.reason.diagnosis.id, 'K5');
  }
});

test('a caller that gives up does not cancel the exchange', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push('slow');
  const { manager } = world.process();
  const error = await fails(world, manager.getToken('acme'));
  assert.equal(error.code, 'renewal_in_progress');
  assert.equal(error.retryable, true);
  await world.clock.settle(manager.idle());
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.equal((await world.clock.settle(manager.getToken('acme'))).value, '00D000000000EMU!at-1');
  assert.equal(world.salesforce.posts.length, 1);
});

test('an answer that never came makes the outcome unknown: the refresh token is not posted again while that could revoke the grant', async () => {
  const world = new World();
  await world.adopt();
  const { manager } = world.process();
  await world.clock.settle(manager.getToken('acme'));
  expire(world);
  world.salesforce.weather.push('lost-before');
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'outcome_unknown');
  assert.equal(world.row().exchange.phase, 'unknown');
  world.clock.advance(60_000);
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.equal(error.code, 'outcome_unknown');
  assert.ok((error.retryAt ?? 0) * 1000 > world.clock.nowMs());
  assert.equal(world.salesforce.posts.length, 2);

  world.clock.advance(60_001);
  const token = await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(token.value, '00D000000000EMU!at-2');
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
});

test('a lost answer whose request was processed costs one careful repetition, then a human is asked, and nothing is posted any more', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push('lost-after');
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'outcome_unknown');
  world.clock.advance(120_001);
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'refresh_token_dead');
  world.clock.advance(10_000_000);
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'refresh_token_dead');
  assert.equal(world.salesforce.posts.length, 2);
  assert.equal(world.row().exchange.phase, 'reauthorization-required');
});

test('an unknown outcome is probed only within the last two minutes of the living access token', async () => {
  const world = new World();
  await world.adopt();
  const { manager } = world.process();
  const living = await world.clock.settle(manager.getToken('acme'));
  world.clock.advance(60_000);
  world.salesforce.weather.push('lost-before');
  assert.equal((await fails(world, manager.renew('acme'))).code, 'outcome_unknown');
  world.clock.advance(600_000);
  assert.equal((await world.clock.settle(manager.getToken('acme'))).value, living.value);
  assert.equal((await fails(world, manager.renew('acme'))).code, 'outcome_unknown');
  assert.equal(world.salesforce.posts.length, 2);
  world.clock.advance(living.expiresAt * 1000 - world.clock.nowMs() - 119_000);
  assert.notEqual((await world.clock.settle(manager.getToken('acme'))).value, living.value);
});

const AMBIGUOUS: readonly Weather[] = ['html', 'empty', 'error-500', 'busy', 'lost-after', 'lost-before'];
for (const weather of AMBIGUOUS) {
  test(`a rotating grant is not posted again after: ${JSON.stringify(weather)}`, async () => {
    const world = new World();
    await world.adopt();
    world.salesforce.weather.push(weather);
    assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'outcome_unknown');
    await fails(world, world.process().manager.getToken('acme'));
    assert.equal(world.salesforce.posts.length, 1);
    assert.equal(world.row().exchange.phase, 'unknown');
  });

  test(`a grant that does not rotate may be posted again after: ${JSON.stringify(weather)}`, async () => {
    const world = new World();
    world.salesforce.rotation = false;
    await world.adopt({ rotates: 'no' });
    world.salesforce.weather.push(weather);
    const { manager } = world.process();
    await world.clock.settle(manager.getToken('acme').catch(() => manager.getToken('acme')));
    assert.equal(world.salesforce.posts.length, 2);
    assert.equal(world.row().exchange.phase, 'idle');
  });
}

test('a request of which not one byte left may be repeated at once', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push('refused-connection');
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'unreachable');
  assert.equal(world.row().exchange.phase, 'idle');
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.salesforce.posts.length, 1);
});

test('while renewal fails for a passing reason, the living token is handed out', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const { manager } = world.process();
  const living = await world.clock.settle(manager.getToken('acme'));
  world.clock.advance(7_200_000 - 60_000);
  world.salesforce.weather.push('rate-limited');
  assert.equal((await world.clock.settle(manager.getToken('acme'))).value, living.value);
  assert.equal(world.row().exchange.failure?.error, 'rate_limit_exceeded');
  assert.equal(world.salesforce.posts.length, 2);
});

test('a dead refresh token asks for a human, keeps the row, and names the row of the catalogue', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.familyAlive = false;
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.equal(error.code, 'refresh_token_dead');
  assert.equal(world.row().exchange.failure?.error, 'invalid_grant');
  assert.equal(world.storedRefreshToken(), 'rt-1');
});

test('invalid_grant in unknown words is taken as the death of the token that was posted', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push({ error: 'invalid_grant', description: 'words of the next release' });
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'refresh_token_dead');
});

test('an answer that was staged when the process died is adopted, and the old token is not posted again', async () => {
  const world = new World();
  await world.adopt();
  world.disk.beforeWrite = (what) => {
    if (what === 'token' && world.disk.spool.size > 0) throw new StoreError('store_unavailable', 'the process dies here');
  };
  await fails(world, world.process().manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-1');
  world.disk.beforeWrite = () => undefined;
  world.freeLocks();
  const token = await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(token.value, '00D000000000EMU!at-1');
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.equal(world.salesforce.posts.length, 1);
  assert.equal(world.disk.spool.size, 1, 'a copy is kept, in case the store goes back');
});

test('a holder that died after its intent leaves an unknown outcome, not a second post', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.latencyMs = 30_000;
  const dying = world.process().manager.getToken('acme');
  dying.catch(() => undefined);
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.row().exchange.phase, 'intent');
  const rowAtDeath = world.row();
  world.freeLocks();
  const survivor = world.process();
  assert.equal((await fails(world, survivor.manager.getToken('acme'))).code, 'outcome_unknown');
  assert.equal(rowAtDeath.exchange.attempt?.id, world.row().exchange.attempt?.id ?? rowAtDeath.exchange.attempt?.id);
  assert.equal(world.salesforce.posts.length, 1);
});

test('a late answer with the right version is precious and is taken', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.latencyMs = 5_000;
  const late = world.process();
  const call = late.manager.getToken('acme');
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  world.freeLocks();
  const impatient = world.process().manager.getToken('acme');
  impatient.catch(() => undefined);
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.row().exchange.phase, 'unknown');
  await world.clock.settle(call);
  assert.equal(world.row().exchange.phase, 'idle');
  assert.equal(world.storedRefreshToken(), 'rt-2');
});

test('an answer that names a foreign host is held: its refresh token is kept, its access token is not used, and it counts once it is allowed', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push({ tamper: { instance_url: 'https://salesforce.example.net' } });
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.equal(error.code, 'answer_held');
  assert.equal(world.storedRefreshToken(), 'rt-2');
  assert.equal(world.row().accessToken, undefined);
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'answer_held');
  assert.equal(world.salesforce.posts.length, 1);
  const policy = { extraOrigins: ['https://salesforce.example.net'], sovereign: false };
  const token = await world.clock.settle(world.process({ policy }).manager.getToken('acme'));
  assert.equal(token.instanceUrl, 'https://salesforce.example.net');
  assert.equal(world.salesforce.posts.length, 1);
});

const HELD: readonly [string, Readonly<Record<string, string | undefined>>, RegExp][] = [
  ['a wrong identity signature', { signature: 'd3Jvbmc=' }, /signature/],
  ['an identity URL on a foreign host', { id: 'https://evil.example/id/00D000000000EMUEA4/005000000000EMUAA2' }, /id names/],
  ['no instance_url', { instance_url: undefined }, /instance_url/],
];
for (const [what, tamper, expected] of HELD) {
  test(`an answer with ${what} is held`, async () => {
    const world = new World();
    await world.adopt();
    world.salesforce.weather.push({ tamper });
    const error = await fails(world, world.process().manager.getToken('acme'));
    assert.equal(error.code, 'answer_held');
    assert.match(error.message, expected);
    assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  });
}

test('a renewal that brings the token of another org is held', async () => {
  const world = new World();
  await world.adopt();
  const { manager } = world.process();
  await world.clock.settle(manager.getToken('acme'));
  expire(world);
  world.salesforce.weather.push({
    tamper: { id: 'https://acme.my.salesforce.com/id/00D000000000XYZEA4/005000000000EMUAA2', signature: undefined },
  });
  const error = await fails(world, manager.getToken('acme'));
  assert.equal(error.code, 'answer_held');
  assert.match(error.message, /org 00D000000000XYZEA4/);
});

test('the budget: four requests a minute, then a clear refusal that says when', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const { manager } = world.process();
  for (let i = 0; i < 4; i += 1) {
    world.salesforce.weather.push('error-500');
    await fails(world, manager.getToken('acme'));
  }
  const error = await fails(world, manager.getToken('acme'));
  assert.equal(error.code, 'budget_exhausted');
  assert.ok((error.retryAt ?? 0) * 1000 > world.clock.nowMs());
  assert.equal(world.salesforce.posts.length, 4);
  world.clock.advance(60_001);
  await world.clock.settle(manager.getToken('acme'));
});

test('forced renewals are at least 30 seconds apart', async () => {
  const world = new World();
  await world.adopt();
  const { manager } = world.process();
  await world.clock.settle(manager.getToken('acme'));
  await world.clock.settle(manager.renew('acme'));
  assert.equal((await fails(world, manager.renew('acme'))).code, 'budget_exhausted');
  world.clock.advance(30_001);
  await world.clock.settle(manager.renew('acme'));
  assert.equal(world.salesforce.posts.length, 3);
});

test('a reported token is renewed next time; only the current one counts', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const a = world.process();
  const b = world.process();
  const first = await world.clock.settle(a.manager.getToken('acme'));
  await world.clock.settle(b.manager.getToken('acme'));
  await a.manager.reportInvalid('acme', 'some other token');
  assert.equal((await world.clock.settle(a.manager.getToken('acme'))).value, first.value);
  await a.manager.reportInvalid('acme', first.value);
  world.clock.advance(1_001);
  const second = await world.clock.settle(b.manager.getToken('acme'));
  assert.notEqual(second.value, first.value);
  assert.equal((await world.clock.settle(a.manager.getToken('acme'))).value, second.value);
  assert.equal(world.salesforce.posts.length, 2);
});

test('a server that returns the reported token again is asked twice, then that is an error', async () => {
  const world = new World();
  await world.connectClientCredentials();
  world.salesforce.sameToken = '00D000000000EMU!same';
  const { manager } = world.process();
  const token = await world.clock.settle(manager.getToken('acme'));
  await manager.reportInvalid('acme', token.value);
  const error = await fails(world, manager.getToken('acme'));
  assert.equal(error.code, 'token_unchanged');
  assert.equal(world.salesforce.posts.length, 3);
});

test('a reported 401 teaches a shorter life, and time heals it', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const { manager } = world.process();
  const first = await world.clock.settle(manager.getToken('acme'));
  assert.equal(first.expirySource, 'policy');
  world.clock.advance(1_800_000);
  await manager.reportInvalid('acme', first.value);
  const second = await world.clock.settle(manager.getToken('acme'));
  assert.equal(second.expirySource, 'learned');
  assert.equal(second.expiresAt - second.issuedAt, 1_800);
  world.clock.advance(8 * 24 * 3_600_000);
  const third = await world.clock.settle(manager.getToken('acme'));
  assert.equal(third.expirySource, 'policy');
});

test('next credentials are tried when the old ones are refused, then promoted', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const { manager, administration } = world.process();
  await administration.update('acme', { settings: {}, secrets: { nextClientSecret: 'synthetic-next-secret' } });
  world.salesforce.weather.push(
    { error: 'invalid_client', description: 'invalid client credentials' },
    { tamper: { signature: undefined } },
  );
  await world.clock.settle(manager.getToken('acme'));
  const { ports } = world.process();
  const stored = await ports.store.getConnection('acme');
  assert.equal(stored?.revision, 3);
});

test('a connection removed during an exchange: the late answer is revoked, not adopted', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.latencyMs = 5_000;
  const { manager, ports } = world.process();
  const call = manager.getToken('acme');
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  world.freeLocks();
  await world.process().administration.remove('acme', { keepGrant: true });
  assert.equal((await fails(world, call)).code, 'connection_not_found');
  await world.clock.settle(ports.underway.idle());
  assert.deepEqual(world.salesforce.revoked, ['rt-2']);
});

test('introspection comes after publishing and replaces a guessed expiry', async () => {
  const world = new World();
  await world.connectClientCredentials({ introspect: 'auto' });
  world.salesforce.introspectionExp = Math.floor(world.clock.nowMs() / 1000) + 900;
  const { manager, ports } = world.process();
  await world.clock.settle(manager.getToken('acme'));
  await world.clock.settle(ports.underway.idle());
  const published = world.disk.events.find(({ type }) => type === 'renewed');
  assert.equal(published?.detail['expiry_source'], 'policy');
  assert.equal(world.row().details?.expirySource, 'introspection');
  assert.equal(world.salesforce.introspected.length, 1);
});

test('changing the host discards secrets and tokens unless they are given again', async () => {
  const world = new World();
  await world.adopt();
  const { administration } = world.process();
  await assert.rejects(
    administration.update('acme', { settings: { loginUrl: 'https://other.my.salesforce.com' }, secrets: {} }),
    /client secret/,
  );
  const { discarded } = await administration.update('acme', {
    settings: { loginUrl: 'https://other.my.salesforce.com', clientAuth: 'none' },
    secrets: {},
  });
  assert.deepEqual(discarded, ['clientSecret', 'refreshToken']);
  assert.equal(world.row().refreshToken, undefined);
});

test('a late refusal of a spent token is no verdict on a connection that has moved on', async () => {
  const world = new World({ durations: { exchangeDeadlineMs: 110_000 } });
  await world.adopt();
  world.salesforce.latencyMs = 150_000;
  const late = world.process().manager;
  const call = late.getToken('acme');
  call.catch(() => undefined);
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  world.freeLocks();
  world.salesforce.latencyMs = 50;
  const survivor = world.process().manager;
  assert.equal(await survivor.getToken('acme').catch((error: AuthError) => error.code), 'outcome_unknown');
  world.clock.advance(121_000);
  const probe = survivor.getToken('acme');
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  world.clock.advance(60);
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  await probe;
  assert.equal(world.row().version, 2);
  world.clock.advance(60_000);
  await world.clock.settle(late.idle());
  assert.equal(world.salesforce.posts.at(0)?.refused, true);
  assert.equal(world.row().exchange.phase, 'idle');
});

test('while anyone waits, each process looks at the lock about five times a second, however many callers it has', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.latencyMs = 4_000;
  const holder = world.process().manager.getToken('acme');
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  const { ports } = world.process();
  let looks = 0;
  const lock = {
    tryAcquire: (id: string) => {
      looks += 1;
      return ports.lock.tryAcquire(id, 180_000);
    },
  };
  const { manager } = world.process({ lock });
  await world.clock.settle(Promise.all([holder, ...Array.from({ length: 300 }, () => manager.getToken('acme'))]));
  assert.ok(looks >= 10 && looks <= 30, `${looks} looks in 4 seconds`);
});

test('a host, client or audience changed in the store behind our back gets no secret', async () => {
  for (const tampered of [
    { loginUrl: 'https://other.my.salesforce.com' },
    { clientId: 'another-key' },
    { audience: 'https://test.salesforce.com' },
  ]) {
    const world = new World();
    const connection = await world.adopt();
    world.disk.connections.set(connection.id, { ...connection, settings: { ...connection.settings, ...tampered } });
    assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'unsealing_failed');
    assert.equal(world.salesforce.posts.length, 0);
  }
});

test('an instance URL changed in the store behind our back makes the token unreadable', async () => {
  const world = new World();
  await world.adopt();
  await world.clock.settle(world.process().manager.getToken('acme'));
  const row = world.row();
  assert.ok(row.details);
  world.disk.tokens.set(row.connectionId, { ...row, details: { ...row.details, instanceUrl: 'https://evil.example' } });
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'unsealing_failed');
});

test('a process that does not trust the host of a connection sends nothing there', async () => {
  const world = new World();
  const policy = { extraOrigins: ['http://127.0.0.1:9'], sovereign: false };
  await world.process({ policy }).administration.connect('acme', {
    settings: { grant: 'client-credentials', loginUrl: 'http://127.0.0.1:9', clientId: 'synthetic-consumer-key' },
    secrets: { clientSecret: 'synthetic-client-secret' },
  });
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.equal(error.code, 'insecure_url');
  assert.equal(world.salesforce.posts.length, 0);
  assert.equal(world.row().exchange.phase, 'idle');
});

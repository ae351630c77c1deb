import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { ConnectionRow } from '../src/connections/connection.ts';
import { connectionState } from '../src/connections/state.ts';
import { AuthError, ConfigurationError, StoreError } from '../src/errors.ts';
import type { Http, Keys, TokenStore } from '../src/ports.ts';
import type { AccessToken } from '../src/tokens/access-token.ts';
import { errorFrom } from '../src/tokens/failures.ts';
import { ORIGIN, SECRET, type Weather } from './support/simulated-salesforce.ts';
import { dieBetweenSpoolAndStore, turns } from './support/staged-death.ts';
import { type Process, World } from './support/world.ts';

const OVER_MS = 7_300_000;

async function fails(world: World, promise: Promise<unknown>): Promise<AuthError> {
  const error: unknown = await world.clock.settle(promise).then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AuthError, String(error));
  return error;
}

async function connectForLogin(world: World): Promise<ConnectionRow> {
  return world.process().administration.connect('acme', {
    settings: { grant: 'authorization-code', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
    secrets: { clientSecret: SECRET },
  });
}

async function logIn(world: World, { login, ports }: Process = world.process()): Promise<AccessToken> {
  const attempt = await login.begin('acme');
  const callback = new URLSearchParams({ code: 'synthetic-code', state: attempt.state });
  const token = await world.clock.settle(login.complete(attempt, callback));
  await world.clock.settle(ports.underway.idle());
  return token;
}

function state(world: World): string {
  const connection = [...world.disk.connections.values()][0];
  assert.ok(connection);
  return connectionState(connection.settings, world.row(), world.clock.nowMs());
}

test('a login that died does not make the next renewal revoke the living refresh token', async () => {
  for (const rotation of [true, false]) {
    const world = new World();
    world.salesforce.rotation = rotation;
    await connectForLogin(world);
    await logIn(world);
    const dying = world.process({ http: { request: () => new Promise<never>(() => undefined) } });
    const attempt = await dying.login.begin('acme');
    void dying.login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
    await turns();
    world.freeLocks();
    world.clock.advance(OVER_MS);
    const { manager, ports } = world.process();
    await world.clock.settle(manager.getToken('acme'));
    await world.clock.settle(ports.underway.idle());
    assert.deepEqual(world.salesforce.revoked, []);
    assert.equal(world.row().exchange.login, undefined);
  }
});

const HALF_GOOD: readonly Readonly<Record<string, string | undefined>>[] = [
  { token_type: undefined },
  { token_type: 'OAuth' },
  { access_token: undefined },
  { access_token: '' },
];
for (const tamper of HALF_GOOD) {
  test(`the refresh token in an answer with ${JSON.stringify(tamper)} ${Object.keys(tamper)} is kept, and the old one not posted again`, async () => {
    const world = new World();
    await world.adopt();
    world.salesforce.weather.push({ tamper });
    assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'answer_held');
    assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
    world.clock.advance(121_000);
    await fails(world, world.process().manager.getToken('acme'));
    await world.clock.settle(world.process().manager.renew('acme'));
    assert.equal(world.salesforce.familyAlive, true);
    assert.deepEqual(
      world.salesforce.posts.map(({ presented }) => presented),
      ['rt-1', 'rt-2'],
    );
  });
}

test('an empty refresh token in an answer is none: the old one is kept', async () => {
  const world = new World();
  world.salesforce.rotation = false;
  await world.adopt();
  world.salesforce.weather.push({ tamper: { refresh_token: '' } });
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), 'rt-1');
  assert.equal(state(world), 'ready');
});

test('a login whose answer was staged but could not be stored is taken up by the next exchange', async () => {
  const world = new World();
  await connectForLogin(world);
  const { ports } = world.process();
  const updateToken: TokenStore['updateToken'] = async (row, revision, events) => {
    if (row.refreshToken !== undefined) throw new StoreError('store_full', 'no page left for this row', { retryable: true });
    return ports.store.updateToken(row, revision, events);
  };
  const store = new Proxy(ports.store, {
    get: (target, key) => {
      const member: unknown = key === 'updateToken' ? updateToken : Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const { login } = world.process({ store });
  const attempt = await login.begin('acme');
  const callback = new URLSearchParams({ code: 'synthetic-code', state: attempt.state });
  assert.equal((await fails(world, login.complete(attempt, callback))).code, 'store_full');
  const token = await world.clock.settle(world.process().manager.getToken('acme'));
  assert.ok(token.value);
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.salesforce.posts.length, 1);
});

test('revoke and remove end the grant that a staged answer brought, not its spent predecessor', async () => {
  for (const what of ['revoke', 'remove'] as const) {
    const world = new World();
    await world.adopt();
    await dieBetweenSpoolAndStore(world);
    const { administration } = world.process();
    await world.clock.settle(
      what === 'revoke' ? administration.revoke('acme') : administration.remove('acme', { keepGrant: false }),
    );
    assert.deepEqual(world.salesforce.revoked, [world.salesforce.currentRefreshToken], what);
  }
});

test('revoke and remove leave everything as it is while a staged answer cannot be stored', async () => {
  for (const end of ['revoke', 'remove'] as const) {
    const world = new World();
    await world.adopt();
    await dieBetweenSpoolAndStore(world);
    world.disk.beforeWrite = (what) => {
      if (what === 'token') throw new StoreError('store_full', 'synthetic: no room');
    };
    const { administration } = world.process();
    const ending = end === 'revoke' ? administration.revoke('acme') : administration.remove('acme', { keepGrant: false });
    assert.equal((await fails(world, ending)).code, 'store_full');
    assert.deepEqual(world.salesforce.revoked, []);
    world.disk.beforeWrite = () => undefined;
    await world.clock.settle(administration.revoke('acme'));
    assert.deepEqual(world.salesforce.revoked, [world.salesforce.currentRefreshToken]);
  }
});

test('a login after such a death takes the staged answer up first, so that nothing overwrites it', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  world.clock.advance(OVER_MS);
  await dieBetweenSpoolAndStore(world);
  const living = world.salesforce.currentRefreshToken;
  world.salesforce.weather.push('html');
  const { login } = world.process();
  const attempt = await login.begin('acme');
  await fails(world, login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state })));
  assert.equal(world.storedRefreshToken(), living);
  await logIn(world);
  assert.deepEqual(world.salesforce.revoked, [living]);
  assert.equal(world.salesforce.familyAlive, true);
});

test('what a client error answers was not done, whatever its body', async () => {
  for (const status of [429, 404, 403]) {
    const world = new World();
    await world.adopt();
    const http: Http = { request: async () => ({ status, headers: {}, body: Buffer.from('<html>no</html>') }) };
    await fails(world, world.process({ http }).manager.getToken('acme'));
    assert.equal(world.row().exchange.phase, 'idle', String(status));
    await world.clock.settle(world.process().manager.getToken('acme'));
  }
});

test('secrets that do not open leave the refresh token untouched, and the reason stays visible', async () => {
  const world = new World();
  const connection = await world.adopt();
  const tampered = { ...connection, settings: { ...connection.settings, audience: 'https://test.salesforce.com' } };
  world.disk.connections.set(connection.id, tampered);
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'unsealing_failed');
    world.clock.advance(121_000);
  }
  assert.equal(world.row().exchange.phase, 'idle');
  assert.equal(world.salesforce.posts.length, 0);
});

test('a defect before the request leaves is thrown as it is, and leaves nothing unknown', async () => {
  const world = new World();
  await world.adopt({ clientAuth: 'post' });
  const keys = {
    signingKey: () => {
      throw new RangeError('a defect');
    },
    describeKey: () => ({ bits: 2048, publicKeySha256: '' }),
    checkCertificate: () => undefined,
  };
  const { administration } = world.process();
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await administration.update('acme', { settings: { clientAuth: 'private-key-jwt' }, secrets: { privateKey } });
  await assert.rejects(world.clock.settle(world.process({ keys }).manager.getToken('acme')), RangeError);
  assert.equal(world.row().exchange.phase, 'idle');
});

test('a login without a refresh token leaves none of the earlier grant', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  const before = world.storedRefreshToken();
  world.salesforce.weather.push({ tamper: { refresh_token: undefined } });
  await logIn(world);
  assert.equal(world.storedRefreshToken(), undefined);
  assert.deepEqual(world.salesforce.revoked, [before]);
  assert.equal(state(world), 'ready');
  world.clock.advance(OVER_MS);
  assert.equal(state(world), 'reauthorization-required');
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'no_refresh_token');
});

test('the next secret is tried only where the client itself was refused', async () => {
  const world = new World();
  await world.adopt();
  const { manager, administration } = world.process();
  await administration.update('acme', { settings: {}, secrets: { nextClientSecret: 'synthetic-next-secret' } });
  world.salesforce.weather.push({ error: 'invalid_grant', description: 'ip restricted' });
  await fails(world, manager.getToken('acme'));
  assert.equal(world.salesforce.posts.length, 1);
});

test('a login attempt is completed once', async () => {
  const world = new World();
  await connectForLogin(world);
  const { login } = world.process();
  const attempt = await login.begin('acme');
  const callback = new URLSearchParams({ code: 'synthetic-code', state: attempt.state });
  await world.clock.settle(login.complete(attempt, callback));
  await assert.rejects(login.complete(attempt, callback), TypeError);
  assert.equal(world.salesforce.posts.length, 1);
});

test('the next private key signs when the current one is refused, and takes its place', async () => {
  const pair = () =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
  const [current, next] = [pair(), pair()];
  const signers: string[] = [];
  const http: Http = {
    request: async ({ body }) => {
      const [header, claims, signature = ''] = (new URLSearchParams(body).get('assertion') ?? '').split('.');
      const signedBy = (key: string) => createVerify('sha256').update(`${header}.${claims}`).verify(key, signature, 'base64url');
      const isNext = signedBy(next.publicKey);
      signers.push(isNext ? 'next' : signedBy(current.publicKey) ? 'current' : 'nobody');
      const id = `${ORIGIN}/id/00D000000000EMUEA4/005000000000EMUAA2`;
      const tokens = { access_token: '00D000000000EMU!x', token_type: 'Bearer', instance_url: ORIGIN, id };
      const answer = isNext ? tokens : { error: 'invalid_grant', error_description: 'invalid assertion' };
      return { status: isNext ? 200 : 400, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
    },
  };
  const world = new World();
  const { manager, administration } = world.process({ http });
  await administration.connect('acme', {
    settings: { grant: 'jwt-bearer', loginUrl: ORIGIN, clientId: 'key', username: 'user@example.com', introspect: 'off' },
    secrets: { privateKey: current.privateKey },
  });
  await administration.update('acme', { settings: {}, secrets: { nextPrivateKey: next.privateKey } });
  await world.clock.settle(manager.getToken('acme'));
  world.clock.advance(OVER_MS);
  await world.clock.settle(manager.getToken('acme'));
  assert.deepEqual(signers, ['current', 'next', 'next']);
});

test('a next private key that cannot be used, tried after a certain refusal, leaves nothing unknown', async () => {
  const world = new World();
  const { privateKey: pem } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const privateKey = pem.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { ports } = world.process();
  const keys: Keys = {
    ...ports.keys,
    signingKey: (text) => {
      if (text === privateKey) return ports.keys.signingKey(text);
      throw new ConfigurationError('invalid_private_key', 'synthetic: not a key');
    },
  };
  const trusting: Keys = { ...ports.keys, signingKey: () => ports.keys.signingKey(privateKey) };
  await world.process({ keys: trusting }).administration.connect('acme', {
    settings: {
      grant: 'refresh-token',
      loginUrl: ORIGIN,
      clientId: 'synthetic-consumer-key',
      clientAuth: 'private-key-jwt',
      introspect: 'off',
    },
    secrets: { privateKey, nextPrivateKey: 'synthetic: not a key' },
    refreshToken: world.salesforce.currentRefreshToken,
  });
  world.salesforce.weather.push({ error: 'invalid_client', description: 'invalid client credentials' });
  const error = await fails(world, world.process({ keys }).manager.getToken('acme'));
  assert.equal(error.code, 'invalid_private_key');
  assert.equal(state(world), 'failing');
});

test('a token that was staged hours ago is as old as it is: it is renewed, not handed out', async () => {
  const world = new World();
  await world.adopt();
  await dieBetweenSpoolAndStore(world);
  world.clock.advance(10 * 3_600_000);
  const token = await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(token.value, '00D000000000EMU!at-2');
  assert.equal(world.salesforce.posts.length, 2);
});

test('a held token that is allowed days later is as old as it is', async () => {
  const world = new World();
  await world.connectClientCredentials();
  world.salesforce.weather.push({ tamper: { instance_url: 'https://proxy.example' } });
  await fails(world, world.process().manager.getToken('acme'));
  world.clock.advance(48 * 3_600_000);
  const policy = { extraOrigins: ['https://proxy.example'], sovereign: false };
  const token = await world.clock.settle(world.process({ policy }).manager.getToken('acme'));
  assert.equal(token.value, '00D000000000EMU!at-2');
});

test('a login by another user, held for its host, is used once the host is allowed', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  const elsewhere = 'https://elsewhere.example';
  const id = `${ORIGIN}/id/00D000000000EMUEA4/005000000000OTHAA2`;
  world.salesforce.weather.push({ tamper: { instance_url: elsewhere, id, signature: undefined } });
  await assert.rejects(logIn(world), { code: 'answer_held' });
  const allowing = world.process({ policy: { extraOrigins: [elsewhere], sovereign: false } });
  world.clock.advance(1_000);
  const token = await world.clock.settle(allowing.manager.renew('acme'));
  assert.equal(token.instanceUrl, elsewhere);
  assert.equal(world.row().details?.userId, '005000000000OTHAA2');
  assert.equal(world.salesforce.posts.length, 2);
});

test('a login token is as old as its request, however long its answer lay unread', async () => {
  const world = new World();
  await connectForLogin(world);
  const askedAtMs = world.clock.nowMs();
  const { login } = world.process();
  const attempt = await login.begin('acme');
  const call = login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
  const outcome = call.catch(() => undefined);
  while (world.salesforce.posts.length === 0) await turns(1);
  world.clock.skew(3 * 3_600_000);
  await world.clock.settle(outcome);
  assert.equal(world.row().details?.issuedAt, Math.floor(askedAtMs / 1_000));
});

test('renew says token_unchanged when the reported token comes back, and so does everybody who waited', async () => {
  const world = new World();
  await world.connectClientCredentials();
  world.salesforce.sameToken = '00D000000000EMU!same';
  const { manager } = world.process();
  const token = await world.clock.settle(manager.getToken('acme'));
  await manager.reportInvalid('acme', token.value);
  const three = [1, 2, 3].map(() => world.process().manager.getToken('acme'));
  const outcomes = await world.clock.settle(Promise.allSettled(three));
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code),
    Array(3).fill('token_unchanged'),
  );
  assert.equal(world.salesforce.posts.length, 3);
  assert.equal(state(world), 'failing');
  world.clock.advance(61_000);
  assert.equal((await fails(world, manager.renew('acme'))).code, 'token_unchanged');
});

test('a human who logs in overrules an earlier report', async () => {
  const world = new World();
  await connectForLogin(world);
  world.salesforce.sameToken = '00D000000000EMU!same';
  const process = world.process();
  const token = await logIn(world, process);
  await process.manager.reportInvalid('acme', token.value);
  assert.equal((await logIn(world, process)).value, token.value);
});

test('a forced renewal that came to nothing leaves a held answer held', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push({ tamper: { instance_url: 'https://evil.example' } }, 'refused-connection');
  await fails(world, world.process().manager.getToken('acme'));
  assert.equal((await fails(world, world.process().manager.renew('acme'))).code, 'unreachable');
  assert.equal(world.row().exchange.phase, 'held');
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'answer_held');
});

test('a connection that moved is new again and says so', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  await world
    .process()
    .administration.update('acme', { settings: { clientId: 'another-key' }, secrets: { clientSecret: SECRET } });
  assert.equal(state(world), 'new');
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'never_authorized');
});

test('an answer without an identity does not make the next foreign org welcome', async () => {
  const world = new World();
  await world.adopt();
  const { manager } = world.process();
  await world.clock.settle(manager.getToken('acme'));
  const foreign = `${ORIGIN}/id/00D000000000XYZEA4/005000000000EMUAA2`;
  world.salesforce.weather.push(
    { tamper: { id: undefined, signature: undefined } },
    { tamper: { id: foreign, signature: undefined } },
  );
  world.clock.advance(OVER_MS);
  await world.clock.settle(manager.getToken('acme'));
  world.clock.advance(OVER_MS);
  assert.equal((await fails(world, manager.getToken('acme'))).code, 'answer_held');
});

test('a clock that was set back does not stretch the wait of an unknown outcome', async () => {
  const world = new World();
  await world.adopt();
  world.clock.skew(24 * 3_600_000);
  world.salesforce.weather.push('lost-before');
  await fails(world, world.process().manager.getToken('acme'));
  world.clock.skew(0);
  assert.equal((await fails(world, world.process().manager.getToken('acme'))).code, 'outcome_unknown');
  world.clock.advance(120_001);
  await world.clock.settle(world.process().manager.getToken('acme'));
});

test('a token that is over when it comes is not handed out', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const nowSeconds = Math.floor(world.clock.nowMs() / 1000);
  const jwt = `${part({ alg: 'RS256' })}.${part({ exp: nowSeconds - 500 })}.x`;
  world.salesforce.weather.push({ tamper: { access_token: jwt } });
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.match(error.message, /over when it came/);
});

test('every request counts against the budget, repetitions of a busy server too', async () => {
  const world = new World();
  world.salesforce.rotation = false;
  await world.adopt({ rotates: 'no' });
  for (let i = 0; i < 50; i += 1) world.salesforce.weather.push('busy');
  const startMs = world.clock.nowMs();
  for (let i = 0; i < 6; i += 1) {
    const { manager } = world.process();
    await world.clock.settle(
      manager.getToken('acme').then(
        () => undefined,
        () => undefined,
      ),
    );
    await world.clock.settle(manager.idle());
  }
  const firstMinute = world.salesforce.posts.filter(({ startedAtMs }) => startedAtMs < startMs + 60_000);
  assert.ok(firstMinute.length <= 4, `${firstMinute.length} requests in a minute`);
});

test('a connection that was replaced under its name is left alone', async () => {
  const world = new World();
  const first = await world.adopt();
  const { ports } = world.process();
  const lease = await ports.lock.tryAcquire(first.id, 180_000);
  const removal = world.process().administration.remove('acme', { keepGrant: true });
  removal.catch(() => undefined);
  await turns();
  await ports.store.deleteConnection(first.id, { ...world.row(), revision: 99 }, []);
  const second = await world.connectClientCredentials();
  await lease?.release();
  assert.equal((await fails(world, removal)).code, 'connection_changed');
  assert.ok(world.disk.connections.has(second.id));
});

test('a stored failure says the same as the error did', async () => {
  const weathers: readonly Weather[] = [
    'refused-connection',
    'html',
    { error: 'invalid_client', description: 'invalid client credentials' },
    { tamper: { instance_url: 'https://evil.example' } },
  ];
  for (const weather of weathers) {
    const world = new World();
    await world.connectClientCredentials();
    world.salesforce.weather.push(weather);
    const error = await fails(world, world.process().manager.getToken('acme'));
    const { failure } = world.row().exchange;
    assert.ok(failure);
    const told = errorFrom(failure);
    assert.deepEqual(
      [told.code, told.message, told.diagnosis, told.retryable],
      [error.code, error.message, error.diagnosis, error.retryable],
    );
    assert.equal(told.constructor, error.constructor);
    assert.ok((told.diagnosis?.fix.length ?? 0) > 0 || weather === 'refused-connection');
  }
});

test('a dead refresh token says what Salesforce said, and what mends it', async () => {
  const world = new World();
  await world.adopt();
  world.salesforce.weather.push({ error: 'invalid_grant', description: 'inactive user' });
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.match(error.message, /inactive user/);
  assert.equal(error.diagnosis?.id, 'R6');
  assert.deepEqual(error.diagnosis?.fix.at(-1), 'forcemint update acme --refresh-token-file F');
  const later = await fails(world, world.process().manager.getToken('acme'));
  assert.equal(later.message, error.message);
});

test('a first secret, or another grant, changes how the client proves itself', async () => {
  const world = new World();
  const { administration } = world.process();
  await administration.connect('public', {
    settings: { grant: 'authorization-code', loginUrl: ORIGIN, clientId: 'key' },
    secrets: {},
  });
  const changed = await administration.update('public', { settings: {}, secrets: { clientSecret: 'synthetic-secret' } });
  assert.equal(changed.connection.settings.clientAuth, 'post');
  await world.connectClientCredentials();
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const moved = await administration.update('acme', {
    settings: { grant: 'jwt-bearer', username: 'u' },
    secrets: { privateKey },
  });
  assert.equal(moved.connection.settings.clientAuth, 'none');
  assert.deepEqual(moved.discarded, ['clientSecret']);
});

test('a move without its secrets is refused with the reason and the flag', async () => {
  const world = new World();
  await world.connectClientCredentials();
  const { administration } = world.process();
  const change = { settings: { loginUrl: 'https://other.my.salesforce.com' }, secrets: {} };
  const error = await fails(world, administration.update('acme', change));
  assert.match(error.diagnosis?.cause ?? '', /discards the secrets/);
  assert.deepEqual(error.diagnosis?.fix, ['--client-secret-file F']);
});

test('what was posted is never shown, whatever it looks like', async () => {
  const world = new World();
  await world.process().administration.connect('acme', {
    settings: { grant: 'client-credentials', loginUrl: ORIGIN, clientId: 'key', introspect: 'off' },
    secrets: { clientSecret: '1234567890123456789' },
  });
  world.salesforce.weather.push({ error: 'invalid_client', description: 'bad secret 1234567890123456789 for client' });
  const error = await fails(world, world.process().manager.getToken('acme'));
  assert.doesNotMatch(error.message, /1234567890/);
  assert.doesNotMatch(JSON.stringify([world.disk.events, world.row().exchange]), /1234567890/);
});

test('a grant that Salesforce refuses to revoke is told apart from one that could not be reached', async () => {
  const refusing: Http = {
    request: async () => ({ status: 400, headers: {}, body: Buffer.from('{"error":"unsupported_response_type"}') }),
  };
  const world = new World();
  await world.adopt();
  assert.equal(await world.process({ http: refusing }).administration.remove('acme', { keepGrant: false }), 'refused');
});

test('idle waits for a login', async () => {
  const world = new World();
  await connectForLogin(world);
  const { login, ports } = world.process();
  const attempt = await login.begin('acme');
  let done = false;
  const completion = login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state })).then(() => {
    done = true;
  });
  await turns();
  await world.clock.settle(ports.underway.idle());
  assert.equal(done, true);
  await completion;
});

test('another user of a JWT connection gets no token of the one before', async () => {
  const world = new World();
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const { manager, administration } = world.process();
  await administration.connect('acme', {
    settings: { grant: 'jwt-bearer', loginUrl: ORIGIN, clientId: 'key', username: 'one@example.com', introspect: 'off' },
    secrets: { privateKey },
  });
  const before = await world.clock.settle(manager.getToken('acme'));
  const { discarded } = await administration.update('acme', { settings: { username: 'two@example.com' }, secrets: {} });
  assert.deepEqual(discarded, []);
  const id = `${ORIGIN}/id/00D000000000EMUEA4/005000000000TWOAA2`;
  world.salesforce.weather.push({ tamper: { id, signature: undefined } });
  world.clock.advance(1_001);
  const after = await world.clock.settle(manager.getToken('acme'));
  assert.notEqual(after.value, before.value);
  assert.equal(world.row().details?.userId, '005000000000TWOAA2');
});

test('a refresh token that has a home in the store, or had one, is not adopted again', async () => {
  const world = new World();
  await world.adopt();
  const { administration, manager } = world.process();
  const again = (name: string, refreshToken: string) =>
    administration.connect(name, {
      settings: { grant: 'refresh-token', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
      secrets: { clientSecret: SECRET },
      refreshToken,
    });
  await assert.rejects(again('second', 'rt-1'), { code: 'grant_is_shared', message: /belongs to the connection acme/ });
  await world.clock.settle(manager.getToken('acme'));
  await assert.rejects(again('second', 'rt-1'), { code: 'grant_is_shared', message: /belonged to the connection acme/ });
  await assert.rejects(again('second', world.salesforce.currentRefreshToken), { code: 'grant_is_shared' });
  await again('second', 'rt-of-another-grant');
  await assert.rejects(administration.update('second', { settings: {}, secrets: {}, refreshToken: 'rt-1' }), {
    code: 'grant_is_shared',
  });
  assert.equal(world.salesforce.posts.length, 1);
});

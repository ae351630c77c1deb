import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreCondition } from '../src/ports.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { turns } from './support/staged-death.ts';
import { type Process, World } from './support/world.ts';

const OVER_MS = 7_300_000;
const ADDRESS = { storeId: 'another-store', url: 'sqlite:/elsewhere.db' };
const CONDITIONS: Readonly<Record<StoreCondition['is'], StoreCondition>> = {
  active: { is: 'active' },
  moving: { is: 'moving', to: ADDRESS },
  moved: { is: 'moved', to: ADDRESS },
  filling: { is: 'filling', from: ADDRESS },
  quarantined: { is: 'quarantined', why: 'restored', evidence: 'synthetic evidence', sinceMs: 0 },
  'failed-over': { is: 'failed-over', untilMs: 1_800_000_600_000 },
};
const REFUSALS: Readonly<Record<Exclude<StoreCondition['is'], 'active'>, string>> = {
  moving: 'store_moved',
  moved: 'store_moved',
  filling: 'store_filling',
  quarantined: 'store_quarantined',
  'failed-over': 'store_failed_over',
};
/** Where nothing is taken away from what does not touch a grant. */
const SPARES_OTHERS: readonly StoreCondition['is'][] = ['active', 'quarantined', 'failed-over'];

const WITH_REFRESH_TOKEN: Readonly<Record<string, (process: Process) => Promise<unknown>>> = {
  'a renewal that is due': ({ manager }) => manager.getToken('acme'),
  'a renewal by name': ({ manager }) => manager.renew('acme'),
  'a login': async ({ login }) => {
    const attempt = await login.begin('acme', { pkce: false });
    return login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
  },
  revoke: ({ administration }) => administration.revoke('acme'),
  remove: ({ administration }) => administration.remove('acme', { keepGrant: false }),
  update: ({ administration }) =>
    administration.update('acme', { settings: {}, secrets: {}, refreshToken: 'synthetic-given-token' }),
  'a hand-over': ({ handOver }) => handOver.release('acme'),
};
const WITHOUT: Readonly<Record<string, (process: Process) => Promise<unknown>>> = {
  'a renewal': ({ manager }) => manager.getToken('acme'),
  revoke: ({ administration }) => administration.revoke('acme'),
  remove: ({ administration }) => administration.remove('acme', { keepGrant: false }),
  update: ({ administration }) => administration.update('acme', { settings: {}, secrets: { clientSecret: SECRET } }),
};

/** A connection that was renewed once and whose access token is over. */
async function renewedOnce(): Promise<World> {
  const world = new World();
  await world.process().administration.connect('acme', {
    settings: { grant: 'authorization-code', loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' },
    secrets: { clientSecret: SECRET },
    refreshToken: world.salesforce.currentRefreshToken,
  });
  await world.clock.settle(world.process().manager.getToken('acme'));
  return world;
}

async function codeOf(world: World, call: Promise<unknown>): Promise<unknown> {
  return world.clock.settle(
    call.then(
      () => 'allowed',
      ({ code }: { code?: unknown }) => code,
    ),
  );
}

for (const [is, condition] of Object.entries(CONDITIONS)) {
  for (const [what, operation] of Object.entries(WITH_REFRESH_TOKEN)) {
    const refusal = REFUSALS[is as keyof typeof REFUSALS];
    test(`${is}: ${what} of a connection with a refresh token is ${refusal === undefined ? 'allowed' : `refused (${refusal})`}`, async () => {
      const world = await renewedOnce();
      world.clock.advance(OVER_MS);
      world.disk.condition = condition;
      const before = world.row();
      const process = world.process();
      assert.equal(await codeOf(world, operation(process)), refusal ?? 'allowed');
      await world.clock.settle(process.ports.underway.idle());
      if (refusal === undefined) return;
      assert.equal(world.salesforce.posts.length, 1);
      assert.deepEqual(world.salesforce.revoked, []);
      assert.equal(world.row(), before);
    });
  }

  const isSpared = SPARES_OTHERS.includes(condition.is);
  for (const [what, operation] of Object.entries(WITHOUT)) {
    test(`${is}: ${what} of a connection without refresh token is ${isSpared ? 'allowed' : 'refused'}`, async () => {
      const world = new World();
      await world.connectClientCredentials();
      await world.clock.settle(world.process().manager.getToken('acme'));
      world.clock.advance(OVER_MS);
      world.disk.condition = condition;
      const refusal = isSpared ? undefined : REFUSALS[is as keyof typeof REFUSALS];
      assert.equal(await codeOf(world, operation(world.process())), refusal ?? 'allowed');
    });
  }

  test(`${is}: a living token is handed out`, async () => {
    const world = await renewedOnce();
    world.disk.condition = condition;
    assert.match((await world.clock.settle(world.process().manager.getToken('acme'))).value, /at-1$/);
    assert.equal(world.salesforce.posts.length, 1);
  });

  test(`${is}: a token that is about to expire is ${is === 'active' ? 'renewed' : 'handed out for as long as it lives'}`, async () => {
    const world = await renewedOnce();
    world.clock.advance(OVER_MS - 200_000);
    world.disk.condition = condition;
    const { value } = await world.clock.settle(world.process().manager.getToken('acme'));
    assert.match(value, is === 'active' ? /at-2$/ : /at-1$/);
  });

  test(`${is}: who renews ahead of time ${is === 'active' ? 'does' : 'does not'} use an idle refresh token or end a superfluous grant`, async () => {
    const world = await renewedOnce();
    const { login } = world.process();
    world.salesforce.revocation = 'unreachable';
    const attempt = await login.begin('acme', { pkce: false });
    await world.clock.settle(login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state })));
    await turns();
    world.salesforce.revocation = 'done';
    world.disk.condition = condition;
    const posts = world.salesforce.posts.length;
    const told: string[] = [];
    const { renewAhead, ports } = world.process({ warn: (text) => told.push(text) });
    world.clock.advance(26 * 86_400_000);
    renewAhead.start();
    for (let i = 0; i < 20; i += 1) {
      await turns();
      world.clock.advance(5_000);
    }
    await world.clock.settle(Promise.all([renewAhead.stop(), ports.underway.idle()]));
    const isActive = is === 'active';
    assert.equal(world.salesforce.posts.length - posts, isActive ? 1 : 0);
    assert.equal(world.salesforce.revoked.length, isActive ? 1 : 0);
    assert.equal(world.disk.revocations.size, isActive ? 0 : 1);
    assert.deepEqual(told, []);
  });
}

test('what was under way when the store was moved or quarantined comes to its end there', async () => {
  for (const is of ['moving', 'quarantined', 'failed-over'] as const) {
    const world = await renewedOnce();
    world.clock.advance(OVER_MS);
    world.salesforce.latencyMs = 5_000;
    const call = world.process().manager.getToken('acme');
    while (world.salesforce.posts.length < 2) await turns(1);
    world.disk.condition = CONDITIONS[is];
    await world.clock.settle(call);
    assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken, is);
  }
});

test('an intent that was about to be committed when the store began to move is refused, and nothing leaves', async () => {
  const world = await renewedOnce();
  world.clock.advance(OVER_MS);
  const { ports } = world.process();
  const lock = {
    tryAcquire: async (id: string, forMs: number) => {
      const lease = await ports.lock.tryAcquire(id, forMs);
      world.disk.condition = CONDITIONS.moving;
      return lease;
    },
  };
  assert.equal(await codeOf(world, world.process({ lock }).manager.getToken('acme')), 'store_moved');
  assert.equal(world.salesforce.posts.length, 1);
  assert.equal(world.row().exchange.phase, 'idle');
});

test('a refusal says who has to do what: an operator where a decision is due, nobody where waiting helps', async () => {
  for (const [is, code] of Object.entries(REFUSALS)) {
    const world = await renewedOnce();
    world.clock.advance(OVER_MS);
    world.disk.condition = CONDITIONS[is as StoreCondition['is']];
    const error = await world.clock.settle(
      world
        .process()
        .manager.getToken('acme')
        .catch((reason: unknown) => reason),
    );
    const { diagnosis, retryable, retryAt } = error as { diagnosis: { who: string }; retryable: boolean; retryAt?: number };
    assert.equal((error as { code: string }).code, code);
    assert.equal(diagnosis.who, is === 'failed-over' ? 'nobody' : 'operator');
    assert.equal(retryable, is === 'failed-over');
    assert.equal(retryAt, is === 'failed-over' ? 1_800_000_600 : undefined);
  }
});

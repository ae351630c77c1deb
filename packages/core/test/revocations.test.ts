import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../src/errors.ts';
import type { Http } from '../src/ports.ts';
import type { AccessToken } from '../src/tokens/access-token.ts';
import { Revocations } from '../src/tokens/revocations.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { around, turns } from './support/staged-death.ts';
import { type Process, World } from './support/world.ts';

const OVER_MS = 7_300_000;
const DAY_MS = 86_400_000;

async function connectForLogin(world: World, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  await world.process().administration.connect('acme', {
    settings: {
      grant: 'authorization-code',
      loginUrl: ORIGIN,
      clientId: 'synthetic-consumer-key',
      introspect: 'off',
      ...settings,
    },
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

/** Gets a token with another exchange, and lets what follows it come to its end. */
async function exchange(world: World, { manager, ports } = world.process()): Promise<void> {
  world.clock.advance(OVER_MS);
  await world.clock.settle(manager.getToken('acme'));
  await world.clock.settle(ports.underway.idle());
}

function history(world: World): string[] {
  return world.disk.events.map(({ type, detail }) => `${type} ${detail['what'] ?? ''} ${detail['outcome'] ?? ''}`.trim());
}

for (const trouble of ['unreachable', 'unavailable'] as const) {
  test(`a superseded grant whose revocation is ${trouble} is kept, and revoked by whoever exchanges next`, async () => {
    const world = new World();
    await connectForLogin(world);
    await logIn(world);
    const superseded = world.storedRefreshToken() ?? '';
    world.salesforce.revocation = trouble;
    await logIn(world);
    assert.deepEqual(world.salesforce.revoked, []);
    assert.equal(world.disk.revocations.size, 1);

    world.salesforce.revocation = 'done';
    await exchange(world);
    assert.deepEqual(world.salesforce.revoked, [superseded]);
    assert.equal(world.disk.revocations.size, 0);
    assert.ok(history(world).includes('revoked superseded revoked'));
  });
}

test('a process that dies when the new grant is stored leaves the revocation behind', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  const superseded = world.storedRefreshToken() ?? '';
  const { ports } = world.process();
  const dying = world.process({
    store: around(ports.store, (name, proceed) => (name === 'listDueRevocations' ? new Promise(() => undefined) : proceed())),
  });
  const attempt = await dying.login.begin('acme');
  const callback = new URLSearchParams({ code: 'synthetic-code', state: attempt.state });
  await world.clock.settle(dying.login.complete(attempt, callback));
  await turns();
  assert.deepEqual(world.salesforce.revoked, []);

  await exchange(world);
  assert.deepEqual(world.salesforce.revoked, [superseded]);
});

test('a login whose grant cannot be stored leaves the one before as it is', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  const before = world.storedRefreshToken();
  const { login, ports } = world.process();
  const attempt = await login.begin('acme');
  const completed = login.complete(attempt, new URLSearchParams({ code: 'synthetic-code', state: attempt.state }));
  const outcome = completed.catch(({ code }: { code: string }) => code);
  while (world.salesforce.posts.length < 2) await turns(1);
  world.disk.beforeWrite = (what) => {
    if (what === 'token') throw new StoreError('store_full', 'synthetic: no room');
  };
  assert.equal(await world.clock.settle(outcome), 'store_full');
  await world.clock.settle(ports.underway.idle());
  assert.deepEqual(world.salesforce.revoked, []);
  assert.equal(world.storedRefreshToken(), before);
});

test('a login whose answer is held does not end the grant before while its access token is handed out', async () => {
  const world = new World();
  await connectForLogin(world);
  const living = await logIn(world);
  const superseded = world.storedRefreshToken() ?? '';
  world.salesforce.weather.push({ tamper: { instance_url: 'https://elsewhere.example' } });
  await assert.rejects(logIn(world), { code: 'answer_held' });
  const { manager, afterPublish, ports } = world.process();
  afterPublish.revokeDue('any');
  await world.clock.settle(ports.underway.idle());
  assert.deepEqual(world.salesforce.revoked, []);
  assert.equal((await world.clock.settle(manager.getToken('acme'))).value, living.value);
  world.clock.advance(living.expiresAt * 1000 - world.clock.nowMs() + 1_000);
  afterPublish.revokeDue('any');
  await world.clock.settle(ports.underway.idle());
  assert.deepEqual(world.salesforce.revoked, [superseded]);
});

test('who asks for revocations while some are under way joins them', async () => {
  const world = new World();
  const connection = await world.adopt();
  const { ports } = world.process();
  let most = 0;
  let now = 0;
  const http: Http = {
    request: async (request) => {
      now += 1;
      most = Math.max(most, now);
      await world.clock.sleep(1_000);
      now -= 1;
      return ports.http.request(request);
    },
  };
  const revocations = new Revocations({ ...ports, http });
  await ports.store.addRevocations(
    Array.from({ length: 100 }, (_, n) => revocations.planned(connection, `token-${n}`, 'removed')),
  );
  const startedMs = world.clock.monotonicMs();
  await world.clock.settle(Promise.all(Array.from({ length: 200 }, () => revocations.runDue())));
  assert.equal(most, 1);
  assert.ok(world.clock.monotonicMs() - startedMs <= 8_000, 'whoever ends does not wait for all of them');
});

test('processes that find the same revocation send it once', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  world.salesforce.revocation = 'unreachable';
  await logIn(world);
  world.salesforce.revocation = 'done';
  world.clock.advance(OVER_MS);
  const several = Array.from({ length: 5 }, () => world.process());
  for (const { afterPublish } of several) afterPublish.revokeDue('any');
  await world.clock.settle(Promise.all(several.map(({ ports }) => ports.underway.idle())));
  assert.equal(world.salesforce.revoked.length, 1);
});

test('where Salesforce cannot be reached one try tells, and the others stay due', async () => {
  const world = new World();
  const connection = await world.adopt();
  const { ports } = world.process();
  const revocations = new Revocations(ports);
  const pending = ['a', 'b', 'c'].map((token) => revocations.planned(connection, token, 'removed'));
  await ports.store.addRevocations(pending);
  world.salesforce.revocation = 'unreachable';
  await world.clock.settle(revocations.runDue());
  assert.equal((await ports.store.listDueRevocations(world.clock.nowMs(), 10)).length, 2);
  world.salesforce.revocation = 'done';
  await world.clock.settle(revocations.runDue());
  assert.deepEqual(world.salesforce.revoked, ['b', 'c']);
});

test('it is tried less and less often, and given up after 30 days with a word in the history', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  world.salesforce.revocation = 'unreachable';
  await logIn(world);
  const { afterPublish, ports } = world.process();
  const tries: number[] = [];
  for (let hour = 0; hour < 24 * 31; hour += 1) {
    world.clock.advance(3_600_000);
    afterPublish.revokeDue('any');
    await world.clock.settle(ports.underway.idle());
    for (const revocation of world.disk.revocations.values()) tries[hour] = revocation.tries;
  }
  assert.ok((tries[24] ?? 0) > (tries[1] ?? 0), 'still tried after a day');
  assert.ok(Math.max(...tries) < 140, `${Math.max(...tries)} tries in 30 days`);
  assert.equal(world.disk.revocations.size, 0);
  const last = world.disk.events.at(-1);
  assert.equal(last?.type, 'warning');
  assert.match(String(last?.detail['text']), /superseded grant could not be revoked within 30 days/);
  assert.ok((last?.atMs ?? 0) > world.clock.nowMs() - 2 * DAY_MS);
});

test('a connection that is removed while Salesforce is out of reach has its grant revoked later', async () => {
  const world = new World();
  await world.adopt();
  await exchange(world);
  const left = world.storedRefreshToken() ?? '';
  world.salesforce.revocation = 'unreachable';
  assert.equal(await world.clock.settle(world.process().administration.remove('acme', { keepGrant: false })), 'not-reached');
  world.salesforce.revocation = 'done';
  const { afterPublish, ports } = world.process();
  afterPublish.revokeDue('any');
  await world.clock.settle(ports.underway.idle());
  assert.deepEqual(world.salesforce.revoked, [left]);
  assert.ok(history(world).includes('revoked removed revoked'));
});

test('a grant that was to be kept, and one that another product holds, are not revoked', async () => {
  const kept = new World();
  await kept.adopt();
  await exchange(kept);
  await kept.clock.settle(kept.process().administration.remove('acme', { keepGrant: true }));
  assert.equal(kept.disk.revocations.size, 0);

  const shared = new World();
  await connectForLogin(shared, { sharedWith: 'Salesforce CLI' });
  await logIn(shared);
  await logIn(shared);
  assert.deepEqual(shared.salesforce.revoked, []);
  assert.equal(shared.disk.revocations.size, 0);
});

test('what waits to be revoked is sealed, and opens only where it belongs', async () => {
  const world = new World();
  await connectForLogin(world);
  await logIn(world);
  const superseded = world.storedRefreshToken() ?? '';
  world.salesforce.revocation = 'unreachable';
  await logIn(world);
  const [waiting] = world.disk.revocations.values();
  assert.ok(waiting);
  assert.equal(Buffer.from(waiting.sealed).includes(superseded), false);
  world.disk.revocations.clear();
  world.disk.revocations.set('elsewhere', { ...waiting, id: 'elsewhere', dueAtMs: 0 });
  world.salesforce.revocation = 'done';
  await exchange(world);
  assert.deepEqual(world.salesforce.revoked, []);
});

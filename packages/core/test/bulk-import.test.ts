import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError, type NewConnection, StoreError } from '../src/index.ts';
import { ORIGIN, SECRET } from './support/simulated-salesforce.ts';
import { around } from './support/staged-death.ts';
import { World } from './support/world.ts';

const SETTINGS = { loginUrl: ORIGIN, clientId: 'synthetic-consumer-key', introspect: 'off' } as const;
const client = (clientSecret = SECRET): NewConnection => ({
  settings: { ...SETTINGS, grant: 'client-credentials' },
  secrets: { clientSecret },
});
const adopted = (refreshToken: string): NewConnection => ({
  settings: { ...SETTINGS, grant: 'refresh-token' },
  secrets: { clientSecret: SECRET },
  refreshToken,
});
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.code;
  });

test('what an earlier run has made is left as it is; what is something else under that name is refused', async () => {
  const world = new World();
  const { administration } = world.process();
  const first = administration.bulkImport();
  assert.equal(await first.connect('a', client()), 'made');
  assert.equal(await first.connect('b', adopted('rt-b')), 'made');
  const second = world.process().administration.bulkImport();
  assert.deepEqual([await second.connect('a', client()), await second.connect('b', adopted('rt-b'))], ['was-there', 'was-there']);
  assert.equal(await code(second.connect('a', client('another-synthetic-secret'))), 'connection_exists');
  assert.equal(
    await code(second.connect('a', { ...client(), settings: { ...client().settings, labels: { team: 'x' } } })),
    'connection_exists',
  );
  assert.equal(await code(second.connect('b', adopted('rt-other'))), 'connection_exists');
  assert.equal(await code(second.connect('c', adopted('rt-b'))), 'grant_is_shared');
});

test('a refresh token that has been rotated away since is known, and the connection is there', async () => {
  const world = new World();
  await world.adopt();
  const before = world.salesforce.currentRefreshToken;
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.notEqual(world.salesforce.currentRefreshToken, before, 'the app rotates');
  const bulk = world.process().administration.bulkImport();
  assert.equal(await code(bulk.connect('copy', adopted(before))), 'grant_is_shared');
});

test('of two rows with one grant, at once or one after the other, one is made', async () => {
  const world = new World();
  const bulk = world.process().administration.bulkImport();
  const outcomes = await Promise.all(['a', 'b'].map((name) => code(bulk.connect(name, adopted('rt-1')))));
  assert.deepEqual(outcomes.toSorted(), ['grant_is_shared', 'made']);
  assert.equal(await code(bulk.connect('c', adopted('rt-1'))), 'grant_is_shared');
});

test('a row that is refused leaves nothing, and its grant free', async () => {
  const world = new World();
  const bulk = world.process().administration.bulkImport();
  assert.equal(await code(bulk.connect('Not a name', adopted('rt-1'))), 'invalid_name');
  assert.equal(
    await code(bulk.connect('a', { ...adopted('rt-1'), settings: { ...SETTINGS, grant: 'nothing' } })),
    'invalid_setting',
  );
  assert.equal(await bulk.connect('a', adopted('rt-1')), 'made');
});

test('a store that fails is not a row that is refused', async () => {
  const world = new World();
  const { ports } = world.process();
  const store = around(ports.store, (name, proceed) => {
    if (name === 'insertConnection') throw new StoreError('store_full', 'synthetic');
    return proceed();
  });
  const bulk = world.process({ store }).administration.bulkImport();
  await assert.rejects(bulk.connect('a', adopted('rt-1')), StoreError);
});

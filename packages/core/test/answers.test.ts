import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../src/errors.ts';
import { MemoryStore } from './support/memory-ports.ts';
import { turns } from './support/staged-death.ts';
import { World } from './support/world.ts';

type Written = 'token' | 'connection' | 'spool';

/** A world whose one renewal has left when some of its disk stops taking writes. */
async function brokenAfterSending(broken: readonly Written[]) {
  const world = new World();
  await world.adopt();
  const said: string[] = [];
  let isBroken = false;
  world.disk.beforeWrite = (what) => {
    if (isBroken && broken.includes(what)) throw new StoreError('store_full', 'synthetic: no room');
  };
  const process = world.process({ warn: (text) => said.push(text) });
  const call = process.manager.getToken('acme');
  const outcome = call.then(
    () => 'a token',
    (error: { code: string }) => error.code,
  );
  while (world.salesforce.posts.length === 0) await turns(1);
  isBroken = true;
  const mend = (): void => {
    isBroken = false;
  };
  return { world, process, outcome, said, mend };
}

test('an answer that can be neither staged nor stored is kept until one of both works, and nobody else posts meanwhile', async () => {
  const { world, process, outcome, said, mend } = await brokenAfterSending(['token', 'spool']);
  assert.equal(await world.clock.settle(outcome), 'renewal_in_progress');
  for (let minute = 0; minute < 10; minute += 1) {
    world.clock.advance(60_000);
    await turns();
    assert.equal(
      await world.clock.settle(
        world
          .process()
          .manager.getToken('acme')
          .catch(({ code }) => code),
      ),
      'renewal_in_progress',
    );
  }
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /neither staged nor stored/);
  mend();
  await world.clock.settle(process.manager.idle());
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.salesforce.posts.length, 1);
});

test('once the spool takes the answer the process is free to go, and the next one stores it', async () => {
  const { world, process, mend } = await brokenAfterSending(['token']);
  const error = await world.clock.settle(
    process.manager
      .idle()
      .then(() => process.manager.getToken('acme'))
      .catch(({ code }) => code),
  );
  assert.equal(error, 'store_full');
  assert.equal(world.disk.spool.size, 1);
  mend();
  await world.clock.settle(world.process().manager.getToken('acme'));
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.equal(world.salesforce.posts.length, 1);
});

test('an answer that can be stored but not staged is stored, and the history says what failed', async () => {
  const { world, process, outcome } = await brokenAfterSending(['spool']);
  assert.equal(await world.clock.settle(outcome), 'a token');
  await world.clock.settle(process.ports.underway.idle());
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
  assert.ok(world.disk.events.some(({ detail }) => String(detail['text']).includes('could not be staged: store_full')));
});

test('a row that could not be replaced is read before the next try: what is sealed in it may be outdated', async () => {
  const world = new World();
  await world.adopt();
  /** Another data key comes in the moment in which the answer is stored. */
  class Rekeyed extends MemoryStore {
    tries = 0;
    reads = 0;
    override getToken(connectionId: string) {
      this.reads += 1;
      return super.getToken(connectionId);
    }
    override async updateToken(...update: Parameters<MemoryStore['updateToken']>) {
      const [, , events] = update;
      if (events.some(({ type }) => type === 'renewed')) {
        this.tries += 1;
        if (this.tries === 1) {
          this.reads = 0;
          throw new StoreError('store_locked', 'synthetic: sealed by a key that has a successor', { retryable: true });
        }
        assert.equal(this.reads, 1);
      }
      return super.updateToken(...update);
    }
  }
  const store = new Rekeyed(world.disk);
  await world.clock.settle(world.process({ store }).manager.getToken('acme'));
  assert.equal(store.tries, 2);
  assert.equal(world.storedRefreshToken(), world.salesforce.currentRefreshToken);
});

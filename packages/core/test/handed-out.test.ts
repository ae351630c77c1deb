import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthError } from '../src/errors.ts';
import type { ExchangeLock } from '../src/ports.ts';
import type { AccessToken } from '../src/tokens/access-token.ts';
import type { TokenManager } from '../src/tokens/token-manager.ts';
import { turns } from './support/staged-death.ts';
import { World } from './support/world.ts';

const OVER_MS = 7_300_000;

/** A process whose first flight stands still when its token is stored, until `land` is called. */
async function standstill(world: World): Promise<{ manager: TokenManager; call: Promise<AccessToken>; land: () => void }> {
  const { ports } = world.process();
  let land = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    land = resolve;
  });
  let releasing = false;
  const lock: ExchangeLock = {
    async tryAcquire(id, forMs) {
      const lease = await ports.lock.tryAcquire(id, forMs);
      const release = async (): Promise<void> => {
        await lease?.release();
        releasing = true;
        await gate;
      };
      return lease && { ...lease, release };
    },
  };
  const { manager } = world.process({ lock });
  const call = manager.getToken('acme');
  call.catch(() => undefined);
  while (!releasing) {
    await turns(1);
    world.clock.advance(10);
  }
  return { manager, call, land };
}

/** The same, and another process has reported the token that the flight stored. */
async function reportedMeanwhile() {
  const world = new World();
  await world.adopt();
  const flight = await standstill(world);
  const other = world.process().manager;
  const stored = await other.getToken('acme');
  await other.reportInvalid('acme', stored.value);
  return { world, ...flight, stored };
}

test('a token reported a while ago is not handed out by the flight that brought it', async () => {
  const { world, manager, call, land, stored } = await reportedMeanwhile();
  world.clock.advance(1_100);
  await manager.getToken('nobody').catch(() => undefined);
  land();
  const handedOut = await world.clock.settle(call.catch((error: AuthError) => error.code));
  assert.notEqual(typeof handedOut === 'string' ? '' : handedOut.value, stored.value);
  world.clock.advance(5_000);
  assert.notEqual((await world.clock.settle(manager.getToken('acme'))).value, stored.value);
});

test('who joins a flight after its token was reported does not get that token', async () => {
  const { world, manager, call, land, stored } = await reportedMeanwhile();
  const joined = manager.getToken('acme').catch((error: AuthError) => error.code);
  await turns(5);
  land();
  assert.equal((await call).value, stored.value);
  assert.equal(await world.clock.settle(joined), 'renewal_in_progress');
  world.clock.advance(1_100);
  assert.notEqual((await world.clock.settle(manager.getToken('acme'))).value, stored.value);
});

test('a token that ran out while its process, or its machine, stood still is not handed out', async () => {
  const ways = {
    process: (world: World) => world.clock.advance(OVER_MS),
    machine: (world: World) => world.clock.skew(OVER_MS),
  };
  for (const [who, stands] of Object.entries(ways)) {
    const world = new World();
    await world.adopt();
    const { call, land } = await standstill(world);
    stands(world);
    land();
    const error: unknown = await world.clock.settle(call.catch((reason: unknown) => reason));
    assert.ok(error instanceof AuthError, who);
    assert.equal(error.code, 'renewal_in_progress', who);
    assert.equal(error.retryable, true);
  }
});

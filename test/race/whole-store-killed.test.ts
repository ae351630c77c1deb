import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { verifyStore } from '@forcemint/core/maintenance/verify-store';
import { type MaintainedStore, openMaintenance } from '@forcemint/node/open-maintenance';
import { systemRandom } from '@forcemint/node/random';
import { parseStoreLocation } from '@forcemint/node/store-location';
import { child } from '../../packages/node/test/support/child.ts';
import { everythingOpened, fill } from '../../packages/node/test/support/filled-store.ts';
import { sized } from '../support/length.ts';
import { type StoreKind, storeKinds } from '../support/store-kinds.ts';
import type { StoreHome } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const CHILD = new URL('./support/whole-store.child.ts', import.meta.url);
/** Enough for a run to have many steps, and to be killed in the middle of writing. */
const CONNECTIONS = 1_200;
const KILLS = sized(2, 60);

function environment({ home, store }: StoreHome, key?: Uint8Array): NodeJS.ProcessEnv {
  return {
    FORCEMINT_HOME: home,
    ...(store === undefined ? {} : { FORCEMINT_STORE: store }),
    ...(key === undefined ? {} : { FORCEMINT_MASTER_KEY: Buffer.from(key).toString('base64') }),
  };
}

async function withStore<T>(env: NodeJS.ProcessEnv, work: (store: MaintainedStore) => Promise<T>, url?: string): Promise<T> {
  const location = url === undefined ? undefined : parseStoreLocation(url, 'URL');
  await using store = await openMaintenance({ env, location, mayCreate: true, warn: () => undefined });
  return await work(store);
}

/** A filled store of this kind, and everything that is sealed in it. */
async function filled(t: TestContext, kind: StoreKind) {
  const where = (await kind.place(t)).machine();
  const keyFile = join(where.home, 'master.key');
  const key = systemRandom.bytes(32);
  if (!existsSync(keyFile)) writeFileSync(keyFile, Buffer.from(key).toString('base64'), { mode: 0o600 });
  const content = await withStore(environment(where), async (store) => {
    await fill(store, CONNECTIONS);
    return everythingOpened(store);
  });
  return { where, content };
}

/**
 * Runs the command again and again, each time killed after a random number of its steps, a random few microseconds later, and at last to its end. What was
 * killed at which step is told if the test fails.
 */
async function killedUntilDone(
  t: TestContext,
  where: StoreHome,
  [command = '', ...args]: readonly string[],
  between: () => Promise<void> = async () => undefined,
): Promise<void> {
  const start = () => child(t, CHILD, [command, where.home, ...args], { ...process.env, ...environment(where) });
  const mostSteps = command === 'restored' || command === 'clone' ? 6 : 14;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const running = start();
    const steps = randomInt(1, mostSteps);
    while (running.lines.length < steps && !running.lines.includes('done')) {
      if ((await Promise.race([running.ended, another(running.lines)])) !== undefined) break;
    }
    for (let spin = randomInt(300_000); spin > 0; spin -= 1);
    running.process.kill('SIGKILL');
    await running.ended;
    t.diagnostic(`killed after ${running.lines.length} steps, the last of them: ${running.lines.at(-1)}`);
    await between();
  }
  const last = start();
  assert.equal(await last.ended, 0);
  assert.equal(last.lines.at(-1), 'done');
}

/** Resolves when there is another line. */
function another(lines: readonly string[]): Promise<undefined> {
  const { length } = lines;
  return new Promise((resolve) => {
    const look = () => (lines.length > length ? resolve(undefined) : setImmediate(look));
    look();
  });
}

async function mustBeWhole(store: MaintainedStore): Promise<void> {
  assert.deepEqual((await verifyStore({ ...store, report: () => undefined })).findings, []);
}

for (const kind of storeKinds()) {
  const { name, skip } = kind;

  test(`${name}: rotate-key killed at random points: both master keys open everything, under one data key`, {
    skip,
  }, async (t) => {
    const { where, content } = await filled(t, kind);
    const newKey = systemRandom.bytes(32);
    await killedUntilDone(t, where, ['rotate', Buffer.from(newKey).toString('hex')]);
    for (const key of [undefined, newKey]) {
      await withStore(environment(where, key), async (store) => {
        assert.deepEqual(await everythingOpened(store), content);
        await mustBeWhole(store);
        assert.equal((await store.store.readKeys()).dataKeys.length, 1);
      });
    }
  });

  test(`${name}: copy killed at random points: the target has every grant in the end, and never are two in use`, {
    skip,
  }, async (t) => {
    const { where, content } = await filled(t, kind);
    const elsewhere = (await kind.place(t)).machine();
    const url = elsewhere.store ?? `sqlite:${join(temporaryHome(t), 'target.db')}`;
    const env = environment(where);
    const conditions = () =>
      withStore(env, (from) =>
        withStore(
          env,
          async ({ store }) => ({
            here: (await from.store.condition()).is,
            there: (await store.condition()).is,
            size: await store.size(),
          }),
          url,
        ),
      );
    await killedUntilDone(t, where, ['copy', url], async () => {
      const { here, there, size } = await conditions();
      // Where the source is in use, the target holds nothing; where the target is, the source has moved.
      if (here === 'active') assert.equal(size.tokens, 0);
      if (there === 'active') assert.ok(size.tokens === 0 || here === 'moved');
    });
    const { here, there, size } = await conditions();
    assert.deepEqual([here, there, size], ['moved', 'active', await withStore(env, ({ store }) => store.size())]);
    await withStore(
      env,
      async (store) => {
        assert.deepEqual(await everythingOpened(store), content);
        await mustBeWhole(store);
      },
      url,
    );
  });

  for (const adoption of ['restored', 'clone'] as const) {
    test(`${name}: adopt --${adoption} killed at random points: in doubt until it is done, and then all of it is`, {
      skip,
    }, async (t) => {
      const { where, content } = await filled(t, kind);
      await killedUntilDone(t, where, [adoption]);
      await withStore(environment(where), async (store) => {
        await mustBeWhole(store);
        const phases = new Set<string>();
        for (const { connection, token } of await store.store.pageRows(undefined, 10_000)) {
          if (connection !== undefined) phases.add(token.exchange.phase);
        }
        assert.deepEqual([...phases], [adoption === 'restored' ? 'unknown' : 'reauthorization-required']);
        const left = await everythingOpened(store);
        if (adoption === 'restored') assert.deepEqual(left, content);
        else assert.ok([...left.keys()].every((sealed) => sealed.endsWith(' secrets')));
      });
    });
  }
}

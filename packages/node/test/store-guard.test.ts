import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openSqliteStore, type SqliteStore } from '@forcemint/store/sqlite/sqlite-store';
import { systemClock } from '../src/clock.ts';
import { systemRandom as random } from '../src/random.ts';
import { StoreGuard, type StoreGuardOptions } from '../src/store-guard.ts';
import { type Ending, failure, temporaryDirectory } from './support/machine.ts';

const MINUTE_MS = 60_000;

interface Machine {
  readonly directory: string;
  readonly mirrors: string;
  readonly warnings: string[];
  /** Moves the clock that guards go by. */
  later(ms: number): void;
  open(name: string): Promise<SqliteStore>;
  guard(store: StoreGuardOptions['store'], label?: string): StoreGuard;
}

function machine(t: Ending): Machine {
  const directory = temporaryDirectory(t);
  const mirrors = `${directory}/generations`;
  const warnings: string[] = [];
  let aheadMs = 0;
  return {
    directory,
    mirrors,
    warnings,
    later: (ms) => {
      aheadMs += ms;
    },
    open: async (name) => {
      const store = await openSqliteStore({ path: `${directory}/${name}`, clock: systemClock, random });
      t.after(() => store[Symbol.asyncDispose]());
      return store;
    },
    guard: (store, label) =>
      new StoreGuard({
        store,
        directory: mirrors,
        label,
        clock: { nowMs: () => Date.now() + aheadMs },
        random,
        warn: (text) => warnings.push(text),
      }),
  };
}

/** A copy of the store as it is, under another name. */
async function copied({ directory }: Machine, store: SqliteStore, from: string, to: string): Promise<void> {
  await store[Symbol.asyncDispose]();
  copyFileSync(`${directory}/${from}`, `${directory}/${to}`);
}

test('a store that is opened rises by one generation, and its mirror says so; a missing mirror proves nothing', async (t) => {
  const { mirrors, open, guard, later, warnings } = machine(t);
  const store = await open('a.db');
  const before = (await store.standing()).generation;
  await guard(store).check();
  assert.equal((await store.standing()).generation, before + 1);
  assert.deepEqual(readdirSync(mirrors), [`${store.storeId}.json`]);
  const path = `${mirrors}/${store.storeId}.json`;
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { generation: before + 1 });
  assert.equal((statSync(path).mode & 0o777).toString(8), '600');
  assert.equal((statSync(mirrors).mode & 0o777).toString(8), '700');
  later(2 * MINUTE_MS);
  await guard(store).check();
  assert.equal((await store.standing()).generation, before + 2);
  assert.deepEqual(await store.condition(), { is: 'active' });
  assert.deepEqual(warnings, []);
});

test('processes that start within a minute of one another share a generation', async (t) => {
  const { open, guard, later } = machine(t);
  const store = await open('a.db');
  await guard(store).check();
  const { generation } = await store.standing();
  for (let i = 0; i < 5; i += 1) await guard(store).check();
  assert.equal((await store.standing()).generation, generation);
  later(MINUTE_MS + 1_000);
  await guard(store).check();
  assert.equal((await store.standing()).generation, generation + 1);
});

test('a mirror from the future is no reason to share a generation', async (t) => {
  const { mirrors, open, guard } = machine(t);
  const store = await open('a.db');
  await guard(store).check();
  const { generation } = await store.standing();
  const ahead = new Date(Date.now() + 3_600_000);
  utimesSync(`${mirrors}/${store.storeId}.json`, ahead, ahead);
  await guard(store).check();
  assert.equal((await store.standing()).generation, generation + 1);
});

test('a store restored from a backup is quarantined, with the evidence, and stays so', async (t) => {
  const here = machine(t);
  const first = await here.open('a.db');
  await copied(here, first, 'a.db', 'backup.db');
  const store = await here.open('a.db');
  await here.guard(store).check();
  const { generation } = await store.standing();
  const restored = await here.open('backup.db');
  await here.guard(restored).check();
  const condition = await restored.condition();
  assert.equal(condition.is, 'quarantined');
  assert.ok(condition.is === 'quarantined');
  assert.equal(condition.why, 'restored');
  assert.match(condition.evidence, new RegExp(`generation is \\d+, and on this machine it was ${generation} before`));
  await here.guard(restored).check();
  assert.deepEqual(await restored.condition(), condition);
});

test('a store that goes back while it is in use is noticed by its generation', async (t) => {
  const { open, guard } = machine(t);
  const store = await open('a.db');
  const running = guard(store);
  await running.check();
  const { generation } = await store.standing();
  assert.equal(await running.noticed(generation + 3), false);
  assert.equal(await running.noticed(generation + 3), false);
  assert.deepEqual(await store.condition(), { is: 'active' });
  assert.equal(await running.noticed(generation + 2), true);
  assert.equal((await store.condition()).is, 'quarantined');
});

test('a label that differs from the stored one is a clone; the same label is none, and no label says nothing', async (t) => {
  const { open, guard } = machine(t);
  const store = await open('a.db');
  await guard(store, 'production').check();
  assert.equal((await store.standing()).label, 'production');
  await guard(store, 'production').check();
  await guard(store).check();
  assert.deepEqual(await store.condition(), { is: 'active' });
  await guard(store, 'staging').check();
  const condition = await store.condition();
  assert.ok(condition.is === 'quarantined');
  assert.equal(condition.why, 'clone');
  assert.match(condition.evidence, /labelled production.*says staging/);
  assert.equal((await store.standing()).label, 'production');
});

test('two stores with one label on a machine are refused: the variable was kept when the store was changed', async (t) => {
  const { open, guard } = machine(t);
  const first = await open('a.db');
  await guard(first, 'production').check();
  const second = await open('b.db');
  const error = await failure(() => guard(second, 'production').check());
  assert.equal(error.code, 'store_label_taken');
  assert.ok(error.message.includes(first.storeId));
  assert.equal((await second.standing()).label, undefined);
});

test('a damaged mirror is no evidence, and is written anew', async (t) => {
  const { mirrors, open, guard } = machine(t);
  const store = await open('a.db');
  mkdirSync(mirrors, { mode: 0o700 });
  for (const damage of ['', '{', 'null', '[]', '{"generation":"9"}', '{"generation":null}']) {
    const path = `${mirrors}/${store.storeId}.json`;
    writeFileSync(path, damage, { mode: 0o600 });
    utimesSync(path, new Date(0), new Date(0));
    await guard(store).check();
    assert.deepEqual(await store.condition(), { is: 'active' }, damage);
    assert.equal(typeof JSON.parse(readFileSync(path, 'utf8')).generation, 'number', damage);
  }
});

test('a mirror that cannot be written is told, and does not keep anybody from the store', async (t) => {
  const { mirrors, open, guard, warnings } = machine(t);
  const store = await open('a.db');
  writeFileSync(mirrors, 'a file where the folder should be');
  await guard(store).check();
  assert.deepEqual(await store.condition(), { is: 'active' });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /restored copy may go unnoticed/);
});

test('a process that starts while another raises the generation does not take the store for an older copy', async (t) => {
  const { open, guard, later } = machine(t);
  const store = await open('a.db');
  await guard(store).check();
  later(2 * MINUTE_MS);
  const other = guard(store);
  const slow = new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property !== 'standing') return typeof value === 'function' ? value.bind(target) : value;
      return async () => {
        const standing = await target.standing();
        await other.raise();
        return standing;
      };
    },
  });
  await guard(slow).check();
  assert.deepEqual(await store.condition(), { is: 'active' });
});

test('a database that was recovered to a point in time is quarantined, though it seems to have failed over', async (t) => {
  const { open, guard, later } = machine(t);
  const store = await open('a.db');
  await store.raiseGeneration(40);
  await guard(store).check();
  later(2 * MINUTE_MS);
  const asked: unknown[] = [];
  const failedOver = { is: 'failed-over', untilMs: 600_000 } as const;
  const recovered = new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property === 'standing')
        return async () => ({ storeId: target.storeId, label: undefined, generation: 7, condition: failedOver });
      if (property === 'setCondition')
        return async (next: unknown, expected: unknown) => {
          asked.push(next, expected);
          return true;
        };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await guard(recovered).check();
  const [next, expected] = asked;
  assert.ok(typeof next === 'object' && next !== null && 'is' in next && next.is === 'quarantined');
  assert.deepEqual(expected, failedOver);
});

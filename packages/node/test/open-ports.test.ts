import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { openSqliteStore } from '@forcemint/store/sqlite/sqlite-store';
import { systemClock as clock } from '../src/clock.ts';
import { type OpenedPorts, openPorts } from '../src/open-ports.ts';
import { systemRandom as random } from '../src/random.ts';
import { type Ending, failure, temporaryDirectory } from './support/machine.ts';

const PLACE = { table: 'tokens', row: 'c1', column: 'refresh_token', version: 1 };

function opener(t: Ending) {
  const home = temporaryDirectory(t);
  const told: string[] = [];
  const open = (env: NodeJS.ProcessEnv = {}): Promise<OpenedPorts> =>
    openPorts({ env, home, onWarning: (text) => told.push(text) });
  return { home, told, open };
}

test('who opens a store for the first time binds it to a key; what one process seals the next one opens', async (t) => {
  const { home, open, told } = opener(t);
  const first = await open();
  const sealed = first.ports.seal.seal(PLACE, 'synthetic');
  await first.close();
  const second = await open();
  assert.equal(second.ports.seal.open(PLACE, sealed), 'synthetic');
  assert.equal(second.ports.replicas, undefined);
  await second.close();
  assert.deepEqual(told, []);
  assert.ok(existsSync(`${home}/generations`) || readdirSync(home).some((name) => existsSync(`${home}/${name}/generations`)));
});

test('another key over existing data is refused, never taken for a new one, and the store is closed again', async (t) => {
  const { open } = opener(t);
  await (await open()).close();
  const other = randomBytes(32).toString('base64');
  assert.equal((await failure(() => open({ FORCEMINT_MASTER_KEY: other }))).code, 'wrong_master_key');
  const again = await open();
  await again.close();
});

test('a store into which another is being copied is not opened', async (t) => {
  const { home, open } = opener(t);
  const path = `${home}/filling.db`;
  const store = await openSqliteStore({ path, clock, random });
  const from = { storeId: 'another', url: 'sqlite:/elsewhere.db' };
  await store.setCondition({ is: 'filling', from }, { is: 'active' });
  await store[Symbol.asyncDispose]();
  const error = await failure(() => open({ FORCEMINT_STORE: `sqlite:${path}` }));
  assert.equal(error.code, 'store_filling');
});

test('a label is given to the store, and a copy of it that is labelled otherwise is quarantined', async (t) => {
  const { open } = opener(t);
  const production = await open({ FORCEMINT_STORE_LABEL: 'production' });
  assert.equal((await production.opened.store.standing()).label, 'production');
  await production.close();
  const staging = await open({ FORCEMINT_STORE_LABEL: 'staging' });
  assert.equal((await staging.ports.store.condition()).is, 'quarantined');
  await staging.close();
});

test('a password in FORCEMINT_STORE is warned of, and never repeated', async (t) => {
  const { open, told } = opener(t);
  const password = 'synthetic-password';
  const error = await failure(() => open({ FORCEMINT_STORE: `postgres://forcemint:${password}@127.0.0.1:1/none` }));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /FORCEMINT_STORE_FILE/);
  for (const text of [...told, error.message]) assert.ok(!text.includes(password));
});

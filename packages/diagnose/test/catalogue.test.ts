import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../src/evidence.ts';
import { CATALOGUE, LOGIN_STATUSES, rowOf } from '../src/index.ts';

test('113 rows, each under an id of its own, in the order of their families', () => {
  const sizes = Object.entries(Object.groupBy(CATALOGUE, ({ id }) => id.charAt(0)));
  assert.deepEqual(
    sizes.map(([family, rows]) => `${family}${rows?.length}`),
    ['J18', 'A14', 'R11', 'K8', 'X3', 'P2', 'D5', 'S2', 'T9', 'Z19', 'V8', 'H14'],
  );
  for (const [family, rows = []] of sizes)
    assert.deepEqual(
      rows.map(({ id }) => id),
      rows.map((_, index) => `${family}${index + 1}`),
    );
  assert.equal(new Set(CATALOGUE.map(({ title }) => title)).size, CATALOGUE.length, 'titles are told apart');
});

test('each row says what it is known by, why, what to do, and where it was read', () => {
  for (const { id, says, causes, fix, sources, endpoints, who, setup } of CATALOGUE) {
    for (const list of [says, causes, fix, sources, endpoints]) assert.ok(list.length > 0, id);
    for (const { text } of says) assert.equal(text === undefined ? undefined : plain(text), text, `${id}: as texts are compared`);
    for (const sentence of [...causes, ...fix]) assert.match(sentence, /^\S.*\S$/, id);
    for (const cause of causes) assert.match(cause, /[.!?]$/, `${id}: ${cause}`);
    assert.equal(new Set([...causes, ...fix]).size, causes.length + fix.length, `${id} says a thing once`);
    if (who === 'salesforce-admin') assert.ok(setup.length > 0, `${id}: an admin has to know where`);
  }
});

test('a row is found by its id in any case, and by nothing else', () => {
  assert.equal(rowOf(' j1 ')?.id, 'J1');
  for (const nothing of ['', 'J0', 'J19', 'J', 'constructor', '__proto__']) assert.equal(rowOf(nothing), undefined);
});

test('each status of the Login History leads to rows that there are, or says what it means', () => {
  assert.ok(LOGIN_STATUSES.length > 50);
  for (const { status, text, rows, meaning } of LOGIN_STATUSES) {
    for (const id of rows) assert.equal(rowOf(id)?.id, id, `${status}: ${id}`);
    assert.ok(rows.length > 0 || meaning !== undefined, `${status} ${text}`);
    assert.ok(text.length > 0 || status === 'LOGIN_NO_ERROR', status);
  }
  const names = LOGIN_STATUSES.flatMap(({ status }) => status ?? []);
  assert.equal(new Set(names).size, names.length);
});

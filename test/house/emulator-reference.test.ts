import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { referenceTables, withReferenceTables } from '../../tools/emulator-reference.ts';

const page = readFileSync(new URL('../../docs/emulator.md', import.meta.url), 'utf8');

test('the tables of docs/emulator.md are those of the data (node --conditions=source tools/update-emulator-reference.ts)', async () => {
  const tables = await referenceTables();
  assert.equal(withReferenceTables(page, tables), page);
  const shown = [...page.matchAll(/<!-- table (\w+) -->/g)].map(([, name]) => name);
  assert.deepEqual(shown.toSorted(), [...tables.keys()].toSorted(), 'each table once');
});

test('a table that has rotted is noticed', async () => {
  const tables = await referenceTables();
  assert.notEqual(
    withReferenceTables(page.replace('| `jtiReplayCheck` |', '| `jtiCheck` |'), tables),
    page.replace('| `jtiReplayCheck` |', '| `jtiCheck` |'),
  );
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const FAULTS = new URL('../fault/', import.meta.url);

test('each fault of the list is proved by a test that is there', () => {
  const list = readFileSync(new URL('README.md', FAULTS), 'utf8');
  const rows = [...list.matchAll(/^\| [\d, ]+ \| .+? \| `(.+?)` \| (.+?) \|$/gm)];
  assert.ok(rows.length > 40, `${rows.length} rows`);
  for (const [row, file = '', words = ''] of rows) {
    assert.ok(readFileSync(new URL(file, FAULTS), 'utf8').includes(words), row);
  }
});

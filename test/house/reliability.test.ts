import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DURATIONS } from '@forcemint/core';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8');
const UNITS: Readonly<Record<string, number>> = { s: 1_000, d: 86_400_000 };

test('each test that the page on reliability names is there', () => {
  const files = new Set([...page.matchAll(/(?:packages|test)\/[\w./-]+\.test\.ts/g)].map(([file]) => file));
  assert.ok(files.size > 15, `${files.size} files`);
  for (const file of files) assert.ok(existsSync(join(ROOT, file)), file);
});

test('each command that it names is one of the project’s', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const names = new Set([...page.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name));
  assert.ok(names.size >= 4);
  for (const name of names) assert.ok(name in scripts, name);
});

test('each duration that it names has the value that the code has', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+)(?: (s|d))? \|/gm)];
  assert.ok(rows.length >= 10);
  for (const [, name = '', value, unit = ''] of rows) {
    assert.equal(Number(value) * (UNITS[unit] ?? 1), DURATIONS[name as keyof typeof DURATIONS], name);
  }
});

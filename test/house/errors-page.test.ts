import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CATALOGUE } from '@forcemint/diagnose';
import { errorsPage } from '../../tools/errors-page.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md is the catalogue (node --conditions=source tools/update-errors-page.ts)', () => {
  assert.equal(page, errorsPage());
});

test('the page has each row once, and none that the catalogue has not', () => {
  const shown = [...page.matchAll(/^### ([A-Z]\d+) (.+)$/gm)].map(([, id, title]) => `${id} ${title}`);
  assert.deepEqual(
    shown,
    CATALOGUE.map(({ id, title }) => `${id} ${title}`),
  );
});

test('every link of the page leads to a heading of it', () => {
  const headings = new Set([...page.matchAll(/^##+ (.+)$/gm)].map(([, heading = '']) => anchor(heading)));
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
  assert.ok(links.length > 80);
  for (const link of links) assert.ok(headings.has(link), link);
});

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { embeddedExamples, rottenExamples, withCurrentExamples } from '../../tools/embedded-examples.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const fromRepository = (path: string): string | undefined =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;

test('every page shows its examples as the files are (node tools/update-examples.ts writes them anew)', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root });
  assert.ok(pages.includes(join('docs', 'architecture.md')));
  const rotten = pages.flatMap((page) =>
    rottenExamples(readFileSync(join(root, page), 'utf8'), fromRepository).map((problem) => `${page}, ${problem}`),
  );
  assert.deepEqual(rotten, []);
});

const FILES: Readonly<Record<string, string>> = {
  'examples/a.js': 'one\n\ntwo\nthree\n',
  'examples/fenced.md': '```sh\nls\n```\n',
  'examples/empty.txt': '',
};
const read = (path: string): string | undefined => FILES[path];
const page = (mark: string, block: string, fence = '```'): string =>
  `# Page\n\n${mark}\n${fence}js\n${block}\n${fence}\n\nText.\n`;

test('a block that equals its file, and an excerpt of whole lines, are right', () => {
  assert.deepEqual(rottenExamples(page('<!-- examples/a.js -->', 'one\n\ntwo\nthree'), read), []);
  assert.deepEqual(rottenExamples(page('<!-- examples/a.js -->\n', 'one\n\ntwo\nthree', '~~~~'), read), []);
  assert.deepEqual(rottenExamples(page('<!-- examples/fenced.md -->', '```sh\nls\n```', '````'), read), []);
  assert.deepEqual(rottenExamples(page('<!-- excerpt of examples/a.js -->', 'two\nthree'), read), []);
});

test('a block that has rotted is found', () => {
  for (const [mark, block, problem] of [
    ['<!-- examples/a.js -->', 'one\n\ntwo', 'line 3: the block is not examples/a.js'],
    ['<!-- examples/a.js -->', 'one\n\ntwo \nthree', 'line 3: the block is not examples/a.js'],
    ['<!-- excerpt of examples/a.js -->', 'one\ntwo', 'line 3: the block is no run of lines of examples/a.js'],
    ['<!-- excerpt of examples/a.js -->', 'tw', 'line 3: the block is no run of lines of examples/a.js'],
    ['<!-- excerpt of examples/a.js -->', 'three\n', 'line 3: the block is no run of lines of examples/a.js'],
    ['<!-- examples/gone.js -->', 'one', 'line 3: there is no file examples/gone.js'],
  ] as const) {
    assert.deepEqual(rottenExamples(page(mark, block), read), [problem]);
  }
});

test('a mark that would be overlooked is an error', () => {
  for (const mark of [
    '<!--examples/a.js-->',
    '<!-- see examples/a.js -->',
    ' <!-- examples/a.js -->',
    '- <!-- examples/a.js -->',
  ]) {
    assert.throws(() => embeddedExamples(page(mark, 'one')), /^SyntaxError: line 3: expected <!-- examples\/PATH -->/);
  }
  assert.throws(() => embeddedExamples('<!-- examples/a.js -->\n\nText.\n```\n```\n'), /line 1: there is no code block below/);
  assert.throws(() => embeddedExamples('<!-- examples/a.js -->\n```js\none\n'), /line 2: the code block is not closed/);
});

test('what stands in code is no mark', () => {
  assert.deepEqual(embeddedExamples('Write `<!-- examples/a.js -->` above it, or `<!-- excerpt of examples/… -->`.\n'), []);
  assert.deepEqual(embeddedExamples('````md\n<!-- examples/a.js -->\n```js\n```\n````\n'), []);
});

test('a page with its examples written anew is right, and the rest of it is as it was', () => {
  const prose = fc.constantFrom('', 'Text.', '# Title', '```sh\nls\n```', '~~~\n<!-- examples/a.js -->\n~~~');
  const blockLines = fc.array(fc.constantFrom('', 'one', 'two', '~~~', '<!-- examples/a.js -->'), { maxLength: 4 });
  const example = fc
    .tuple(fc.constantFrom(...Object.keys(FILES)), blockLines)
    .map(([path, lines]) => ['', `<!-- ${path} -->`, '````', ...lines, '````', ''].join('\n'));
  fc.assert(
    fc.property(fc.array(fc.oneof(prose, example)), (parts) => {
      const markdown = parts.join('\n');
      const current = withCurrentExamples(markdown, read);
      assert.deepEqual(rottenExamples(current, read), []);
      assert.equal(withCurrentExamples(current, read), current);
      const restOf = (text: string): string[] => {
        const examples = embeddedExamples(text);
        return text.split('\n').filter((_, index) => !examples.some(({ start, end }) => index >= start && index < end));
      };
      assert.deepEqual(restOf(current), restOf(markdown));
    }),
  );
});

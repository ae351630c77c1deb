import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findJsonSyntaxProblem } from '../src/import/json-syntax.ts';

const KNOWN = new Set(['Username', 'PrivateKey', 'InstanceUrl']);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('where text stops being JSON', () => {
  test('it agrees with JSON.parse on what is JSON', () => {
    const fragment = fc.constantFrom(
      ...'{}[]:,"\\ \n',
      'true',
      'nul',
      '1',
      '-0.5e3',
      '01',
      '"a"',
      '\\u00e4',
      "'",
      '//',
      '\u0001',
      'é',
    );
    const broken = fc
      .tuple(fc.json(), fc.nat(), fragment, fc.nat({ max: 3 }))
      .map(
        ([text, at, inserted, removed]) =>
          `${text.slice(0, at % (text.length + 1))}${inserted}${text.slice((at % (text.length + 1)) + removed)}`,
      );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          broken,
          fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
        ),
        (text) => {
          assert.equal(findJsonSyntaxProblem(text, KNOWN) === undefined, isJson(text));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('it never shows a value', () => {
    const secret = 'SecretValue0123456789';
    const quote = fc.constantFrom('"', "'", '', '“');
    fc.assert(
      fc.property(fc.array(quote, { minLength: 8, maxLength: 8 }), (q) => {
        const text = `{${q[0]}Username${q[1]}: ${q[2]}${secret}${q[3]}, ${q[4]}PrivateKey${q[5]}: ${q[6]}${secret}\\n${secret}${q[7]}}`;
        const found = findJsonSyntaxProblem(text, KNOWN);
        if (found !== undefined) assert.ok(!JSON.stringify(found).includes('Secret'), JSON.stringify(found));
      }),
    );
  });

  const cases: readonly (readonly [string, number, number, RegExp, RegExp])[] = [
    ['{ "Username": "", InstanceUrl": ""}', 1, 19, /name in double quotes/, /quote before InstanceUrl is missing/],
    ['{\n  "Username": "a"\n  "PrivateKey": "b"\n}', 3, 3, /comma or a closing brace/, /comma is missing/],
    ['{"Username": "a",\n}', 2, 1, /name in double quotes/, /Take the comma before it away/],
    ["{'Username': 'a'}", 1, 2, /name in double quotes/, /double quotes only/],
    ['{“Username”: "a"}', 1, 2, /name in double quotes/, /typographic/],
    ['{Username: "a"}', 1, 2, /name in double quotes/, /Put Username in double quotes/],
    ['{"PrivateKey": "a\nb"}', 1, 18, /line break/, /\\n/],
    ['{"Username": "a', 1, 14, /never ends/, /double quote/],
    ['{"Username": ', 1, 14, /ends in the middle/, /not copied whole/],
    ['{"Username": "a\\x"}', 1, 16, /backslash/, /^$/],
    ['{} {}', 1, 4, /follows the end/, /comma/],
    ['{ // x\n}', 1, 3, /name in double quotes/, /no comments/],
  ];
  for (const [text, line, column, problem, hint] of cases) {
    test(`${JSON.stringify(text)}: line ${line}, column ${column}`, () => {
      const found = findJsonSyntaxProblem(text, KNOWN);
      assert.deepEqual([found?.line, found?.column], [line, column]);
      assert.match(found?.problem ?? '', problem);
      assert.match(found?.hint ?? '', hint);
      assert.match(found?.snippet ?? '', /▸/);
    });
  }

  test('columns count characters, not bytes or UTF-16 units', () => {
    assert.equal(findJsonSyntaxProblem('{"😀": x}', KNOWN)?.column, 7);
  });
});

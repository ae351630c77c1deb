import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Literal, parseSoql, type SoqlQuery, SoqlSyntaxError } from '../src/rest/soql.ts';

const KEYWORDS = new Set([
  'select',
  'from',
  'where',
  'and',
  'order',
  'by',
  'asc',
  'desc',
  'limit',
  'count',
  'null',
  'true',
  'false',
]);
const name = fc.stringMatching(/^[A-Za-z]\w{0,12}$/).filter((text) => !KEYWORDS.has(text.toLowerCase()));
const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const PLAIN = { noNullPrototype: true } as const;
const query: fc.Arbitrary<SoqlQuery> = fc
  .record({
    fields: fc.array(name, { maxLength: 4 }),
    object: name,
    conditions: fc.array(
      fc.record({ field: name, operator: fc.constantFrom('=' as const, '!=' as const), value: literal }, PLAIN),
      { maxLength: 3 },
    ),
    orderBy: fc.option(fc.record({ field: name, isDescending: fc.boolean() }, PLAIN), { nil: undefined }),
    limit: fc.option(fc.nat({ max: 999_999_999 }), { nil: undefined }),
  })
  .map((parts) => ({ ...parts, isCount: parts.fields.length === 0 }));

function write(value: Literal): string {
  return typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : String(value);
}

function print({ fields, isCount, object, conditions, orderBy, limit }: SoqlQuery, space: string): string {
  const words = ['sElEcT', isCount ? 'COUNT ( )' : fields.join(`${space},`), 'from', object];
  for (const [index, { field, operator, value }] of conditions.entries()) {
    words.push(index === 0 ? 'WHERE' : 'and', field, operator, write(value));
  }
  if (orderBy !== undefined) words.push('ORDER', 'by', orderBy.field, orderBy.isDescending ? 'DESC' : 'ASC');
  if (limit !== undefined) words.push('LIMIT', String(limit));
  return space + words.join(space) + space;
}

test('what is printed is read back', () => {
  fc.assert(
    fc.property(query, fc.constantFrom(' ', '\n', ' \t '), (parts, space) => {
      assert.deepEqual(parseSoql(print(parts, space)), parts);
    }),
    { numRuns: 1000 },
  );
});

test('any other text is refused as a syntax error', () => {
  const words = fc.constantFrom(
    'SELECT',
    'Id',
    ',',
    'FROM',
    'User',
    'WHERE',
    '=',
    "'x'",
    'LIMIT',
    '1',
    '(',
    ')',
    'COUNT',
    "'",
    '\\',
    '-',
    ' ',
  );
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        assert.equal(typeof parseSoql(text).object, 'string');
      } catch (error) {
        assert.ok(error instanceof SoqlSyntaxError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('escapes in text', () => {
  const [condition] = parseSoql("SELECT Id FROM User WHERE Name = 'a\\nb\\tc\\'d\\\\e\\\"f'").conditions;
  assert.equal(condition?.value, 'a\nb\tc\'d\\e"f');
});

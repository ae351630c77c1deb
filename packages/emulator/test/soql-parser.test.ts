import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSoql } from '../src/rest/soql/parser.ts';
import { describeSoqlError, SoqlSyntaxError } from '../src/rest/soql/soql-error.ts';
import type { Condition, FieldPath, Literal, Select, SelectItem, SoqlQuery } from '../src/rest/soql/tree.ts';

const RESERVED = new Set(
  'and asc desc excludes first from group having in includes last like limit not null nulls or select using where with order offset for all update as count fields'.split(
    ' ',
  ),
);
const PLAIN = { noNullPrototype: true } as const;
const name = fc.stringMatching(/^[A-Za-z]\w{0,8}$/).filter((text) => !RESERVED.has(text.toLowerCase()));
const path: fc.Arbitrary<FieldPath> = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => ({ names, at: 0 }));
const day = fc.date({ min: new Date('1700-01-01T00:00:00Z'), max: new Date('4000-12-31T00:00:00Z'), noInvalidDate: true });
const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((value) => ({ kind: 'string', value }) as const),
  fc.integer().map((value) => ({ kind: 'number', value }) as const),
  fc.integer({ min: -99_999, max: 99_999 }).map((value) => ({ kind: 'number', value: value / 100 }) as const),
  fc.boolean().map((value) => ({ kind: 'boolean', value }) as const),
  fc.constant({ kind: 'null' } as const),
  day.map((date) => ({ kind: 'date', value: date.toISOString().slice(0, 10) }) as const),
  day.map((date) => ({ kind: 'datetime', value: date.toISOString().replace('Z', '+0000') }) as const),
  fc
    .constantFrom('TODAY', 'LAST_WEEK', 'NEXT_YEAR')
    .map((text) => ({ kind: 'dateLiteral', name: text, count: undefined }) as const),
  fc.nat({ max: 99_999 }).map((count) => ({ kind: 'dateLiteral', name: 'LAST_N_DAYS', count }) as const),
);
const fieldCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record(
    { kind: fc.constant('compare' as const), path, operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='), value: literal },
    PLAIN,
  ),
  fc.record({ kind: fc.constant('like' as const), path, pattern: fc.stringMatching(/^(?:[a-z%_ ]|\\[%_'\\n])*$/) }, PLAIN),
  fc.record(
    {
      kind: fc.constant('in' as const),
      path,
      isNegated: fc.boolean(),
      values: fc.array(literal, { minLength: 1, maxLength: 3 }),
    },
    PLAIN,
  ),
);
const { condition } = fc.letrec<{ condition: Condition; operand: Condition }>((tie) => ({
  condition: fc.oneof({ maxDepth: 4 }, fieldCondition, tie('operand')),
  operand: fc.oneof(
    fc.record(
      {
        kind: fc.constantFrom('and' as const, 'or' as const),
        operands: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
      },
      PLAIN,
    ),
    fc.record({ kind: fc.constant('not' as const), operand: tie('condition') }, PLAIN),
  ),
}));
const selectItem: fc.Arbitrary<SelectItem> = fc.oneof(
  path.map((one) => ({ kind: 'field', path: one }) as const),
  fc.record({ kind: fc.constant('count' as const), path, alias: fc.option(name, { nil: undefined }) }, PLAIN),
  fc.constantFrom('ALL', 'STANDARD', 'CUSTOM').map((group) => ({ kind: 'fields', group, at: 0 }) as const),
);
const wholeNumber = fc.option(fc.nat({ max: 999_999_999 }), { nil: undefined });
const clauses = (select: fc.Arbitrary<Select>): fc.Arbitrary<SoqlQuery> =>
  fc.record(
    {
      select,
      from: fc.record({ name, at: fc.constant(0), alias: fc.option(name, { nil: undefined }) }, PLAIN),
      where: fc.option(condition, { nil: undefined }),
      orderBy: fc.array(fc.record({ path, isDescending: fc.boolean(), isNullsLast: fc.boolean() }, PLAIN), { maxLength: 3 }),
      limit: wholeNumber,
      offset: wholeNumber,
    },
    PLAIN,
  );

const fieldItem = selectItem.filter(({ kind }) => kind !== 'count');
const subquery = clauses(fc.array(fieldItem, { minLength: 1, maxLength: 2 }).map((items) => ({ kind: 'list', items }) as const));
const children = subquery.map((one) => ({ kind: 'children', query: one }) as const);
const query = clauses(
  fc.oneof(
    fc.constant({ kind: 'countRows' } as const),
    fc
      .array(fc.oneof({ arbitrary: selectItem, weight: 5 }, children), { minLength: 1, maxLength: 4 })
      .map((items) => ({ kind: 'list', items }) as const),
  ),
);

function printLiteral(value: Literal): string {
  if (value.kind === 'string') return `'${value.value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (value.kind === 'dateLiteral') return value.count === undefined ? value.name : `${value.name}:${value.count}`;
  if (value.kind === 'datetime') return value.value.replace('+0000', 'Z');
  return value.kind === 'null' ? 'nUll' : String(value.value);
}

function printCondition(one: Condition): string {
  switch (one.kind) {
    case 'and':
    case 'or':
      return one.operands.map(printOperand).join(` ${one.kind} `);
    case 'not':
      return `NOT ${printOperand(one.operand)}`;
    case 'compare':
      return `${one.path.names.join('.')} ${one.operator} ${printLiteral(one.value)}`;
    case 'like':
      return `${one.path.names.join('.')} LIKE '${one.pattern}'`;
    default:
      return `${one.path.names.join('.')} ${one.isNegated ? 'not ' : ''}IN (${one.values.map(printLiteral).join(', ')})`;
  }
}

const printOperand = (one: Condition): string => ('path' in one ? printCondition(one) : `(${printCondition(one)})`);

function printItem(item: SelectItem): string {
  if (item.kind === 'children') return `(${print(item.query, ' ')})`;
  if (item.kind === 'fields') return `FIELDS(${item.group})`;
  const names = item.path.names.join('.');
  return item.kind === 'field' ? names : `count( ${names} ) ${item.alias ?? ''}`;
}

function print({ select, from, where, orderBy, limit, offset }: SoqlQuery, space: string): string {
  const order = orderBy.map(
    (one) => `${one.path.names.join('.')} ${one.isDescending ? 'DESC' : 'asc'} NULLS ${one.isNullsLast ? 'LAST' : 'first'}`,
  );
  const parts = [
    `sElEcT ${select.kind === 'countRows' ? 'COUNT ( )' : select.items.map(printItem).join(' , ')}`,
    `FROM ${from.name} ${from.alias ?? ''}`,
    where === undefined ? '' : `where ${printCondition(where)}`,
    order.length === 0 ? '' : `ORDER by ${order.join(',')}`,
    limit === undefined ? '' : `LIMIT ${limit}`,
    offset === undefined ? '' : `OFFSET ${offset}`,
  ];
  return space + parts.join(space) + space;
}

/** Places depend on the spaces; the trees are compared without them. */
const withoutPlaces = (tree: SoqlQuery): unknown => JSON.parse(JSON.stringify(tree, (key, value) => (key === 'at' ? 0 : value)));

test('what is printed is read back', () => {
  fc.assert(
    fc.property(query, fc.constantFrom(' ', '\n', ' \t '), (tree, space) => {
      assert.deepEqual(withoutPlaces(parseSoql(print(tree, space))), withoutPlaces(tree));
    }),
    { numRuns: 2000 },
  );
});

test('any other text is refused as a syntax error', () => {
  const words = fc.constantFrom(
    ...[
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
      'NOT',
      'IN',
    ],
    ...[
      'AND',
      'OR',
      'LIKE',
      'FIELDS',
      'ALL',
      'ORDER',
      'BY',
      'NULLS',
      'LAST',
      '.',
      ':',
      'TODAY',
      '2026-02-30',
      '2026-01-01T00:00:00Z',
    ],
  );
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
    fc.array(words, { maxLength: 12 }).map((list) => `SELECT Id FROM User WHERE ${list.join(' ')}`),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        assert.equal(typeof parseSoql(text).from.name, 'string');
      } catch (error) {
        assert.ok(error instanceof SoqlSyntaxError, String(error));
        assert.match(describeSoqlError(text, error), /^\n[^\n]*\n *\^\nERROR at Row:\d+:Column:\d+\n/);
      }
    }),
    { numRuns: 5000 },
  );
});

test('nesting and length have an end', () => {
  const nested = (depth: number) => `SELECT Id FROM User WHERE ${'('.repeat(depth)}Id = null${')'.repeat(depth)}`;
  assert.equal(parseSoql(nested(100)).where?.kind, 'compare');
  for (const text of [nested(101), nested(40_000), `SELECT Id FROM User WHERE Name = '${'x'.repeat(100_000)}'`]) {
    assert.throws(() => parseSoql(text), SoqlSyntaxError);
  }
});

/** Query, the row and column of its error, and what is wrong. */
const REFUSED: readonly (readonly [query: string, row: number, column: number, message: string])[] = [
  ['', 1, 1, "unexpected token: '<EOF>'"],
  ['SELECT FROM User', 1, 8, "unexpected token: 'FROM'"],
  ['SELECT Id FROM Account WHERE', 1, 29, "unexpected token: '<EOF>'"],
  ["SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", 1, 56, "unexpected token: 'OR'"],
  ["SELECT Id\nFROM Account\nWHERE Name = 'a' AND NOT Name = 'b'", 3, 22, "unexpected token: 'NOT'"],
  ["SELECT Id FROM Account WHERE NOT Name = 'a' AND Name = 'b'", 1, 45, "unexpected token: 'AND'"],
  ["SELECT Id FROM Account WHERE Name NOT LIKE 'a%'", 1, 39, "unexpected token: 'LIKE'"],
  ['SELECT Id FROM Account WHERE Name IN ()', 1, 39, "unexpected token: ')'"],
  ['SELECT COUNT(), Id FROM Account', 1, 15, "unexpected token: ','"],
  ['SELECT Id, FROM Account', 1, 12, "unexpected token: 'FROM'"],
  ['SELECT Id FROM Account LIMIT -1', 1, 30, "unexpected token: '-1'"],
  ['SELECT Id FROM Account WHERE CreatedDate = 2026-02-30T00:00:00Z', 1, 44, 'invalid date: 2026-02-30'],
  [
    "SELECT Id FROM Account WHERE Name = 'a\\q'",
    1,
    39,
    "Invalid string literal 'a\\q'. Illegal character sequence '\\q' in string literal.",
  ],
  ['SELECT Name FROM Account GROUP BY Name', 1, 26, "unexpected token: 'GROUP' (the Forcemint emulator's SOQL has no GROUP)"],
  ['SELECT (SELECT COUNT() FROM Contacts) FROM Account', 1, 16, "unexpected token: 'COUNT'"],
  ['SELECT (SELECT Id FROM Contacts FROM Account', 1, 33, "unexpected token: 'FROM'"],
  [
    'SELECT (SELECT Id, (SELECT Id FROM ReportsTo) FROM Contacts) FROM Account',
    1,
    20,
    "unexpected token: '(' (the Forcemint emulator's SOQL has no subquery within a subquery)",
  ],
  [
    'SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)',
    1,
    37,
    "unexpected token: 'SELECT' (the Forcemint emulator's SOQL has no semi-join)",
  ],
  ['SELECT MAX(Id) FROM Account', 1, 11, "unexpected token: '(' (the Forcemint emulator's SOQL has no function MAX())"],
];

test('a refusal shows the place and names row and column', () => {
  for (const [text, row, column, message] of REFUSED) {
    try {
      parseSoql(text);
      assert.fail(`taken: ${text}`);
    } catch (error) {
      assert.ok(error instanceof SoqlSyntaxError, String(error));
      const lines = describeSoqlError(text, error).split('\n');
      assert.deepEqual(lines.slice(3), [`ERROR at Row:${row}:Column:${column}`, message], text);
      const shown = text.split('\n')[row - 1]?.slice(column - 1, column + 3) ?? '';
      assert.equal(lines[1]?.slice((lines[2] ?? '').indexOf('^')).slice(0, shown.length), shown, text);
    }
  }
});

test('escapes in text', () => {
  const { where } = parseSoql("SELECT Id FROM User WHERE Name = 'a\\nb\\tc\\'d\\\\e\\\"f\\u0041\\N'");
  assert.deepEqual(where?.kind === 'compare' && where.value, { kind: 'string', value: 'a\nb\tc\'d\\e"fA\n' });
});

import fc from 'fast-check';
import { text } from './arbitraries.ts';

/** A query in parts, so that an answer can be held against what was asked. */
export interface SoqlPlan {
  readonly fields: readonly string[];
  readonly object: string;
  readonly where: string | undefined;
  readonly orderBy: string | undefined;
  readonly limit: number | undefined;
}

/** Fields that there are, in the cases in which people write them; and some that there are not. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Account: ['Id', 'Name', 'NAME', 'CreatedDate', 'OwnerId'],
  User: ['Id', 'id', 'Username', 'Email', 'IsActive'],
  Organization: ['Id', 'Name', 'IsSandbox', 'NamespacePrefix'],
};
const OTHER_FIELDS = ['Nothing', 'Account.Name', 'Id Id', '*'];
const OBJECTS = ['Account', 'User', 'Organization', 'Contact', 'account', 'ACCOUNT', 'Lead', 'Nothing__c'];
const OPERATORS = ['=', '!=', '<>', '<', '>=', ' LIKE ', ' IN ', ' NOT IN ', ' INCLUDES ', '=='];
const LITERALS = [
  "'Emulated Account 1'",
  "'001000000EMU001'",
  "''",
  "'%'",
  "'\\\\'",
  "'\\''",
  "'\\u0041'",
  "'\\",
  "'",
  'null',
  'TRUE',
  'false',
  '1',
  '-1.5',
  '1e9',
  '2026-01-01T00:00:00Z',
  'TODAY',
  'LAST_N_DAYS:7',
  "('a', 'b')",
  '()',
  ':bind',
];

const sound = (fields: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...fields), fc.constantFrom(' = ', ' != '), fc.constantFrom("'x'", 'null', "'001000000EMU001'"))
    .map((parts) => parts.join(''));
const anyCondition = (fields: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...fields), fc.constantFrom(...OPERATORS), fc.oneof(fc.constantFrom(...LITERALS), text))
    .map((parts) => parts.join(''));

function where(fields: readonly string[]): fc.Arbitrary<string> {
  const list = fc.array(fc.tuple(anyCondition(fields), fc.constantFrom(' AND ', ' OR ', ' AND NOT ', ' and ', ' ')), {
    minLength: 1,
    maxLength: 4,
  });
  const joined = list.map((all) => all.map(([one, join], index) => (index === 0 ? one : join + one)).join(''));
  const deep = fc.nat({ max: 3_000 }).map((depth) => `${'('.repeat(depth)}Id=null`);
  return fc.oneof(
    sound(fields),
    joined,
    joined.map((one) => `(${one})`),
    deep,
  );
}

const ORDERS = ['', ' ASC', ' DESC', ' NULLS LAST', ' desc nulls first', ' UP'];

export const soqlPlan: fc.Arbitrary<SoqlPlan> = fc.constantFrom(...OBJECTS, 'Account', 'User').chain((object) => {
  const own = FIELDS[object] ?? ['Id', 'Name'];
  const field = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...own) },
    { weight: 1, arbitrary: fc.constantFrom(...OTHER_FIELDS) },
  );
  return fc.record({
    fields: fc.array(field, { minLength: 1, maxLength: 4 }),
    object: fc.constant(object),
    where: fc.option(where(own), { nil: undefined }),
    orderBy: fc.option(
      fc.tuple(field, fc.constantFrom(...ORDERS)).map((two) => two.join('')),
      { nil: undefined },
    ),
    limit: fc.option(fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.constantFrom(-1, 1.5, 2_001, 1e21)), { nil: undefined }),
  });
});

export function soqlText({ fields, object, where: conditions, orderBy, limit }: SoqlPlan): string {
  const parts = [
    `SELECT ${fields.join(', ')} FROM ${object}`,
    conditions === undefined ? '' : ` WHERE ${conditions}`,
    orderBy === undefined ? '' : ` ORDER BY ${orderBy}`,
    limit === undefined ? '' : ` LIMIT ${limit}`,
  ];
  return parts.join('');
}

/** A query of which a piece was taken out, said twice, or replaced. */
export const brokenSoql: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(soqlPlan, fc.nat(), fc.nat({ max: 9 }), text)
      .map(([plan, at, length, put]) => splice(soqlText(plan), at, length, put)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'SELECT COUNT() FROM Account',
      'SELECT COUNT(Id) FROM Account',
      'SELECT FIELDS(ALL) FROM User LIMIT 200',
    ),
  },
  { weight: 1, arbitrary: fc.nat({ max: 1_500 }).map((count) => `SELECT ${'Id, '.repeat(count)}Id FROM Account`) },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 800 }).map((count) => `SELECT Id FROM Account WHERE ${"Name != 'x' AND ".repeat(count)}Id != null`),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat({ max: 300 })
      .map((depth) => `SELECT Id${', (SELECT Id FROM Contacts'.repeat(depth)}${')'.repeat(depth)} FROM Account`),
  },
  { weight: 1, arbitrary: text },
);

function splice(query: string, at: number, length: number, put: string): string {
  const start = at % (query.length + 1);
  return query.slice(0, start) + put + query.slice(start + length);
}

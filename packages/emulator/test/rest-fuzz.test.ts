import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startEmulator } from './emulator-client.ts';
import { restClient } from './rest-client.ts';

const ids = [
  '001000000EMU001',
  '003000000EMU001AQD',
  '005000000EMU001',
  '0Ya000000EMU001',
  '0H4000000EMU001',
  '01g000000EMU001AQD-200',
];
const part = fc.constantFrom(
  ...['sobjects', 'query', 'queryAll', 'composite', 'tooling', 'limits', 'recent', 'describe'],
  ...[
    'Account',
    'Contact',
    'User',
    'Organization',
    'LoginHistory',
    'ConnectedApplication',
    '__proto__',
    'constructor',
    '%',
    '%00',
    'a b',
    'Id',
    ...ids,
  ],
);
const knownPaths = [
  ['composite', 'sobjects'],
  ['composite', 'sobjects', 'Account'],
  ['sobjects', 'Account'],
  ['sobjects', 'Contact'],
  ['sobjects', 'LoginHistory'],
  ['sobjects', 'ConnectedApplication'],
  ['sobjects', 'Account', '001000000EMU001'],
] as const;
const path = fc.oneof(fc.array(part, { maxLength: 5 }), fc.constantFrom(...knownPaths)).map((parts) => parts.join('/'));

const field = fc.constantFrom(
  'Id',
  'Name',
  'CreatedDate',
  'IsDeleted',
  'NumberOfEmployees',
  'OwnerId',
  'Owner.Name',
  'Description',
);
const literal = fc.constantFrom(
  ...["'x'", "'%a_'", "'001000000EMU001'", '1', '-1.5', 'null', 'true', 'TODAY', 'LAST_N_DAYS:99999', '2026-01-01'],
  '2026-01-01T00:00:00Z',
);
const operator = fc.constantFrom('=', '!=', '<', '>=', 'LIKE', 'IN', 'NOT IN');
const word = fc.constantFrom(
  ...[
    'SELECT',
    'FROM',
    'WHERE',
    'AND',
    'OR',
    'NOT',
    '(',
    ')',
    ',',
    'ORDER',
    'BY',
    'LIMIT',
    'OFFSET',
    'COUNT',
    'FIELDS(ALL)',
    'Account',
  ],
);
const condition = fc.tuple(field, operator, literal, literal).map(([name, sign, value, other]) => {
  return sign.endsWith('IN') ? `${name} ${sign} (${value}, ${other})` : `${name} ${sign} ${value}`;
});
const query = fc.oneof(
  fc.array(fc.oneof(word, field, literal, operator), { maxLength: 14 }).map((words) => words.join(' ')),
  fc.tuple(condition, field).map(([where, order]) => `SELECT ${order} FROM Account WHERE ${where} ORDER BY ${order} DESC`),
);
const parameters = fc.oneof(
  query.map((q) => `q=${encodeURIComponent(q)}`),
  query.map((q) => `q=${encodeURIComponent(q)}&columns=true`),
  query.map((q) => `explain=${encodeURIComponent(q)}`),
  fc.constantFrom('', '_HttpMethod=PATCH', 'ids=001000000EMU001,x&fields=Name,&allOrNone=true', 'limit=-1', 'fields=,'),
);

const bodyField = fc.constantFrom(
  ...['Name', 'LastName', 'AccountId', 'OwnerId', 'ParentId', 'Id', 'id', 'attributes', 'CreatedDate', 'NumberOfEmployees'],
  ...['AnnualRevenue', 'DoNotCall', 'Birthdate', 'Email', '__proto__', 'toString', 'Description'],
);
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(...ids, '2026-01-01', { type: 'Account' }, { type: 'Contact' }, { type: '__proto__' }, 1e30, -0),
);
const record = fc.dictionary(bodyField, value, { maxKeys: 6 });
const body = fc.oneof(
  fc
    .oneof(
      record,
      value,
      fc.record({ allOrNone: value, records: fc.oneof(fc.array(record, { maxLength: 4 }), value) }),
      fc.record({ ids: fc.oneof(fc.array(value, { maxLength: 3 }), value), fields: fc.array(bodyField) }),
    )
    .map((json) => JSON.stringify(json)),
  fc.string(),
);

test('whatever is asked, the answer is a success or an array of errors', async (t) => {
  const request = await restClient(await startEmulator(t));
  const method = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS');
  await fc.assert(
    fc.asyncProperty(method, path, parameters, body, async (verb, where, search, text) => {
      const answer = await request(verb, `${where}?${search}`, verb === 'GET' ? {} : { text });
      assert.ok(answer.status < 500, answer.text);
      if (answer.status < 400) return;
      for (const error of answer.json<{ errorCode: string; message: string }[]>()) {
        assert.deepEqual([typeof error.errorCode, typeof error.message], ['string', 'string'], answer.text);
      }
    }),
    { numRuns: 1_500 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_ORG } from '../src/config/default-config.ts';
import { Apps } from '../src/org/apps.ts';
import { LoginHistory } from '../src/org/login-history.ts';
import { type User, Users } from '../src/org/users.ts';
import { Records } from '../src/rest/records/records.ts';
import { parseSoql } from '../src/rest/soql/parser.ts';
import { bindQuery } from '../src/rest/soql/run-query.ts';
import { SoqlError } from '../src/rest/soql/soql-error.ts';
import { likePattern } from '../src/rest/soql/text.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');

const ACCOUNTS: readonly Readonly<Record<string, string | number>>[] = [
  { Name: 'Alpha', Industry: 'Banking', NumberOfEmployees: 10, CreatedDate: '2026-03-04T00:00:00.000+0000' },
  { Name: 'beta', Industry: 'Energy', NumberOfEmployees: 5, CreatedDate: '2026-03-03T23:59:59.999+0000' },
  { Name: 'Gamma 100%', NumberOfEmployees: 10, CreatedDate: '2026-02-01T00:00:00.000+0000' },
  { Name: "d'Elta", Industry: 'banking', CreatedDate: '2025-03-04T00:00:00.000+0000' },
];

const USERS = new Users([
  { username: 'one@emulator.example', password: 'p', lastName: 'One' },
  { username: 'two@emulator.example', password: 'p', lastName: 'Two', isActive: false },
]);
const [ONE] = USERS.all() as [User];

function orgRecords(): Records {
  const contacts = [{ lastName: 'Lone' }];
  const records = new Records({
    organizationId: '00D000000000EMUEA2',
    settings: DEFAULT_ORG,
    users: USERS,
    accounts: [],
    contacts,
    apps: new Apps(),
    loginHistory: new LoginHistory(),
    createdAtMs: NOW,
  });
  for (const account of ACCOUNTS) records.table('Account')?.insert(account);
  const [alpha, beta] = ['001000000EMU001AQD', '001000000EMU002AQD'];
  records.table('Contact')?.insert({ LastName: 'A', Name: 'A', AccountId: alpha, Birthdate: '2000-02-29' });
  records.table('Contact')?.insert({ LastName: 'B', Name: 'B', AccountId: beta });
  return records;
}

function bind(query: string, records = orgRecords()) {
  return bindQuery(parseSoql(query), { records, user: ONE, nowMs: NOW, isTooling: false, isQueryAll: false });
}

const found = (query: string, field = 'Name') =>
  bind(query)
    .records()
    .map((record) => record.get(field));

/** A condition, and the accounts that meet it. */
const CONDITIONS: readonly (readonly [where: string, names: string])[] = [
  ["Name = 'ALPHA'", 'Alpha'],
  ["Name != 'ALPHA'", "beta,Gamma 100%,d'Elta"],
  ["Name <> 'ALPHA'", "beta,Gamma 100%,d'Elta"],
  ["Name > 'b' AND Name < 'e'", "beta,d'Elta"],
  ["Name = 'd\\'Elta'", "d'Elta"],
  ["Name LIKE '%a'", "Alpha,beta,d'Elta"],
  ["Name LIKE '_E%'", 'beta'],
  ["Name LIKE '%\\%'", 'Gamma 100%'],
  ["Name LIKE '\\_%'", ''],
  ["Industry LIKE '%'", "Alpha,beta,d'Elta"],
  ["(NOT Name LIKE '%a') AND Name != null", 'Gamma 100%'],
  ['Industry = null', 'Gamma 100%'],
  ["Industry = ''", 'Gamma 100%'],
  ['Industry != null', "Alpha,beta,d'Elta"],
  ["Industry != 'Banking'", 'beta,Gamma 100%'],
  ["Industry IN ('BANKING', 'x')", "Alpha,d'Elta"],
  ["Industry IN ('x', null)", 'Gamma 100%'],
  ["Industry NOT IN ('Banking', 'Energy')", 'Gamma 100%'],
  ["NOT Industry = 'Banking'", 'beta,Gamma 100%'],
  ['NumberOfEmployees = 10', 'Alpha,Gamma 100%'],
  ['NumberOfEmployees = 10.0', 'Alpha,Gamma 100%'],
  ['NumberOfEmployees < 10', 'beta'],
  ['NumberOfEmployees >= 5', 'Alpha,beta,Gamma 100%'],
  ['NumberOfEmployees != 10', "beta,d'Elta"],
  ["(Name = 'Alpha' OR Name = 'beta') AND NumberOfEmployees > 5", 'Alpha'],
  ["Name = 'Alpha' OR (Name = 'beta' AND NumberOfEmployees > 5)", 'Alpha'],
  ['CreatedDate = TODAY', 'Alpha'],
  ['CreatedDate = YESTERDAY', 'beta'],
  ['CreatedDate < TODAY', "beta,Gamma 100%,d'Elta"],
  ['CreatedDate > LAST_MONTH', 'Alpha,beta'],
  ['CreatedDate >= LAST_N_DAYS:1', 'Alpha,beta'],
  ['CreatedDate IN (TODAY, LAST_YEAR)', "Alpha,d'Elta"],
  ['CreatedDate >= 2026-03-04T01:00:00+01:00', 'Alpha'],
  ['CreatedDate < 2026-03-03T23:59:59.999Z', "Gamma 100%,d'Elta"],
  ['IsDeleted = false', "Alpha,beta,Gamma 100%,d'Elta"],
  ["Id = '001000000EMU002'", 'beta'],
  ["Id IN ('001000000EMU003AQD', '001000000EMU002', '001000000EMU002AQD', '001000000000000')", 'beta,Gamma 100%'],
  ["Id > '001000000EMU002'", "Gamma 100%,d'Elta"],
  ["Id NOT IN ('001000000EMU002')", "Alpha,Gamma 100%,d'Elta"],
];

test('conditions', () => {
  for (const [where, names] of CONDITIONS) {
    assert.equal(found(`SELECT Id FROM Account WHERE ${where}`).join(), names, where);
  }
});

test('conditions on parents, dates and users', () => {
  assert.deepEqual(found("SELECT Id FROM Contact WHERE Account.Name = 'alpha'"), ['A']);
  assert.deepEqual(found('SELECT Id FROM Contact WHERE Account.Name = null'), ['Lone']);
  assert.deepEqual(found("SELECT Id FROM Contact WHERE AccountId IN ('001000000EMU001', '001000000EMU002')"), ['A', 'B']);
  assert.deepEqual(found('SELECT Id FROM Contact WHERE AccountId = null'), ['Lone']);
  assert.deepEqual(found("SELECT Id FROM Contact WHERE Account.Id = '001000000EMU002'"), ['B']);
  assert.deepEqual(found('SELECT Id FROM Contact WHERE Birthdate = 2000-02-29'), ['A']);
  assert.deepEqual(found("SELECT Id FROM User WHERE Username = 'TWO@emulator.example'", 'LastName'), ['Two']);
  assert.deepEqual(found("SELECT Id FROM User WHERE Username = 'nobody' AND IsActive = true"), []);
  assert.deepEqual(found('SELECT Id FROM User WHERE IsActive = false', 'LastName'), ['Two']);
  assert.deepEqual(found("SELECT Id FROM User WHERE Profile.Name = 'System Administrator'", 'LastName'), ['One', 'Two']);
  assert.deepEqual(found("SELECT Id FROM User WHERE Id = '005000000EMU001' AND IsActive = false"), []);
});

test('order, limit and offset', () => {
  const ordered = (rest: string) => found(`SELECT Id FROM Account ${rest}`).join();
  assert.equal(ordered('ORDER BY Name'), "Alpha,beta,d'Elta,Gamma 100%");
  assert.equal(ordered('ORDER BY NumberOfEmployees, Name DESC'), "d'Elta,beta,Gamma 100%,Alpha");
  assert.equal(ordered('ORDER BY NumberOfEmployees NULLS LAST, Name'), "beta,Alpha,Gamma 100%,d'Elta");
  assert.equal(ordered('ORDER BY NumberOfEmployees DESC NULLS LAST, Name'), "Alpha,Gamma 100%,beta,d'Elta");
  assert.equal(ordered('ORDER BY NumberOfEmployees DESC, Name'), "d'Elta,Alpha,Gamma 100%,beta");
  assert.equal(ordered('ORDER BY Name DESC LIMIT 2 OFFSET 1'), "d'Elta,beta");
  assert.equal(ordered('LIMIT 2 OFFSET 1'), 'beta,Gamma 100%');
  assert.equal(ordered('LIMIT 0'), '');
  assert.deepEqual(found('SELECT Id FROM Contact ORDER BY Account.Name DESC NULLS LAST'), ['B', 'A', 'Lone']);
});

/** A query that names nothing wrong in its grammar, and what Salesforce says to it. */
const REFUSED: readonly (readonly [query: string, errorCode: string, message: RegExp])[] = [
  ['SELECT Id FROM Nothing', 'INVALID_TYPE', /^sObject type 'Nothing' is not supported\./],
  ['SELECT Id FROM constructor', 'INVALID_TYPE', /^sObject type/],
  ['SELECT Colour FROM Account', 'INVALID_FIELD', /^No such column 'Colour' on entity 'Account'\./],
  ['SELECT constructor FROM Account', 'INVALID_FIELD', /^No such column/],
  ['SELECT Owner.Colour FROM Account', 'INVALID_FIELD', /^No such column 'Colour' on entity 'User'\./],
  ['SELECT Boss.Name FROM Account', 'INVALID_FIELD', /^Didn't understand relationship 'Boss' in field path\./],
  ['SELECT Name, Owner.UserRole.Name FROM Account', 'INVALID_FIELD', /^Didn't understand relationship 'UserRole'/],
  [`SELECT ${'Parent.'.repeat(6)}Name FROM Account`, 'INVALID_FIELD', /more than 5 relationships/],
  ['SELECT Id, Name, id FROM Account', 'INVALID_FIELD', /^duplicate field selected: Id$/],
  ['SELECT Owner.Name, Owner.name FROM Account', 'INVALID_FIELD', /^duplicate field selected: Name$/],
  ['SELECT (SELECT Id FROM Children) FROM Account', 'INVALID_TYPE', /^Didn't understand relationship 'Children' in FROM part/],
  ['SELECT (SELECT Id FROM Contacts) FROM Contact', 'INVALID_TYPE', /^Didn't understand relationship 'Contacts' in FROM part/],
  ['SELECT (SELECT Id FROM Contacts), (SELECT Name FROM contacts) FROM Account', 'INVALID_FIELD', /^duplicate field/],
  ['SELECT (SELECT Colour FROM Contacts) FROM Account', 'INVALID_FIELD', /^No such column 'Colour' on entity 'Contact'/],
  ['SELECT (SELECT FIELDS(ALL) FROM Contacts) FROM Account', 'MALFORMED_QUERY', /LIMIT of at most 200$/],
  ['SELECT COUNT(Id), (SELECT Id FROM Contacts) FROM Account', 'MALFORMED_QUERY', /^Field must be grouped or aggregated$/],
  ['SELECT Id FROM Account WHERE Colour = 1', 'INVALID_FIELD', /^No such column 'Colour'/],
  ['SELECT Id FROM Account ORDER BY Colour', 'INVALID_FIELD', /^No such column 'Colour'/],
  ['SELECT Id FROM Account WHERE Name = 1', 'INVALID_FIELD', /'Name' must be of type string and should be enclosed in quotes$/],
  [
    "SELECT Id FROM Account WHERE IsDeleted = 'x'",
    'INVALID_FIELD',
    /must be of type boolean and should not be enclosed in quotes$/,
  ],
  ["SELECT Id FROM Account WHERE NumberOfEmployees IN (1, '2')", 'INVALID_FIELD', /must be of type number/],
  ['SELECT Id FROM Account WHERE CreatedDate = 2026-01-01', 'INVALID_FIELD', /must be of type dateTime/],
  ['SELECT Id FROM Account WHERE Name = TODAY', 'INVALID_FIELD', /must be of type string/],
  [
    "SELECT Id FROM Account WHERE Description = 'x'",
    'INVALID_FIELD',
    /^field 'Description' can not be filtered in a query call$/,
  ],
  ['SELECT Id FROM Account ORDER BY Description', 'INVALID_FIELD', /^field 'Description' can not be sorted in a query call$/],
  ["SELECT Id FROM Account WHERE Id = 'deadbeef'", 'INVALID_QUERY_FILTER_OPERATOR', /^invalid ID field: deadbeef$/],
  ["SELECT Id FROM Account WHERE Id = '001000000EMU001AAA'", 'INVALID_QUERY_FILTER_OPERATOR', /^invalid ID field/],
  ["SELECT Id FROM Account WHERE Id LIKE '001%'", 'INVALID_QUERY_FILTER_OPERATOR', /^invalid operator on id field$/],
  ["SELECT Id FROM Account WHERE OwnerId LIKE '005%'", 'INVALID_QUERY_FILTER_OPERATOR', /^invalid operator on id field$/],
  ['SELECT Id FROM Account WHERE IsDeleted > true', 'INVALID_QUERY_FILTER_OPERATOR', /^invalid operator on boolean field$/],
  ['SELECT Id FROM Account LIMIT 1 OFFSET 2001', 'NUMBER_OUTSIDE_VALID_RANGE', /^Maximum SOQL offset allowed is 2000$/],
];

test('what a query cannot ask for', () => {
  for (const [query, errorCode, message] of REFUSED) {
    assert.throws(
      () => bind(query),
      (error) => {
        assert.ok(error instanceof SoqlError, String(error));
        assert.equal(error.errorCode, errorCode, query);
        assert.match(error.message, message);
        return true;
      },
      query,
    );
  }
});

test('LIKE agrees with a regular expression', () => {
  const piece = fc.constantFrom('a', 'B', '%', '_', '\\%', '\\_', '.', '\n');
  const text = fc.array(fc.constantFrom('a', 'b', '%', '_', '.', '\n'), { maxLength: 8 }).map((parts) => parts.join(''));
  const asRegExp = (part: string) => ({ '%': '.*', _: '.', '\\%': '%', '\\_': '_', '.': '\\.' })[part] ?? part;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), text, (parts, value) => {
      const expected = new RegExp(`^${parts.map(asRegExp).join('')}$`, 'is').test(value);
      assert.equal(likePattern(parts.join(''))(value), expected);
    }),
    { numRuns: 3000 },
  );
});

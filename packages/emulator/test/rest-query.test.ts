import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from './emulator-client.ts';
import { type AnyRecord, errorsOf, type RestClient, recordsOf, restClient, soql } from './rest-client.ts';

interface Page {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly AnyRecord[];
}

const BATCH_OF_200 = { 'sforce-query-options': 'batchSize=200' };

/** An emulator whose org has so many accounts. */
async function withAccounts(t: Parameters<typeof startEmulator>[0], count: number) {
  const accounts = Array.from({ length: count }, (_, index) => `Account ${String(index).padStart(5, '0')}`);
  const emulator = await startEmulator(t, { config: { accounts } });
  return { emulator, accounts, request: await restClient(emulator) };
}

async function page(request: RestClient, path: string, headers = {}): Promise<Page> {
  const answer = await request('GET', path, { headers });
  assert.equal(answer.status, 200, answer.text);
  return answer.json<Page>();
}

test('a long answer comes in batches, and goes on where it stopped', async (t) => {
  const { accounts, request } = await withAccounts(t, 4_500);
  const first = await page(request, soql('SELECT Id, Name FROM Account'));
  assert.deepEqual([first.totalSize, first.done, first.records.length], [4_500, false, 2_000]);
  assert.match(first.nextRecordsUrl ?? '', /^\/services\/data\/v66\.0\/query\/01g000000EMU001[A-Z0-5]{3}-2000$/);
  const second = await page(request, first.nextRecordsUrl ?? '');
  // Deleting in between changes nothing of what was found.
  assert.equal((await request('DELETE', `sobjects/Account/${second.records.at(-1)?.Id}`)).status, 204);
  const third = await page(request, second.nextRecordsUrl ?? '');
  assert.deepEqual([third.totalSize, third.done, third.records.length, third.nextRecordsUrl], [4_500, true, 500, undefined]);
  const names = [first, second, third].flatMap(({ records }) => records.map(({ Name }) => Name));
  assert.deepEqual(names, accounts);
  const again = await page(request, first.nextRecordsUrl ?? '');
  assert.deepEqual(again, second);
});

test('batchSize is followed between 200 and 2,000', async (t) => {
  const { request } = await withAccounts(t, 2_100);
  for (const [wanted, given] of [
    ['200', 200],
    ['1999', 1_999],
    ['1', 200],
    ['5000', 2_000],
    ['many', 2_000],
  ] as const) {
    const { records } = await page(request, soql('SELECT Id FROM Account'), { 'sforce-query-options': `batchSize=${wanted}` });
    assert.equal(records.length, given, wanted);
  }
  const { nextRecordsUrl = '' } = await page(request, soql('SELECT Id FROM Account'), BATCH_OF_200);
  assert.match(nextRecordsUrl, /-200$/);
  const next = await page(request, nextRecordsUrl, { 'sforce-query-options': 'batchSize=300' });
  assert.equal(next.records.length, 300);
  assert.match(next.nextRecordsUrl ?? '', /-500$/);
});

test('a locator is good for its user, within its query, and for ten queries', async (t) => {
  const { emulator, request } = await withAccounts(t, 201);
  const open = async () => (await page(request, soql('SELECT Id FROM Account'), BATCH_OF_200)).nextRecordsUrl ?? '';
  const oldest = await open();
  const refused = async (locator: string, client = request) =>
    assert.deepEqual(errorsOf(await client('GET', locator)), [400, 'INVALID_QUERY_LOCATOR'], locator);
  await refused(oldest.replace('-200', '-201'));
  await refused(oldest.replace('-200', '-x'));
  await refused('query/01g000000EMU002AQD-200');
  await refused('query/nonsense');
  emulator.configureApp('clientCredentials', { oauthClientCredentialUser: 'admin@emulator.example' });
  await refused(oldest, await restClient(emulator));
  assert.equal((await page(request, oldest)).records.length, 1);
  for (let others = 0; others < 9; others++) await open();
  assert.equal((await page(request, oldest)).records.length, 1);
  const newest = await open();
  await refused(oldest);
  emulator.advanceClock(3_600);
  assert.equal((await page(request, newest)).records.length, 1);
});

test('queryAll finds deleted records too', async (t) => {
  const { request } = await withAccounts(t, 3);
  const [first] = await recordsOf(request, 'SELECT Id FROM Account');
  await request('DELETE', `sobjects/Account/${first?.Id}`);
  assert.equal((await recordsOf(request, 'SELECT Id FROM Account')).length, 2);
  const all = await page(request, soql('SELECT Id, IsDeleted FROM Account').replace('query', 'queryAll'));
  assert.equal(all.totalSize, 3);
  const deleted = await page(request, soql('SELECT Id FROM Account WHERE IsDeleted = true').replace('query', 'queryAll'));
  assert.deepEqual(
    deleted.records.map(({ Id }) => Id),
    [first?.Id],
  );
});

test('parents are shown as objects of their own, or null', async (t) => {
  const request = await restClient(await startEmulator(t));
  const lone = (await request('POST', 'sobjects/Contact', { body: { LastName: 'Lone' } })).json<{ id: string }>();
  const [contact, other] = await recordsOf(
    request,
    `SELECT c.Name, Account.Name, Account.Id, Id, Account.Owner.Username FROM Contact c WHERE Account.Name = 'emulated account 1' OR Id = '${lone.id}'`,
  );
  assert.deepEqual(contact, {
    attributes: { type: 'Contact', url: '/services/data/v66.0/sobjects/Contact/003000000EMU001AQD' },
    Name: 'Cleo Contact',
    Account: {
      attributes: { type: 'Account', url: '/services/data/v66.0/sobjects/Account/001000000EMU001AQD' },
      Name: 'Emulated Account 1',
      Id: '001000000EMU001AQD',
      Owner: {
        attributes: { type: 'User', url: '/services/data/v66.0/sobjects/User/005000000EMU001AQD' },
        Username: 'admin@emulator.example',
      },
    },
    Id: '003000000EMU001AQD',
  });
  assert.deepEqual([other?.Name, other?.Account], ['Lone', null]);
});

test('children are shown as a result of their own, or null', async (t) => {
  const request = await restClient(await startEmulator(t));
  const accountId = '001000000EMU001AQD';
  for (const LastName of ['B', 'A', 'X']) await request('POST', 'sobjects/Contact', { body: { LastName, AccountId: accountId } });
  const records = await recordsOf(
    request,
    "SELECT Id, (SELECT LastName, Account.Name FROM contacts WHERE LastName != 'X' ORDER BY LastName LIMIT 2), (SELECT Id FROM ChildAccounts) FROM Account LIMIT 2",
  );
  const contact = (id: string, LastName: string) => ({
    attributes: { type: 'Contact', url: `/services/data/v66.0/sobjects/Contact/${id}` },
    LastName,
    Account: {
      attributes: { type: 'Account', url: `/services/data/v66.0/sobjects/Account/${accountId}` },
      Name: 'Emulated Account 1',
    },
  });
  assert.deepEqual(records[0]?.Contacts, {
    totalSize: 2,
    done: true,
    records: [contact('003000000EMU005AQD', 'A'), contact('003000000EMU004AQD', 'B')],
  });
  assert.equal(records[0]?.ChildAccounts, null);
  const { columnMetadata } = (
    await request('GET', soql('SELECT Name, (SELECT Email FROM Contacts) FROM Account', '&columns=true'))
  ).json<{ columnMetadata: Record<string, unknown>[] }>();
  const contacts = columnMetadata[1];
  assert.deepEqual([contacts?.columnName, contacts?.aggregate], ['Contacts', true]);
  const joined = contacts?.joinColumns as Record<string, unknown>[];
  assert.deepEqual(
    joined.map(({ columnName }) => columnName),
    ['Email'],
  );
});

test('COUNT(field) is a record of its own', async (t) => {
  const request = await restClient(await startEmulator(t));
  const query = 'SELECT COUNT(Id), COUNT(Phone) phones, count(Owner.Name) FROM Account';
  assert.deepEqual((await request('GET', soql(query))).json(), {
    totalSize: 1,
    done: true,
    records: [{ attributes: { type: 'AggregateResult' }, expr0: 3, phones: 0, expr1: 3 }],
  });
  assert.deepEqual((await request('GET', soql('SELECT COUNT() FROM Account'))).json(), { totalSize: 3, done: true, records: [] });
  assert.deepEqual(errorsOf(await request('GET', soql('SELECT Name, COUNT(Id) FROM Account'))), [400, 'MALFORMED_QUERY']);
});

test('FIELDS() stands for fields, within 200 records', async (t) => {
  const request = await restClient(await startEmulator(t));
  const keys = async (query: string) => Object.keys((await recordsOf(request, query))[0] ?? {});
  const { fields } = (await request('GET', 'sobjects/Account/describe')).json<{ fields: { name: string }[] }>();
  const all = ['attributes', ...fields.map(({ name }) => name)];
  assert.deepEqual(await keys('SELECT FIELDS(ALL) FROM Account LIMIT 200'), all);
  assert.deepEqual(await keys('SELECT FIELDS(STANDARD) FROM Account'), all);
  assert.deepEqual(await keys('SELECT Name, FIELDS(CUSTOM) FROM Contact LIMIT 1'), ['attributes', 'Name']);
  for (const query of ['SELECT FIELDS(ALL) FROM Account', 'SELECT FIELDS(CUSTOM) FROM Account LIMIT 201']) {
    const answer = await request('GET', soql(query));
    const message = 'The SOQL FIELDS function must have a LIMIT of at most 200';
    assert.deepEqual(answer.json(), [{ message, errorCode: 'MALFORMED_QUERY' }]);
  }
});

test('columns=true has the columns of parents and of counts', async (t) => {
  const request = await restClient(await startEmulator(t));
  const columnsOf = async (query: string) =>
    (await request('GET', soql(query, '&columns=true'))).json<{ columnMetadata: Record<string, unknown>[] }>().columnMetadata;
  const [name, account] = await columnsOf('SELECT Name, Account.Name, Account.NumberOfEmployees FROM Contact');
  assert.deepEqual([name?.apexType, name?.textType, name?.updatable], ['String', true, false]);
  assert.deepEqual([account?.columnName, account?.foreignKeyName, account?.aggregate], ['Account', 'AccountId', false]);
  const joined = account?.joinColumns as readonly Record<string, unknown>[];
  assert.deepEqual(
    joined.map(({ columnName, apexType, numberType }) => [columnName, apexType, numberType]),
    [
      ['Name', 'String', false],
      ['NumberOfEmployees', 'Integer', true],
    ],
  );
  const [count] = await columnsOf('SELECT COUNT(Id) FROM Contact');
  assert.deepEqual([count?.aggregate, count?.columnName, count?.displayName], [true, 'expr0', 'count(Id)']);
  assert.deepEqual(await columnsOf('SELECT COUNT() FROM Contact'), []);
});

test('explain= answers a plan', async (t) => {
  const request = await restClient(await startEmulator(t));
  const answer = await request('GET', `query?explain=${encodeURIComponent('SELECT Id FROM Account LIMIT 2')}`);
  const { plans } = answer.json<{ plans: Record<string, unknown>[] }>();
  assert.deepEqual([plans[0]?.cardinality, plans[0]?.sobjectCardinality, plans[0]?.sobjectType], [2, 3, 'Account']);
});

test('a query has to be there', async (t) => {
  const request = await restClient(await startEmulator(t));
  const message = async (path: string) => (await request('GET', path)).json<{ message: string }[]>()[0]?.message;
  assert.equal(await message('query'), 'A query string has to be specified');
  assert.equal(await message('query?q='), 'SOQL statements cannot be empty or null');
});

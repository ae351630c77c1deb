import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from './emulator-client.ts';
import { errorsOf, nameOf, type RestClient, recordsOf, restClient } from './rest-client.ts';

async function create(request: RestClient, object: string, body: object): Promise<string> {
  const answer = await request('POST', `sobjects/${object}`, { body });
  assert.equal(answer.status, 201, answer.text);
  return answer.json<{ id: string }>().id;
}

test('create, retrieve, update, delete', async (t) => {
  const emulator = await startEmulator(t, { clock: () => Date.parse('2026-03-04T05:06:07.089Z') });
  const request = await restClient(emulator);
  const created = await request('POST', 'sobjects/account', { body: { name: 'New', NumberOfEmployees: 7, Phone: '' } });
  const id = '001000000EMU004AQD';
  assert.deepEqual([created.status, created.json()], [201, { id, success: true, errors: [] }]);
  const url = `/services/data/v66.0/sobjects/Account/${id}`;
  assert.equal(created.headers.get('location'), url);
  const [, integration] = emulator.ready.users;
  const read = (await request('GET', url)).json();
  assert.deepEqual(
    [read.attributes, read.Name, read.NumberOfEmployees, read.Phone, read.IsDeleted, read.OwnerId, read.CreatedDate],
    [{ type: 'Account', url }, 'New', 7, null, false, integration?.id, '2026-03-04T05:06:07.089+0000'],
  );
  emulator.advanceClock(1);
  const updated = await request('PATCH', url, { body: { Name: 'Newer', NumberOfEmployees: null } });
  assert.deepEqual([updated.status, updated.text, updated.headers.get('content-type')], [204, '', null]);
  const [found] = await recordsOf(
    request,
    "SELECT Name, NumberOfEmployees, LastModifiedDate, CreatedDate FROM Account WHERE Name = 'newer'",
  );
  assert.deepEqual([found?.NumberOfEmployees, found?.LastModifiedDate], [null, '2026-03-04T05:06:08.089+0000']);
  assert.equal(found?.CreatedDate, '2026-03-04T05:06:07.089+0000');
  assert.equal((await request('DELETE', url)).status, 204);
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const answer = await request(method, url, method === 'PATCH' ? { body: {} } : {});
    const error = { message: 'entity is deleted', errorCode: 'ENTITY_IS_DELETED', fields: [] };
    assert.deepEqual([answer.status, answer.json()], [404, [error]], method);
  }
});

test('PATCH can come as a POST', async (t) => {
  const request = await restClient(await startEmulator(t));
  const answer = await request('POST', 'sobjects/Account/001000000EMU001?_HttpMethod=patch', { body: { Site: 'here' } });
  assert.equal(answer.status, 204);
  assert.equal((await recordsOf(request, "SELECT Id FROM Account WHERE Site = 'here'")).length, 1);
});

test("a contact's name follows its parts", async (t) => {
  const request = await restClient(await startEmulator(t));
  const id = await create(request, 'Contact', { FirstName: 'Nina', LastName: 'New', AccountId: '001000000EMU002' });
  await request('PATCH', `sobjects/Contact/${id}`, { body: { FirstName: null } });
  assert.equal((await request('GET', `sobjects/Contact/${id}`)).body.Name, 'New');
  await request('PATCH', `sobjects/Contact/${id}`, { body: { Title: 'CEO', LastName: 'Newer' } });
  const [contact] = await recordsOf(request, `SELECT Name, Title, AccountId, DoNotCall FROM Contact WHERE Id = '${id}'`);
  assert.deepEqual([contact?.Name, contact?.Title, contact?.DoNotCall], ['Newer', 'CEO', false]);
  assert.equal(contact?.AccountId, '001000000EMU002AQD');
});

test('a deleted account takes its contacts along and leaves its children', async (t) => {
  const request = await restClient(await startEmulator(t));
  const parent = await create(request, 'Account', { Name: 'Parent' });
  const child = await create(request, 'Account', { Name: 'Child', ParentId: parent });
  const contact = await create(request, 'Contact', { LastName: 'Gone', AccountId: parent });
  assert.equal((await request('DELETE', `sobjects/Account/${parent}`)).status, 204);
  assert.deepEqual(errorsOf(await request('GET', `sobjects/Contact/${contact}`)), [404, 'ENTITY_IS_DELETED']);
  const [left] = await recordsOf(request, `SELECT ParentId, Parent.Name FROM Account WHERE Id = '${child}'`);
  assert.deepEqual([left?.ParentId, left?.Parent], [null, null]);
  assert.equal((await recordsOf(request, 'SELECT Id FROM Contact')).length, 3);
});

test('what cannot be saved is refused with its fields', async (t) => {
  const request = await restClient(await startEmulator(t));
  const refusals: readonly (readonly [body: object, errorCode: string, message: RegExp, fields?: readonly string[]])[] = [
    [{}, 'REQUIRED_FIELD_MISSING', /^Required fields are missing: \[LastName\]$/, ['LastName']],
    [{ LastName: '' }, 'REQUIRED_FIELD_MISSING', /\[LastName\]/, ['LastName']],
    [{ LastName: 'x', Colour: 1 }, 'INVALID_FIELD', /^No such column 'Colour' on sobject of type Contact$/],
    [{ LastName: 'x', constructor: 1 }, 'INVALID_FIELD', /^No such column 'constructor'/],
    [{ LastName: 'x', Id: '003000000EMU001' }, 'INVALID_FIELD', /^The Id field should not be specified in the sobject data\.$/],
    [
      { LastName: 'x', CreatedDate: null },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      /^Unable to create\/update fields: CreatedDate\. /,
      ['CreatedDate'],
    ],
    [{ LastName: 'x', Name: 'x' }, 'INVALID_FIELD_FOR_INSERT_UPDATE', /: Name\. /, ['Name']],
    [{ LastName: 'x'.repeat(81) }, 'STRING_TOO_LONG', /^Last Name: data value too large: x{81} \(max length=80\)$/, ['LastName']],
    [{ LastName: 'x', Email: 'nobody' }, 'INVALID_EMAIL_ADDRESS', /^Email: invalid email address: nobody$/, ['Email']],
    [
      { LastName: 'x', AccountId: '003000000EMU001' },
      'MALFORMED_ID',
      /^Account ID: id value of incorrect type: 003/,
      ['AccountId'],
    ],
    [{ LastName: 'x', AccountId: 'none' }, 'MALFORMED_ID', /: none$/, ['AccountId']],
    [
      { LastName: 'x', AccountId: '001000000000000' },
      'INVALID_CROSS_REFERENCE_KEY',
      /^invalid cross reference id$/,
      ['AccountId'],
    ],
    [{ LastName: 7 }, 'JSON_PARSER_ERROR', /^Cannot deserialize instance of string from VALUE_NUMBER_INT value 7 or request may/],
    [{ LastName: 'x', DoNotCall: 'true' }, 'JSON_PARSER_ERROR', /instance of boolean from VALUE_STRING value true/],
    [{ LastName: 'x', DoNotCall: null }, 'JSON_PARSER_ERROR', /instance of boolean from VALUE_NULL/],
    [{ LastName: 'x', Birthdate: '2026-02-30' }, 'JSON_PARSER_ERROR', /instance of date from VALUE_STRING value 2026-02-30/],
    [{ LastName: { a: 1 } }, 'JSON_PARSER_ERROR', /from START_OBJECT/],
  ];
  for (const [body, errorCode, message, fields] of refusals) {
    const answer = await request('POST', 'sobjects/Contact', { body });
    const [error] = answer.json<{ errorCode: string; message: string; fields?: readonly string[] }[]>();
    assert.deepEqual([answer.status, error?.errorCode, error?.fields], [400, errorCode, fields], answer.text);
    assert.match(error?.message ?? '', message);
  }
  assert.equal((await recordsOf(request, 'SELECT Id FROM Contact')).length, 3);
});

test('numbers have a range', async (t) => {
  const request = await restClient(await startEmulator(t));
  for (const text of [
    '{"Name":"x","NumberOfEmployees":2147483648}',
    '{"Name":"x","AnnualRevenue":1e400}',
    '{"Name":"x","AnnualRevenue":-2e18}',
  ]) {
    assert.deepEqual(errorsOf(await request('POST', 'sobjects/Account', { text })), [400, 'NUMBER_OUTSIDE_VALID_RANGE'], text);
  }
  const text = '{"Name":"x","NumberOfEmployees":1.5}';
  assert.deepEqual(errorsOf(await request('POST', 'sobjects/Account', { text })), [400, 'JSON_PARSER_ERROR']);
  await create(request, 'Account', { Name: 'Rich', AnnualRevenue: 12.25 });
  assert.equal((await recordsOf(request, 'SELECT Id FROM Account WHERE AnnualRevenue > 12.2')).length, 1);
});

test('an update keeps what a record must have', async (t) => {
  const request = await restClient(await startEmulator(t));
  const path = 'sobjects/Account/001000000EMU001';
  assert.deepEqual(errorsOf(await request('PATCH', path, { body: { Name: null } })), [400, 'REQUIRED_FIELD_MISSING']);
  assert.deepEqual(errorsOf(await request('PATCH', path, { body: { OwnerId: '' } })), [400, 'REQUIRED_FIELD_MISSING']);
  const owned = await request('PATCH', path, { body: { OwnerId: '005000000EMU003' } });
  assert.equal(owned.status, 204);
  const [account] = await recordsOf(request, "SELECT Owner.Name, LastModifiedBy.Name FROM Account WHERE Id = '001000000EMU001'");
  assert.equal(nameOf(account?.Owner), 'Uma User');
  assert.equal(nameOf(account?.LastModifiedBy), 'Ines Integration');
});

test('a body is a JSON object', async (t) => {
  const request = await restClient(await startEmulator(t));
  const refused = async (text: string, errorCode: string, status = 400, headers = {}) =>
    assert.deepEqual(errorsOf(await request('POST', 'sobjects/Account', { text, headers })), [status, errorCode], text);
  for (const text of ['', ' ', '{', '[]', 'null', '"x"', '{"Name":}']) await refused(text, 'JSON_PARSER_ERROR');
  for (const type of ['text/plain', 'application/xml', 'application/jsonx', 'application/x-www-form-urlencoded']) {
    await refused('{"Name":"x"}', 'UNSUPPORTED_MEDIA_TYPE', 415, { 'content-type': type });
  }
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  assert.equal((await request('POST', 'sobjects/Account', { text: '{"Name":"x"}', headers })).status, 201);
});

test('users and the organization are read only', async (t) => {
  const emulator = await startEmulator(t);
  const request = await restClient(emulator);
  for (const [object, id] of [
    ['User', emulator.ready.users[0]?.id],
    ['Organization', emulator.ready.org.id],
  ]) {
    const created = await request('POST', `sobjects/${object}`, { body: { LastName: 'x' } });
    assert.deepEqual(errorsOf(created), [400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY']);
    const updated = await request('PATCH', `sobjects/${object}/${id}`, { body: {} });
    assert.deepEqual(errorsOf(updated), [403, 'INSUFFICIENT_ACCESS_OR_READONLY']);
    assert.deepEqual(errorsOf(await request('DELETE', `sobjects/${object}/${id}`)), [403, 'INSUFFICIENT_ACCESS_OR_READONLY']);
  }
});

test('what has no address is not found', async (t) => {
  const request = await restClient(await startEmulator(t));
  const refused = async (method: string, path: string, message = 'The requested resource does not exist') => {
    const answer = await request(method, path, method === 'PATCH' ? { body: {} } : {});
    assert.deepEqual([answer.status, answer.json()], [404, [{ message, errorCode: 'NOT_FOUND' }]], path);
  };
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    await refused(method, 'sobjects/Account/001000000000000AAA');
    await refused(method, 'sobjects/Account/003000000EMU001');
    await refused(method, 'sobjects/Nothing/001000000EMU001');
    await refused(method, 'sobjects/Account/none', 'Provided external ID field does not exist or is not accessible: none');
    await refused(method, 'sobjects/Account/Ext__c/1', 'Provided external ID field does not exist or is not accessible: Ext__c');
    await refused(method, 'sobjects/Account/001000000EMU001/Owner');
  }
  await refused('GET', 'sobjects/Nothing');
  await refused('GET', 'sobjects/constructor/describe');
  const fields = await request('GET', 'sobjects/Account/001000000EMU001?fields=Name,Colour');
  const message = "No such column 'Colour' on sobject of type Account";
  assert.deepEqual([fields.status, fields.json()], [400, [{ message, errorCode: 'INVALID_FIELD' }]]);
});

test('the config says which accounts and contacts there are', async (t) => {
  const config = {
    accounts: ['One'],
    contacts: [{ lastName: 'Solo' }, { firstName: 'A', lastName: 'B', email: 'a@b.example', account: 'One' }],
  };
  const request = await restClient(await startEmulator(t, { config }));
  const contacts = await recordsOf(request, 'SELECT Name, Email, Account.Name FROM Contact');
  assert.deepEqual(
    contacts.map(({ Name, Email, Account }) => [Name, Email, nameOf(Account)]),
    [
      ['Solo', null, undefined],
      ['A B', 'a@b.example', 'One'],
    ],
  );
  await assert.rejects(startEmulator(t, { config: { contacts: [{ lastName: 'x', account: 'Nowhere' }] } }), {
    name: 'TypeError',
    message: 'config.contacts[0].account: Nowhere is not among the accounts',
  });
});

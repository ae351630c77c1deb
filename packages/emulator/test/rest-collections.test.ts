import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from './emulator-client.ts';
import { errorsOf, recordsOf, restClient } from './rest-client.ts';

interface SaveResult {
  readonly id?: string;
  readonly success: boolean;
  readonly errors: readonly { statusCode: string; fields: readonly string[] }[];
}

const account = (fields: object) => ({ attributes: { type: 'Account' }, ...fields });
const outcomes = (results: readonly SaveResult[]) => results.map(({ errors }) => errors[0]?.statusCode ?? 'ok');

test('a collection is saved as far as it goes', async (t) => {
  const request = await restClient(await startEmulator(t));
  const records = [
    account({ Name: 'A' }),
    account({}),
    { attributes: { type: 'Contact' }, LastName: 'B' },
    account({ Name: 'C', id: 'x' }),
  ];
  const created = await request('POST', 'composite/sobjects', { body: { records } });
  assert.equal(created.status, 200);
  const results = created.json<SaveResult[]>();
  assert.deepEqual(outcomes(results), ['ok', 'REQUIRED_FIELD_MISSING', 'ok', 'INVALID_FIELD']);
  assert.deepEqual(results[1], {
    success: false,
    errors: [{ statusCode: 'REQUIRED_FIELD_MISSING', message: 'Required fields are missing: [Name]', fields: ['Name'] }],
  });
  const [first, , second] = results;
  const changes = [
    { ...account({ Site: 'X' }), id: first?.id },
    { ...account({ Site: 'X' }), id: first?.id },
    { ...account({ Site: 'X' }), Id: '001000000000000' },
    { attributes: { type: 'Account' }, id: second?.id, Site: 'X' },
    { attributes: { type: 'Nothing' }, id: first?.id },
    account({ Site: 'X' }),
    account({ id: 'x' }),
  ];
  const updated = await request('PATCH', 'composite/sobjects', { body: { allOrNone: false, records: changes } });
  assert.deepEqual(outcomes(updated.json<SaveResult[]>()), [
    'ok',
    'DUPLICATE_VALUE',
    'INVALID_CROSS_REFERENCE_KEY',
    'INVALID_CROSS_REFERENCE_KEY',
    'DUPLICATE_VALUE',
    'MISSING_ARGUMENT',
    'MALFORMED_ID',
  ]);
  assert.equal((await recordsOf(request, "SELECT Id FROM Account WHERE Site = 'X'")).length, 1);
  const deleted = await request('DELETE', `composite/sobjects?ids=${first?.id},${second?.id},${first?.id},001000000000000`);
  assert.deepEqual(outcomes(deleted.json<SaveResult[]>()), ['ok', 'ok', 'DUPLICATE_VALUE', 'INVALID_CROSS_REFERENCE_KEY']);
});

test('all or none', async (t) => {
  const request = await restClient(await startEmulator(t));
  const names = async () => (await recordsOf(request, 'SELECT Name FROM Account')).map(({ Name }) => Name);
  const before = await names();
  const save = async (method: string, path: string, body?: object) =>
    outcomes((await request(method, `composite/sobjects${path}`, body === undefined ? {} : { body })).json<SaveResult[]>());
  const rolledBack = 'ALL_OR_NONE_OPERATION_ROLLED_BACK';
  const create = (...records: object[]) => save('POST', '', { allOrNone: true, records });
  assert.deepEqual(await create(account({ Name: 'A' }), account({}), account({ Name: 'B' })), [
    rolledBack,
    'REQUIRED_FIELD_MISSING',
    rolledBack,
  ]);
  const [first, second] = ['001000000EMU001AQD', '001000000EMU002AQD'];
  const update = (...records: object[]) => save('PATCH', '', { allOrNone: true, records });
  assert.deepEqual(await update(account({ id: first, Name: 'Z' }), account({ id: second, Name: null })), [
    rolledBack,
    'REQUIRED_FIELD_MISSING',
  ]);
  assert.deepEqual(await save('DELETE', `?ids=${first},001000000000000&allOrNone=true`), [
    rolledBack,
    'INVALID_CROSS_REFERENCE_KEY',
  ]);
  assert.deepEqual(await names(), before);
  assert.deepEqual(await create(account({ Name: 'A' }), account({ Name: 'B' })), ['ok', 'ok']);
  assert.deepEqual(await update(account({ id: first, Name: 'Z' })), ['ok']);
  assert.deepEqual(await save('DELETE', `?ids=${second}&allOrNone=true`), ['ok']);
  assert.deepEqual(await names(), ['Z', 'Emulated Account 3', 'A', 'B']);
});

test('records of a collection are retrieved by GET and by POST', async (t) => {
  const request = await restClient(await startEmulator(t));
  const ids = ['001000000EMU002', '001000000000000', '001000000EMU001AQD'];
  const expected = [
    {
      attributes: { type: 'Account', url: '/services/data/v66.0/sobjects/Account/001000000EMU002AQD' },
      Name: 'Emulated Account 2',
      Id: '001000000EMU002AQD',
    },
    null,
    {
      attributes: { type: 'Account', url: '/services/data/v66.0/sobjects/Account/001000000EMU001AQD' },
      Name: 'Emulated Account 1',
      Id: '001000000EMU001AQD',
    },
  ];
  const path = 'composite/sobjects/Account';
  assert.deepEqual((await request('GET', `${path}?ids=${ids.join(',')}&fields=name`)).json(), expected);
  assert.deepEqual((await request('POST', path, { body: { ids, fields: ['Name'] } })).json(), expected);
  assert.deepEqual(errorsOf(await request('GET', `${path}?ids=${ids.join(',')}&fields=Colour`)), [400, 'INVALID_FIELD']);
  assert.deepEqual(errorsOf(await request('GET', `${path}?ids=${ids.join(',')}`)), [400, 'MISSING_ARGUMENT']);
  assert.deepEqual(errorsOf(await request('POST', path, { body: { ids: 'x', fields: [] } })), [400, 'JSON_PARSER_ERROR']);
});

test('a collection has 200 records at most', async (t) => {
  const request = await restClient(await startEmulator(t));
  const records = (count: number) => Array.from({ length: count }, (_, index) => account({ Name: `N${index}` }));
  assert.deepEqual(errorsOf(await request('POST', 'composite/sobjects', { body: { records: records(201) } })), [
    400,
    'EXCEEDED_ID_LIMIT',
  ]);
  assert.equal(
    (await request('POST', 'composite/sobjects', { body: { records: records(200) } })).json<SaveResult[]>().length,
    200,
  );
  const ids = Array.from({ length: 201 }, () => '001000000EMU001').join(',');
  assert.deepEqual(errorsOf(await request('DELETE', `composite/sobjects?ids=${ids}`)), [400, 'EXCEEDED_ID_LIMIT']);
  assert.deepEqual(errorsOf(await request('DELETE', 'composite/sobjects')), [400, 'MISSING_ARGUMENT']);
  for (const body of [{}, { records: {} }, { records: [1] }]) {
    assert.deepEqual(errorsOf(await request('POST', 'composite/sobjects', { body })), [400, 'JSON_PARSER_ERROR']);
  }
});

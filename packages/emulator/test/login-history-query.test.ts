import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmulatorConfig, LoginHistoryConfig } from '../src/index.ts';
import { INTEGRATION, startEmulator } from './emulator-client.ts';
import { errorsOf, recordsOf, restClient, soql } from './rest-client.ts';

const ROWS: readonly LoginHistoryConfig[] = [
  { username: 'Admin@emulator.example', loginType: 'Application', application: 'Browser', secondsAgo: 60 },
  {
    username: INTEGRATION.username,
    loginType: 'Other Apex API',
    apiType: 'SOAP Partner',
    loginUrl: 'login.salesforce.com',
    sourceIp: '203.0.113.7',
    status: 'Invalid password',
    secondsAgo: 86_400 * 30,
  },
  { username: INTEGRATION.username, loginType: 'Remote Access 2.0', loginSubType: 'OAuth Refresh Token', secondsAgo: 3600 },
];

const FIELDS = 'UserId, LoginTime, LoginType, LoginSubType, ApiType, Application, LoginUrl, SourceIp, Status';
const ADMIN_ID = '005000000EMU001AQD';
const INTEGRATION_ID = '005000000EMU002AQD';

test('the rows of the configuration are there from the start, oldest first', async (t) => {
  const now = Date.parse('2026-03-04T05:06:07.000Z');
  const emulator = await startEmulator(t, { config: { loginHistory: ROWS }, clock: () => now });
  for (let round = 0; round < 2; round++) {
    const request = await restClient(emulator);
    const rows = await recordsOf(request, `SELECT ${FIELDS} FROM LoginHistory LIMIT 3`);
    const host = new URL(emulator.loginUrl).host;
    assert.deepEqual(
      rows.map(({ attributes: _, ...row }) => Object.values(row)),
      [
        [
          ...[INTEGRATION_ID, '2026-02-02T05:06:07.000+0000', 'Other Apex API', null, 'SOAP Partner', 'N/A'],
          ...['login.salesforce.com', '203.0.113.7', 'Invalid password'],
        ],
        [
          ...[INTEGRATION_ID, '2026-03-04T04:06:07.000+0000', 'Remote Access 2.0', 'OAuth Refresh Token', 'N/A', 'N/A'],
          ...[host, '127.0.0.1', 'Success'],
        ],
        [ADMIN_ID, '2026-03-04T05:05:07.000+0000', 'Application', null, 'N/A', 'Browser', host, '127.0.0.1', 'Success'],
      ],
    );
    emulator.advanceClock(3600);
    emulator.reset();
  }
});

test('what the documentation filters by is filtered, and nothing else', async (t) => {
  const emulator = await startEmulator(t, { config: { loginHistory: ROWS } });
  const request = await restClient(emulator);
  const count = async (where: string) => (await recordsOf(request, `SELECT Id FROM LoginHistory WHERE ${where}`)).length;
  assert.equal(await count(`UserId = '${ADMIN_ID.slice(0, 15)}'`), 1);
  assert.equal(await count(`UserId = '${INTEGRATION_ID}' AND LoginTime < TODAY`), 1);
  assert.equal(await count("LoginType LIKE '%Apex%' OR LoginUrl = 'login.salesforce.com'"), 1);
  assert.equal(await count('CountryIso = null AND TlsProtocol = null'), 4);
  assert.equal(await count("Id = '0Ya000000EMU002'"), 1);
  const { fields } = (await request('GET', 'sobjects/LoginHistory/describe')).json<{
    fields: { name: string; filterable: boolean; sortable: boolean; createable: boolean; updateable: boolean }[];
  }>();
  assert.deepEqual(
    fields.filter(({ filterable }) => filterable).map(({ name }) => name),
    ['Id', 'UserId', 'LoginTime', 'LoginType', 'LoginUrl', 'TlsProtocol', 'CountryIso'],
  );
  for (const { name, filterable, sortable, createable, updateable } of fields) {
    assert.deepEqual([sortable, createable, updateable], [true, false, false], name);
    assert.equal((await request('GET', soql(`SELECT Id FROM LoginHistory ORDER BY ${name}`))).status, 200, name);
    if (filterable) continue;
    for (const where of [`${name} = 'x'`, `${name} IN ('x')`, `NOT ${name} LIKE 'x%'`]) {
      const refused = await request('GET', soql(`SELECT Id FROM LoginHistory WHERE ${where}`));
      assert.deepEqual(errorsOf(refused), [400, 'INVALID_FIELD'], where);
      assert.match(refused.text, new RegExp(`field '${name}' can not be filtered in a query call`));
    }
  }
});

test('without "Manage Users" people see their own logins', async (t) => {
  const emulator = await startEmulator(t, { config: { loginHistory: ROWS } });
  const request = await restClient(emulator);
  const seen = async () => (await recordsOf(request, 'SELECT UserId FROM LoginHistory')).map(({ UserId }) => UserId);
  const ofAdmin = 'sobjects/LoginHistory/0Ya000000EMU003';
  assert.deepEqual(await seen(), [INTEGRATION_ID, INTEGRATION_ID, ADMIN_ID, INTEGRATION_ID]);
  assert.equal((await request('GET', ofAdmin)).json<{ LoginType: string }>().LoginType, 'Application');
  emulator.configureUser(INTEGRATION.username, { canManageUsers: false });
  assert.deepEqual(await seen(), [INTEGRATION_ID, INTEGRATION_ID, INTEGRATION_ID]);
  assert.deepEqual(errorsOf(await request('GET', ofAdmin)), [404, 'NOT_FOUND']);
  assert.deepEqual(await recordsOf(request, `SELECT Id FROM LoginHistory WHERE UserId = '${ADMIN_ID}'`), []);
  assert.deepEqual(await recordsOf(request, "SELECT Id FROM LoginHistory WHERE Id = '0Ya000000EMU003'"), []);
  const both = 'composite/sobjects/LoginHistory?ids=0Ya000000EMU002,0Ya000000EMU003&fields=Status';
  assert.deepEqual(
    (await request('GET', both)).json<readonly unknown[]>().map((record) => record === null),
    [false, true],
  );
  assert.equal((await request('GET', soql('SELECT COUNT() FROM LoginHistory'))).json<{ totalSize: number }>().totalSize, 3);
  assert.equal((await recordsOf(request, 'SELECT Id FROM User')).length, 3, 'users are seen by everybody');
});

test('nobody creates, changes or deletes a login, and the Tooling API has none', async (t) => {
  const request = await restClient(await startEmulator(t, { config: { loginHistory: ROWS } }));
  const row = 'sobjects/LoginHistory/0Ya000000EMU001';
  const created = await request('POST', 'sobjects/LoginHistory', { body: { Status: 'Success' } });
  assert.deepEqual(errorsOf(created), [400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY']);
  const readOnly = [403, 'INSUFFICIENT_ACCESS_OR_READONLY'];
  assert.deepEqual(errorsOf(await request('PATCH', row, { body: { Status: 'Success' } })), readOnly);
  assert.deepEqual(errorsOf(await request('DELETE', row)), readOnly);
  assert.deepEqual(errorsOf(await request('GET', `tooling/${soql('SELECT Id FROM LoginHistory')}`)), [400, 'INVALID_TYPE']);
  assert.deepEqual(errorsOf(await request('GET', 'tooling/sobjects/LoginHistory/describe')), [404, 'NOT_FOUND']);
  const noRelationship = await request('GET', soql('SELECT User.Username FROM LoginHistory'));
  assert.deepEqual(errorsOf(noRelationship), [400, 'INVALID_FIELD']);
});

test('rows that are wrong are named with their place', async (t) => {
  const good = { username: INTEGRATION.username, loginType: 'Application', secondsAgo: 0 };
  const refused = (row: object, message: RegExp) =>
    assert.rejects(startEmulator(t, { config: { loginHistory: [good, row] } as EmulatorConfig }), { name: 'TypeError', message });
  await refused({ ...good, username: 'nobody' }, /^config\.loginHistory\[1\]\.username: nobody is not among the users/);
  await refused({ ...good, secondsAgo: -1 }, /^config\.loginHistory\[1\]\.secondsAgo: expected an integer from 0/);
  await refused({ ...good, loginType: '' }, /^config\.loginHistory\[1\]\.loginType: expected a text/);
  await refused({ ...good, browser: 'x' }, /^config\.loginHistory\[1\]\.browser: unknown; known are username, loginType/);
  await refused({ username: good.username, loginType: 'x' }, /^config\.loginHistory\[1\]\.secondsAgo: missing/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppConfig, EmulatorConfig } from '../src/index.ts';
import { INTEGRATION, startEmulator } from './emulator-client.ts';
import { errorsOf, recordsOf, restClient, soql } from './rest-client.ts';

const APP: AppConfig = {
  scopes: ['api'],
  isClientCredentialEnabled: true,
  oauthClientCredentialUser: INTEGRATION.username,
};
const APPS = {
  'Client App': { ...APP, kind: 'external-client-app' },
  'Nightly Sync': { ...APP, isAdminApproved: true },
  'Other Sync': { ...APP, kind: 'connected-app' },
} as const;
const FIRST_ID = '0H4000000EMU002';

const START = '2026-03-04T05:06:07.000+0000';
const clock = () => Date.parse(START);

test('connected apps are listed, external client apps are not', async (t) => {
  const emulator = await startEmulator(t, { config: { apps: APPS }, clock });
  const request = await restClient(emulator, 'Client App');
  const rows = await recordsOf(request, 'SELECT FIELDS(ALL) FROM ConnectedApplication LIMIT 200');
  const rest = {
    CreatedDate: START,
    LastModifiedDate: START,
    SystemModstamp: START,
    MobileStartUrl: null,
    StartUrl: null,
  };
  assert.deepEqual(
    rows.map(({ attributes: _, ...row }) => row),
    [
      { Id: '0H4000000EMU002CQD', Name: 'Nightly Sync', OptionsAllowAdminApprovedUsersOnly: true, ...rest },
      { Id: '0H4000000EMU003CQD', Name: 'Other Sync', OptionsAllowAdminApprovedUsersOnly: false, ...rest },
    ],
  );
});

test('an app is found by the name that its logins have', async (t) => {
  const request = await restClient(await startEmulator(t, { config: { apps: APPS } }), 'Nightly Sync');
  const [login] = await recordsOf(request, 'SELECT Application FROM LoginHistory');
  const named = (name: unknown) => recordsOf(request, `SELECT Id, Name FROM ConnectedApplication WHERE Name = '${name}'`);
  assert.deepEqual(
    (await named(login?.['Application'])).map(({ Name }) => Name),
    ['Nightly Sync'],
  );
  assert.deepEqual(await named('Client App'), []);
  const approved = 'SELECT Name FROM ConnectedApplication WHERE OptionsAllowAdminApprovedUsersOnly = false AND StartUrl = null';
  assert.deepEqual(
    (await recordsOf(request, approved)).map(({ Name }) => Name),
    ['Other Sync'],
  );
  const retrieved = await request('GET', `sobjects/ConnectedApplication/${FIRST_ID}?fields=Name`);
  assert.equal(retrieved.json()['Name'], 'Nightly Sync');
  for (const id of ['0H4000000EMU001', '0H4000000EMU004', '0H4000000EMU000', '001000000EMU002']) {
    assert.deepEqual(errorsOf(await request('GET', `sobjects/ConnectedApplication/${id}`)), [404, 'NOT_FOUND'], id);
  }
});

test('changed settings are seen at once, and gone with a reset', async (t) => {
  const emulator = await startEmulator(t, { config: { apps: APPS }, clock });
  const seen = async () => {
    const query = 'SELECT Id, OptionsAllowAdminApprovedUsersOnly, CreatedDate, LastModifiedDate FROM ConnectedApplication';
    const rows = await recordsOf(await restClient(emulator, 'Nightly Sync'), query);
    return rows.map(({ attributes: _, Id, ...row }) => [Id.slice(0, 15), ...Object.values(row)]);
  };
  const before = await seen();
  emulator.advanceClock(60);
  emulator.configureApp('Nightly Sync', { isAdminApproved: false });
  emulator.configureApp('Other Sync', { kind: 'external-client-app' });
  emulator.configureApp('Client App', { kind: 'connected-app' });
  const later = '2026-03-04T05:07:07.000+0000';
  assert.deepEqual(await seen(), [
    ['0H4000000EMU001', false, START, later],
    [FIRST_ID, false, START, later],
  ]);
  emulator.reset();
  assert.deepEqual(await seen(), before);
});

test('it is described as documented', async (t) => {
  const request = await restClient(await startEmulator(t));
  const described = (await request('GET', 'sobjects/ConnectedApplication/describe')).json<{
    keyPrefix: string;
    fields: Readonly<Record<string, unknown>>[];
  }>();
  assert.equal(described.keyPrefix, '0H4');
  assert.deepEqual(
    described.fields.map(({ name, type, length, nillable }) => [name, type, length, nillable]),
    [
      ['Id', 'id', 18, false],
      ['Name', 'string', 80, false],
      ['CreatedDate', 'datetime', 0, false],
      ['LastModifiedDate', 'datetime', 0, false],
      ['SystemModstamp', 'datetime', 0, false],
      ['OptionsAllowAdminApprovedUsersOnly', 'boolean', 0, false],
      ['MobileStartUrl', 'url', 2400, true],
      ['StartUrl', 'url', 2400, true],
    ],
  );
  const name = described.fields.find((field) => field['name'] === 'Name') ?? {};
  const { filterable, groupable, idLookup, sortable, unique, createable, updateable } = name;
  assert.deepEqual(
    { filterable, groupable, idLookup, sortable, unique, createable, updateable },
    { filterable: true, groupable: true, idLookup: true, sortable: true, unique: false, createable: false, updateable: false },
  );
});

test('nobody creates, changes or deletes an app, and the Tooling API has none', async (t) => {
  const request = await restClient(await startEmulator(t));
  const app = 'sobjects/ConnectedApplication/0H4000000EMU001';
  const created = await request('POST', 'sobjects/ConnectedApplication', { body: { Name: 'New' } });
  assert.deepEqual(errorsOf(created), [400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY']);
  const readOnly = [403, 'INSUFFICIENT_ACCESS_OR_READONLY'];
  assert.deepEqual(errorsOf(await request('PATCH', app, { body: { Name: 'New' } })), readOnly);
  assert.deepEqual(errorsOf(await request('DELETE', app)), readOnly);
  const query = soql('SELECT Id FROM ConnectedApplication');
  assert.deepEqual(errorsOf(await request('GET', `tooling/${query}`)), [400, 'INVALID_TYPE']);
  assert.deepEqual(errorsOf(await request('GET', 'tooling/sobjects/ConnectedApplication/describe')), [404, 'NOT_FOUND']);
});

test('a kind that does not exist is named with its place', async (t) => {
  const apps = { own: { scopes: ['api'], kind: 'canvas' } };
  await assert.rejects(startEmulator(t, { config: { apps } as unknown as EmulatorConfig }), {
    name: 'TypeError',
    message: 'config.apps.own.kind: expected one of connected-app, external-client-app, found "canvas"',
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from './emulator-client.ts';
import { restClient } from './rest-client.ts';

type Described = Readonly<Record<string, unknown>> & { readonly name: string };

test('the global describe has every object, shaped as Salesforce does', async (t) => {
  const request = await restClient(await startEmulator(t));
  const global = (await request('GET', 'sobjects')).json<{ encoding: string; maxBatchSize: number; sobjects: Described[] }>();
  assert.deepEqual([global.encoding, global.maxBatchSize], ['UTF-8', 200]);
  assert.deepEqual(
    global.sobjects.map(({ name }) => name),
    ['Account', 'ConnectedApplication', 'Contact', 'LoginHistory', 'Organization', 'Profile', 'User'],
  );
  const account = global.sobjects[0];
  assert.deepEqual(account?.urls, {
    sobject: '/services/data/v66.0/sobjects/Account',
    describe: '/services/data/v66.0/sobjects/Account/describe',
    rowTemplate: '/services/data/v66.0/sobjects/Account/{ID}',
  });
  assert.deepEqual(
    [account?.keyPrefix, account?.labelPlural, account?.createable, account?.custom],
    ['001', 'Accounts', true, false],
  );
  for (const { name, createable, updateable, deletable } of global.sobjects) {
    const isChangeable = ['Account', 'Contact'].includes(name);
    assert.deepEqual([createable, updateable, deletable], [isChangeable, isChangeable, isChangeable], name);
  }
});

test('the describe of an object has fields, relationships and record types', async (t) => {
  const request = await restClient(await startEmulator(t));
  const contact = (await request('GET', 'sobjects/contact/describe')).json<Described & { fields: Described[] }>();
  assert.equal(contact.name, 'Contact');
  const field = (name: string) => contact.fields.find((one) => one.name === name);
  assert.deepEqual(contact.fields[0]?.name, 'Id');
  assert.equal(
    contact.fields.every((one) => Object.keys(one).length === Object.keys(field('Id') ?? {}).length),
    true,
  );
  const account = field('AccountId');
  assert.deepEqual([account?.type, account?.referenceTo, account?.relationshipName], ['reference', ['Account'], 'Account']);
  assert.deepEqual([field('LastName')?.nillable, field('LastName')?.length, field('LastName')?.byteLength], [false, 80, 240]);
  assert.deepEqual([field('Name')?.nameField, field('Name')?.createable], [true, false]);
  assert.deepEqual([field('Description')?.filterable, field('Description')?.sortable], [false, false]);
  const picklist = field('Salutation')?.picklistValues as Described[];
  assert.deepEqual(picklist[0], {
    active: true,
    defaultValue: false,
    label: 'Mr.',
    validFor: null,
    value: 'Mr.',
  });
  const infos = contact.recordTypeInfos as Described[];
  assert.deepEqual([infos.length, infos[0]?.recordTypeId], [1, '012000000000000AAA']);
  const { childRelationships } = (await request('GET', 'sobjects/Account/describe')).json<{ childRelationships: Described[] }>();
  assert.deepEqual(
    childRelationships.map(({ childSObject, field: by, relationshipName, cascadeDelete }) => [
      childSObject,
      by,
      relationshipName,
      cascadeDelete,
    ]),
    [
      ['Account', 'ParentId', 'ChildAccounts', false],
      ['Contact', 'AccountId', 'Contacts', true],
    ],
  );
});

test('a schema that has not changed is not sent again', async (t) => {
  const request = await restClient(await startEmulator(t));
  const since = (value: string) => request('GET', 'sobjects/Account/describe', { headers: { 'if-modified-since': value } });
  const lastModified = (await request('GET', 'sobjects/Account/describe')).headers.get('last-modified') ?? '';
  const unchanged = await since(lastModified);
  assert.deepEqual([unchanged.status, unchanged.text], [304, '']);
  assert.equal((await since('Wed, 01 Jan 2020 00:00:00 GMT')).status, 200);
  assert.equal((await since('yesterday')).status, 200);
});

test('what a user saved last comes first in recent', async (t) => {
  const emulator = await startEmulator(t);
  const request = await restClient(emulator);
  assert.deepEqual((await request('GET', 'recent')).json(), []);
  const { id } = (await request('POST', 'sobjects/Contact', { body: { LastName: 'Last' } })).json<{ id: string }>();
  await request('PATCH', 'sobjects/Account/001000000EMU002', { body: { Site: 'x' } });
  await request('PATCH', 'sobjects/Account/001000000EMU001', { body: { Site: 'x' } });
  const contact = { attributes: { type: 'Contact', url: `/services/data/v66.0/sobjects/Contact/${id}` }, Id: id, Name: 'Last' };
  const recent = (await request('GET', 'recent')).json<Described[]>();
  assert.deepEqual(
    recent.map(({ Name }) => Name),
    ['Emulated Account 1', 'Emulated Account 2', 'Last'],
  );
  assert.deepEqual(recent[2], contact);
  assert.equal((await request('GET', 'recent?limit=1')).json<Described[]>().length, 1);
  const short = (await request('GET', 'sobjects/Contact')).json<{ objectDescribe: Described; recentItems: Described[] }>();
  assert.deepEqual([short.objectDescribe.name, short.recentItems], ['Contact', [contact]]);
  await request('DELETE', `sobjects/Contact/${id}`);
  assert.equal((await request('GET', 'recent')).json<Described[]>().length, 2);
  emulator.configureApp('clientCredentials', { oauthClientCredentialUser: 'admin@emulator.example' });
  assert.deepEqual((await (await restClient(emulator))('GET', 'recent')).json(), []);
});

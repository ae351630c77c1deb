import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliSandbox } from './sandbox/cli-sandbox.ts';

const EMU = ['--target-org', 'emu'];
const ACCOUNT = ['--sobject', 'Account'];
const SOBJECTS = '/services/data/{latest}/sobjects';

test('sf data create, get, update, delete record', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const record = (verb: string, ...more: string[]) => sf.json(['data', verb, 'record', ...ACCOUNT, ...more, ...EMU]);
  const created = await record('create', '--values', "Name='Synthetic & Sons' Industry=Energy");
  assert.deepEqual(created.requests, [`mydomain POST ${SOBJECTS}/Account 201`]);
  const { id, ...rest } = Object(created.result);
  assert.deepEqual(rest, { success: true, errors: [] });
  const one = ['--record-id', id];

  const got = await record('get', ...one);
  assert.deepEqual(got.requests, [`mydomain GET ${SOBJECTS}/Account/${id} 200`]);
  assert.partialDeepStrictEqual(got.result, { Id: id, Name: 'Synthetic & Sons', Industry: 'Energy' });

  const updated = await record('update', ...one, '--values', 'Name=Synthetic');
  assert.deepEqual(updated.requests, [`mydomain PATCH ${SOBJECTS}/Account/${id} 204`]);
  const found = await record('get', '--where', 'Name=Synthetic');
  assert.partialDeepStrictEqual(found.result, { Id: id, Industry: 'Energy' });

  const { stdout } = await sf.ok(['data', 'delete', 'record', ...ACCOUNT, ...one, ...EMU]);
  assert.equal(stdout, `Successfully deleted record: ${id}.\n`);
  const again = await record('delete', ...one);
  assert.deepEqual(
    [again.code, again.name, again.requests],
    [1, 'ENTITY_IS_DELETED', [`mydomain DELETE ${SOBJECTS}/Account/${id} 404`]],
  );
});

test('sf data create record: what is wrong with the fields comes as Salesforce says it', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const create = (values: string) => sf.run(['data', 'create', 'record', ...ACCOUNT, '--values', values, ...EMU]);
  const unknown = await create('Colour=red');
  assert.match(unknown.stderr, /No such column 'Colour' on sobject of type Account/);
  const missing = await create('Industry=Energy');
  assert.match(missing.stderr, /Required fields are missing: \[Name\]/);
  assert.deepEqual([unknown.code, missing.code], [1, 1]);
});

test('sf sobject describe, and a query that goes over a relationship', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const { result, requests } = await sf.json(['sobject', 'describe', ...ACCOUNT, ...EMU]);
  assert.deepEqual(requests, [`mydomain GET ${SOBJECTS}/Account/describe 200`]);
  assert.partialDeepStrictEqual(result, { name: 'Account', keyPrefix: '001', queryable: true });
  const nothing = await sf.json(['sobject', 'describe', '--sobject', 'Nothing', ...EMU]);
  assert.deepEqual([nothing.code, nothing.name], [1, 'NOT_FOUND']);
  const soql = 'SELECT LastName, Account.Name FROM Contact ORDER BY Account.Name LIMIT 1';
  const { stdout } = await sf.ok(['data', 'query', '--query', soql, ...EMU]);
  assert.match(stdout, /│ LASTNAME +│ ACCOUNT\.NAME +│\n.*\n│ \w+ +│ Emulated Account 1 │\n/);
});

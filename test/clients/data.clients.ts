import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliSandbox } from './sandbox/cli-sandbox.ts';

const EMU = ['--target-org', 'emu'];
const NAMES = 'SELECT Id, Name FROM Account ORDER BY Name';

test('sf data query: a table, JSON, CSV; the columns are asked for after the records', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const query = ['data', 'query', '--query', NAMES, ...EMU];
  const { stdout, requests } = await sf.ok(query);
  assert.deepEqual(requests, [
    `mydomain GET /services/data/{latest}/query (q) [${NAMES}] 200`,
    `mydomain GET /services/data/{latest}/query (q columns) [${NAMES}] 200`,
  ]);
  assert.match(stdout, /│ ID +│ NAME +│\n.*\n│ 001\w{15} │ Emulated Account 1 │\n/);
  assert.match(stdout, /Total number of records retrieved: 3\.\n/);
  const { result } = await sf.json(query);
  const { records, ...rest } = Object(result);
  assert.deepEqual(rest, { totalSize: 3, done: true });
  assert.deepEqual(
    records.map(({ Name, attributes }: { Name: string; attributes: { type: string } }) => [attributes.type, Name]),
    [1, 2, 3].map((number) => ['Account', `Emulated Account ${number}`]),
  );
  const csv = await sf.ok([...query, '--result-format', 'csv']);
  assert.match(
    csv.stdout,
    /^Id,Name\n001\w{15},Emulated Account 1\n001\w{15},Emulated Account 2\n001\w{15},Emulated Account 3\n$/,
  );
});

test('sf data query: counts, no records, the tooling API', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const query = (soql: string, ...more: string[]) => sf.ok(['data', 'query', '--query', soql, ...more, ...EMU]);
  assert.match((await query('SELECT COUNT() FROM Account')).stdout, /retrieved: 3\./);
  const none = await query("SELECT Id FROM Account WHERE Name = 'nobody'");
  assert.match(none.stdout, /retrieved: 0\./);
  assert.equal(none.requests.length, 1);
  const tooling = await query('SELECT Id FROM User', '--use-tooling-api');
  assert.equal(tooling.requests[0], 'mydomain GET /services/data/{latest}/tooling/query (q) [SELECT Id FROM User] 200');
});

test('sf data query: what is wrong with the SOQL comes as Salesforce says it', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  for (const [soql, name] of [
    ['SELECT Id FROM', 'MALFORMED_QUERY'],
    ['SELECT Id, Colour FROM Account', 'INVALID_FIELD'],
    ['SELECT Id FROM Nothing', 'INVALID_TYPE'],
  ] as const) {
    const answer = await sf.json(['data', 'query', '--query', soql, ...EMU]);
    assert.deepEqual([answer.code, answer.name], [1, name], soql);
    assert.equal(answer.requests.length, 1);
  }
  const { stderr } = await sf.run(['data', 'query', '--query', 'SELECT Id FROM Nothing', ...EMU]);
  assert.match(stderr, /sObject type 'Nothing' is not supported/);
});

test('sf org list limits, and its older name', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const { result, requests } = await sf.json(['org', 'list', 'limits', ...EMU]);
  assert.deepEqual(requests, ['mydomain GET /services/data/{latest}/limits 200']);
  assert.ok(Array.isArray(result));
  const daily = result.find(({ name }) => name === 'DailyApiRequests');
  assert.deepEqual([daily?.max, daily?.remaining > 14_900], [15_000, true]);
  assert.match((await sf.ok(['limits', 'api', 'display', ...EMU])).stdout, /│ DailyApiRequests +│ 149\d\d +│ 15000 +│/);
});

test('sf sobject list, sf data get record, sf api request rest', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const { result } = await sf.json(['sobject', 'list', ...EMU]);
  assert.ok(Array.isArray(result) && ['Account', 'Organization', 'User'].every((name) => result.includes(name)));
  const where = ['--sobject', 'Account', '--where', "Name='Emulated Account 2'"];
  const record = await sf.json(['data', 'get', 'record', ...where, ...EMU]);
  assert.partialDeepStrictEqual(record.result, { Name: 'Emulated Account 2', attributes: { type: 'Account' } });
  assert.equal(record.requests.length, 2);
  const { stdout, requests } = await sf.ok(['api', 'request', 'rest', '/services/data/v66.0/limits', ...EMU]);
  assert.partialDeepStrictEqual(JSON.parse(stdout), { DailyApiRequests: { Max: 15_000 } });
  assert.deepEqual(requests, ['mydomain GET /services/data/{latest} 200', 'mydomain GET /services/data/v66.0/limits 200']);
});

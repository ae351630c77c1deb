import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import { clientCredentialsForm, get, type Reply, reply, requestToken, startEmulator } from './emulator-client.ts';
import { errorsOf, restClient } from './rest-client.ts';

async function asClient(emulator: Emulator): Promise<(path: string) => Promise<Reply>> {
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  return (path) => get(`${emulator.myDomainUrl}${path}`, { authorization: `Bearer ${body.access_token}` });
}

const soql = (text: string, more = ''): string => `/services/data/v66.0/query?q=${encodeURIComponent(text)}${more}`;
const recordsOf = ({ text }: Reply) => JSON.parse(text).records;

test('the versions need no token; a doubled slash is normalised', async (t) => {
  const emulator = await startEmulator(t);
  const { status, text } = await get(`${emulator.myDomainUrl}//services/data`);
  assert.equal(status, 200);
  const versions: { label: string; version: string; url: string }[] = JSON.parse(text);
  assert.deepEqual(versions.at(-1), { label: "Summer '26", url: '/services/data/v67.0', version: '67.0' });
  assert.deepEqual(versions.find(({ version }) => version === '60.0')?.label, "Spring '24");
  assert.deepEqual(versions.find(({ version }) => version === '65.0')?.label, "Winter '26");
});

test('resources of a version', async (t) => {
  const emulator = await startEmulator(t);
  const request = await asClient(emulator);
  const { body } = await request('//services/data/v66.0/');
  assert.equal(body.query, '/services/data/v66.0/query');
  assert.ok(body.identity?.startsWith(`${emulator.loginUrl}/id/`));
  assert.deepEqual(errorsOf(await request('/services/data/v12.0')), [404, 'NOT_FOUND']);
  assert.deepEqual(errorsOf(await request('/services/data/v66.0/chatter')), [404, 'NOT_FOUND']);
});

test('every resource that a list names answers', async (t) => {
  const request = await asClient(await startEmulator(t));
  const bad: string[] = [];
  for (const list of ['', '/tooling', '/composite']) {
    const { body, status } = await request(`/services/data/v66.0${list}`);
    assert.equal(status, 200, list);
    for (const [name, url] of Object.entries(body)) {
      const answer = name === 'identity' ? undefined : await request(url);
      if (answer?.status === 404) bad.push(url);
    }
  }
  assert.deepEqual(bad, []);
});

test('query on Organization, User and Account', async (t) => {
  const request = await asClient(await startEmulator(t));
  const organization = await request(
    soql('SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization'),
  );
  assert.deepEqual(JSON.parse(organization.text), {
    totalSize: 1,
    done: true,
    records: [
      {
        attributes: { type: 'Organization', url: '/services/data/v66.0/sobjects/Organization/00D000000000EMUEA2' },
        Name: 'Forcemint Emulator',
        InstanceName: 'EMU1',
        IsSandbox: false,
        TrialExpirationDate: null,
        NamespacePrefix: null,
        OrganizationType: 'Developer Edition',
      },
    ],
  });
  const [user, ...others] = recordsOf(
    await request(soql("select id, username from user where username = 'ADMIN@emulator.example'")),
  );
  assert.equal(user.Username, 'admin@emulator.example');
  assert.deepEqual(others, []);
  const byShortId = soql(`SELECT Id FROM User WHERE Id = '${user.Id.slice(0, 15)}' AND IsActive = true`);
  assert.equal(recordsOf(await request(byShortId)).length, 1);
  const accounts = recordsOf(await request(soql('SELECT Name FROM Account ORDER BY Name DESC LIMIT 2')));
  assert.deepEqual(
    accounts.map(({ Name }: { Name: string }) => Name),
    ['Emulated Account 3', 'Emulated Account 2'],
  );
  assert.deepEqual(recordsOf(await request(soql("SELECT Id FROM Account WHERE Name = 'nobody\\'s'"))), []);
  assert.equal(JSON.parse((await request(soql('SELECT COUNT() FROM Account WHERE Name != null'))).text).totalSize, 3);
  assert.equal(recordsOf(await request(soql('SELECT Id FROM User').replace('query?', 'tooling/query?'))).length, 3);
});

test('columns=true describes the columns', async (t) => {
  const request = await asClient(await startEmulator(t));
  const { columnMetadata, entityName, idSelected, keyPrefix } = JSON.parse(
    (await request(soql('SELECT Id, IsActive FROM User', '&columns=true'))).text,
  );
  assert.deepEqual([entityName, idSelected, keyPrefix], ['User', true, '005']);
  assert.deepEqual(columnMetadata[0], {
    aggregate: false,
    apexType: 'Id',
    booleanType: false,
    columnName: 'Id',
    custom: false,
    displayName: 'Id',
    foreignKeyName: null,
    insertable: false,
    joinColumns: [],
    numberType: false,
    textType: true,
    updatable: false,
  });
  assert.equal(columnMetadata[1].booleanType, true);
});

test('errors of a query', async (t) => {
  const request = await asClient(await startEmulator(t));
  for (const text of [
    '',
    'DELETE FROM User',
    'SELECT FROM User',
    'SELECT Id User',
    'SELECT Id FROM User LIMIT x',
    "SELECT Id FROM User WHERE Id = 'open",
    'SELECT Id FROM User;',
  ]) {
    assert.deepEqual(errorsOf(await request(soql(text))), [400, 'MALFORMED_QUERY'], text);
  }
  assert.deepEqual(errorsOf(await request('/services/data/v66.0/query')), [400, 'MALFORMED_QUERY']);
  const unknown = await request(soql('SELECT Id FROM ScratchOrgInfo limit 1'));
  assert.deepEqual(errorsOf(unknown), [400, 'INVALID_TYPE']);
  assert.match(
    JSON.parse(unknown.text)[0].message,
    /^\nSELECT Id FROM ScratchOrgInfo limit 1\n {15}\^\nERROR at Row:1:Column:16\nsObject type 'ScratchOrgInfo' is not supported\./,
  );
  assert.deepEqual(errorsOf(await request(soql('SELECT Colour FROM User'))), [400, 'INVALID_FIELD']);
  assert.deepEqual(errorsOf(await request(soql('SELECT Id FROM User WHERE Colour = 1'))), [400, 'INVALID_FIELD']);
  assert.deepEqual(errorsOf(await request(soql('SELECT Id FROM User ORDER BY constructor'))), [400, 'INVALID_FIELD']);
});

test('limits count requests, and every answer says so', async (t) => {
  const request = await asClient(await startEmulator(t));
  await request(soql('SELECT Id FROM User'));
  const { text, headers } = await request('/services/data/v66.0/limits');
  assert.deepEqual(JSON.parse(text).DailyApiRequests, { Max: 15_000, Remaining: 14_998 });
  assert.equal(headers.get('sforce-limit-info'), 'api-usage=2/15000');
});

test('single records, and the list of objects', async (t) => {
  const emulator = await startEmulator(t);
  const request = await asClient(emulator);
  const id = emulator.ready.users[0]?.id ?? '';
  for (const form of [id, id.slice(0, 15)]) {
    assert.equal((await request(`/services/data/v66.0/sobjects/User/${form}`)).body.Username, 'admin@emulator.example');
  }
  const some = await request(`/services/data/v66.0/sobjects/User/${id}?fields=Email`);
  assert.deepEqual(Object.keys(some.body), ['attributes', 'Email', 'Id']);
  for (const path of [`User/${id}/more`, 'User/005000000000000AAA', `Account/${id}`, 'Nothing/1', `User/${id.slice(0, 15)}AAA`]) {
    assert.deepEqual(errorsOf(await request(`/services/data/v66.0/sobjects/${path}`)), [404, 'NOT_FOUND'], path);
  }
  assert.deepEqual(JSON.parse((await request('/services/data/v66.0/sobjects')).text).sobjects.length, 7);
});

test('what is no good token gets an array with one error', async (t) => {
  const emulator = await startEmulator(t);
  const url = `${emulator.myDomainUrl}/services/data/v66.0/limits`;
  const expired = [401, 'INVALID_SESSION_ID'];
  assert.deepEqual(errorsOf(await get(url)), expired);
  const answer = await get(url, { authorization: 'Bearer 00Dwrong!x' });
  assert.deepEqual(errorsOf(answer), expired);
  assert.deepEqual(JSON.parse(answer.text), [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }]);
  assert.deepEqual(errorsOf(await get(url, { authorization: 'Token x' })), [401, 'INVALID_AUTH_HEADER']);
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  const bearer = { authorization: `OAuth ${body.access_token}` };
  assert.equal((await get(url, bearer)).status, 200);
  assert.deepEqual(errorsOf(await get(url.replace(emulator.myDomainUrl, emulator.loginUrl), bearer)), [401, 'URL_NOT_RESET']);
  assert.deepEqual(errorsOf(await reply(await fetch(url, { method: 'POST', headers: bearer }))), [405, 'METHOD_NOT_ALLOWED']);
  emulator.configureApp('clientCredentials', { scopes: ['id'] });
  const weak = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  const refused = await get(url, { authorization: `Bearer ${weak.body.access_token}` });
  assert.match(refused.text, /This session is not valid for use with the REST API/);
  emulator.configureUser('integration@emulator.example', { isActive: false });
  assert.deepEqual(errorsOf(await get(url, bearer)), expired);
});

test('a method that a resource does not know is refused with those that it does', async (t) => {
  const request = await restClient(await startEmulator(t));
  for (const [method, path, allowed] of [
    ['POST', 'query', 'HEAD,GET'],
    ['PUT', 'sobjects/Account', 'HEAD,GET,POST'],
    ['POST', 'sobjects/Account/001000000EMU001', 'HEAD,GET,PATCH,DELETE'],
    ['DELETE', 'limits', 'HEAD,GET'],
  ] as const) {
    const answer = await request(method, path);
    assert.equal(answer.status, 405, path);
    assert.equal(answer.headers.get('allow'), allowed);
    const message = `HTTP Method '${method}' not allowed. Allowed are ${allowed}`;
    assert.deepEqual(answer.json(), [{ message, errorCode: 'METHOD_NOT_ALLOWED' }]);
  }
});

test('HEAD has the headers of GET and no body', async (t) => {
  const request = await restClient(await startEmulator(t));
  for (const path of ['', 'limits', 'sobjects', 'sobjects/User/describe', 'query?q=SELECT+Id+FROM+User']) {
    const answer = await request('HEAD', path);
    assert.deepEqual([answer.status, answer.text], [200, ''], path);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  }
});

test('refusals say how much of the limit is used, as long as the session is good', async (t) => {
  const emulator = await startEmulator(t);
  const request = await restClient(emulator);
  assert.equal((await request('GET', 'chatter')).headers.get('sforce-limit-info'), 'api-usage=1/15000');
  assert.equal((await request('GET', '/services/data/v1.0/limits')).headers.get('sforce-limit-info'), 'api-usage=2/15000');
  assert.equal((await request('PUT', 'limits')).headers.get('sforce-limit-info'), 'api-usage=3/15000');
  const unauthenticated = await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`);
  assert.equal(unauthenticated.headers.get('sforce-limit-info'), null);
});

test('limits have the names that Salesforce gives them', async (t) => {
  const request = await restClient(await startEmulator(t));
  const limits = (await request('GET', 'limits')).json<Record<string, { Max: number; Remaining: number }>>();
  assert.deepEqual(Object.keys(limits), Object.keys(limits).toSorted());
  for (const name of ['DailyApiRequests', 'DailyAsyncApexExecutions', 'DailyBulkApiBatches', 'DataStorageMB', 'SingleEmail']) {
    assert.deepEqual(Object.keys(limits[name] ?? {}), ['Max', 'Remaining'], name);
  }
});

test('the Tooling API has its own resources and fewer objects', async (t) => {
  const request = await restClient(await startEmulator(t));
  const base = '/services/data/v66.0/tooling';
  assert.deepEqual((await request('GET', 'tooling')).json(), { query: `${base}/query`, sobjects: `${base}/sobjects` });
  const { sobjects } = (await request('GET', 'tooling/sobjects')).json<{ sobjects: { name: string }[] }>();
  assert.deepEqual(
    sobjects.map(({ name }) => name),
    ['Organization', 'Profile', 'User'],
  );
  assert.equal((await request('GET', 'tooling/sobjects/User/describe')).status, 200);
  assert.deepEqual(errorsOf(await request('GET', 'tooling/sobjects/Account/describe')), [404, 'NOT_FOUND']);
  const sandboxes =
    "SELECT Id, Status FROM SandboxProcess WHERE SandboxOrganization = '00D000000000EMU' ORDER BY CreatedDate DESC";
  for (const query of [sandboxes, 'SELECT Id FROM Account']) {
    assert.deepEqual(errorsOf(await request('GET', `tooling/query?q=${encodeURIComponent(query)}`)), [400, 'INVALID_TYPE']);
  }
});

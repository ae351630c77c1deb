import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator, FaultMatch, FaultSpec } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  authorizeUrl,
  clientCredentialsForm,
  codeForm,
  get,
  INTEGRATION,
  jwtForm,
  obtainCode,
  post,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const ask = (emulator: Emulator) => requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });

test('match: host, path, grant type and client; times; the oldest goes first', async (t) => {
  const emulator = await startEmulator(t);
  const { clientId } = appOf(emulator, 'clientCredentials');
  emulator.fault({ match: { host: 'login' }, action: { row: 'T1' } });
  emulator.fault({ match: { grantType: 'refresh_token' }, action: { row: 'T1' } });
  emulator.fault({ match: { clientId: 'somebody' }, action: { row: 'T1' } });
  emulator.fault({ match: { path: '/services/oauth2/introspect' }, action: { row: 'V5' } });
  assert.equal((await ask(emulator)).status, 200);
  emulator.fault({ match: { path: '/services/oauth2/token', clientId, host: 'mydomain' }, action: { row: 'T2' }, times: 2 });
  emulator.fault({ match: { path: '/services/*' }, action: { row: 'T3' }, times: 'always' });
  const errors: (string | undefined)[] = [];
  for (let round = 0; round < 4; round++) errors.push((await ask(emulator)).body.error);
  assert.deepEqual(errors, ['inactive_org', 'inactive_org', 'unknown_error', 'unknown_error']);
  emulator.clearFaults();
  assert.equal((await ask(emulator)).status, 200);
});

test('a row without a path waits for the endpoint where it belongs', async (t) => {
  const emulator = await startEmulator(t);
  for (const row of ['H1', 'V1', 'V5', 'V6', 'V8', 'Z4', 'Z19', 'H14', 'J1']) emulator.fault({ action: { row } });
  assert.equal((await get(`${emulator.myDomainUrl}/services/data`)).status, 401);
  assert.equal((await get(`${emulator.myDomainUrl}/services/data`)).status, 200);
  assert.equal((await ask(emulator)).body.error, 'invalid_grant');
  assert.equal((await ask(emulator)).status, 200);
  assert.match((await post(`${emulator.loginUrl}/services/oauth2/revoke`, { token: 'x' })).text, /invalid_token/);
  assert.equal((await get(`${emulator.loginUrl}/services/oauth2/singleaccess`)).status, 403);
  assert.deepEqual(
    emulator.faults().map(({ action }) => action.row),
    ['V5', 'V6', 'Z4', 'Z19', 'H14'],
  );
});

test('path: each * stands for any text', async (t) => {
  const emulator = await startEmulator(t);
  const hits = async (path: string, asked: string): Promise<boolean> => {
    emulator.fault({ match: { path }, action: { status: 299 } });
    const { status } = await get(`${emulator.myDomainUrl}${asked}`);
    emulator.clearFaults();
    return status === 299;
  };
  const query = '/services/data/v66.0/query';
  for (const path of [
    '*',
    '/*',
    query,
    '/services/data*',
    '*query',
    '/services/data/*/query',
    '/*/*/*',
    '*v66*0*',
    `${query}*`,
  ]) {
    assert.ok(await hits(path, query), path);
  }
  for (const path of [
    '/services/data',
    '/services/data/*/limits',
    '*query/',
    '/services/data/v66.0/query*y',
    '*0*v66*',
    '/s*ss/*',
  ]) {
    assert.equal(await hits(path, query), false, path);
  }
  assert.ok(await hits('/services/data', '//services//data?x=1'), 'doubled slashes and the query do not count');
});

test('after: so many requests that match go by first', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { row: 'T3' }, after: 2, times: 2 });
  emulator.fault({ match: { host: 'login' }, action: { row: 'T2' } });
  const outcomes: string[] = [];
  for (let round = 0; round < 5; round++) {
    const { body } = await ask(emulator);
    outcomes.push(body.error ?? 'ok');
    const [waiting] = emulator.faults();
    if (round === 0) assert.deepEqual([waiting?.leftBefore, waiting?.used, waiting?.left, waiting?.after], [1, 0, 2, 2]);
    if (round === 2) assert.deepEqual([waiting?.leftBefore, waiting?.used, waiting?.left], [0, 1, 1]);
  }
  assert.deepEqual(outcomes, ['ok', 'ok', 'unknown_error', 'unknown_error', 'ok']);
  assert.equal(emulator.faults().length, 1);
});

test('after counts a request that another fault takes', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { row: 'T2' } });
  emulator.fault({ action: { row: 'T3' }, after: 1 });
  assert.equal((await ask(emulator)).body.error, 'inactive_org');
  assert.equal((await ask(emulator)).body.error, 'unknown_error');
});

test('username: owner of the token or code, subject of the assertion, run-as user, whatever the case', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  const code = await obtainCode(emulator, 'web');
  const { access_token: access = '' } = (await ask(emulator)).body;
  const requests = [
    () => requestToken(emulator, refreshForm(emulator, 'web', token)),
    () => requestToken(emulator, codeForm(emulator, 'web', code)),
    () => requestToken(emulator, { grant_type: 'password', username: ADMIN.username, password: 'x' }),
    () => requestToken(emulator, jwtForm(emulator)),
    () => ask(emulator),
    () => get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { authorization: `Bearer ${access}` }),
    () => get(`${emulator.myDomainUrl}/services/oauth2/userinfo?access_token=${access}`),
  ];
  const hit = async (username: string): Promise<boolean[]> => {
    emulator.fault({ match: { username }, action: { status: 299 }, times: 'always' });
    const hits: boolean[] = [];
    for (const request of requests) hits.push((await request()).status === 299);
    emulator.clearFaults();
    return hits;
  };
  assert.deepEqual(await hit(ADMIN.username.toUpperCase()), [true, true, true, false, false, false, false]);
  assert.deepEqual(await hit(INTEGRATION.username), [false, false, false, true, true, true, true]);
  assert.deepEqual(await hit('nobody@emulator.example'), Array(7).fill(false));
});

test('clientId: of authorization, introspection and API requests too', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: access = '' } = (await ask(emulator)).body;
  const { clientId, clientSecret } = appOf(emulator, 'clientCredentials');
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  const taken = async (match: FaultMatch, request: () => Promise<{ status: number }>) => {
    emulator.fault({ match, action: { status: 299 } });
    const { status } = await request();
    emulator.clearFaults();
    return status === 299;
  };
  const requests = [
    () => get(authorizeUrl(emulator, 'clientCredentials')),
    () => post(`${emulator.loginUrl}/services/oauth2/introspect`, { token: access }, { authorization: basic }),
    () => get(`${emulator.myDomainUrl}/services/data/v66.0`, { authorization: `Bearer ${access}` }),
  ];
  for (const request of requests) {
    assert.equal(await taken({ clientId: appOf(emulator, 'web').clientId }, request), false);
    assert.equal(await taken({ clientId }, request), true);
  }
});

test('faults() and GET show what waits; the spec that was given can be changed without effect', async (t) => {
  const emulator = await startEmulator(t);
  const action = { row: 'T3' };
  emulator.fault({ action, times: 'always' });
  action.row = 'T2';
  assert.equal((await ask(emulator)).body.error, 'unknown_error');
  const expected = [{ action: { row: 'T3' }, times: 'always', left: 'always', used: 1, leftBefore: 0 }];
  assert.deepEqual(emulator.faults(), expected);
  assert.deepEqual(JSON.parse((await get(`${emulator.controlUrl}/_emulator/faults`)).text), expected);
});

test('wrong specs are refused with their place and what is allowed', async (t) => {
  const emulator = await startEmulator(t);
  const refused = (spec: unknown, message: RegExp) => {
    assert.throws(() => emulator.fault(spec as FaultSpec), { name: 'TypeError', message });
    assert.deepEqual(emulator.faults(), []);
  };
  refused({}, /fault\.action: missing/);
  refused({ action: {} }, /fault\.action: expected at least one/);
  refused({ action: { hang: false, row: undefined } }, /fault\.action: expected at least one/);
  refused({ action: { explode: true } }, /fault\.action\.explode: unknown; known are delayBeforeMs/);
  refused({ action: { delayMs: '1' } }, /fault\.action\.delayMs: expected an integer from 0 to 3600000, found "1"/);
  refused({ action: { body: 'x' } }, /fault\.action\.status: missing; body needs it/);
  refused({ action: { dropAfter: true, processed: true } }, /fault\.action\.status: missing; processed needs it/);
  refused({ action: { delayMs: 1, variant: 'x' } }, /fault\.action\.row: missing; variant needs it/);
  refused({ action: { hang: true }, times: 0 }, /fault\.times/);
  refused({ action: { hang: true }, after: -1 }, /fault\.after/);
  refused({ action: { hang: true }, match: { host: 'elsewhere' } }, /fault\.match\.host: expected one of login, mydomain/);
  refused({ action: { hang: true }, match: { path: 'services' } }, /fault\.match\.path: expected a path such as/);
  refused({ action: { hang: true }, match: { path: '/a?b=c' } }, /fault\.match\.path: .*without query/);
  refused({ action: { hang: true }, match: { path: '//services' } }, /fault\.match\.path: .*doubled slashes/);
  refused({ action: { tamper: {} } }, /jsonPatch: missing/);
  refused({ action: { tamper: { jsonPatch: { a: 1n } } } }, /jsonPatch\.a: expected a value that JSON has/);
  refused({ action: { row: 'J99' } }, /fault\.action\.row: there is no row J99 in the error catalogue; there is J1 to J18$/);
  refused({ action: { row: 'z12' } }, /there is no row z12 .*; there is Z12$/);
  refused({ action: { row: 'B1' } }, /there is J1 to J18, A1 to A14, .*, H1 to H14$/);
  refused({ action: { row: 'T4', variant: 'down' } }, /fault\.action\.variant: T4 has no variant down; it has server_error, /);
  refused({ action: { row: 'J1', variant: 'x' } }, /variant: J1 has no variant x; it has one answer only/);
  refused({ action: { row: 'V3', error: 'x' } }, /fault\.action\.error: V3 has no error code/);
  refused({ action: { row: 'V6', description: 'x' } }, /fault\.action\.description: V6 has no description/);
  refused({ action: { row: 'H1', description: null } }, /fault\.action\.description: expected a text/);
  refused({ action: { row: 'T9', truncateAtByte: 1 } }, /truncateAtByte: has no effect together with T9/);
  refused({ action: { row: 'J1', status: 400 } }, /fault\.action\.status: has no effect together with row/);
  refused({ action: { row: 'J1', dropAfter: true } }, /fault\.action\.row: has no effect together with dropAfter/);
  refused({ action: { hang: true, delayMs: 1 } }, /fault\.action\.delayMs: has no effect together with hang/);
  refused({ action: { status: 200, headers: { 'Content-Length': '3' } } }, /headers\.Content-Length: the emulator sets it/);
  refused({ action: { status: 200, headers: { 'a b': '3' } } }, /headers\.a b: no header of HTTP/);
  refused({ action: { status: 200, headers: { a: 'b\r\nc: d' } } }, /headers\.a: no header of HTTP/);
});

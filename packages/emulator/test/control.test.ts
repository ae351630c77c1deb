import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  clientCredentialsForm,
  get,
  isAccepted,
  refreshForm,
  reply,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const send = async (emulator: Emulator, name: string, body?: unknown, method = 'POST') =>
  reply(
    await fetch(`${emulator.controlUrl}/_emulator/${name}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );

test('everything that code can do, the control interface can', async (t) => {
  const emulator = await startEmulator(t);
  assert.deepEqual((await send(emulator, 'ready', undefined, 'GET')).body, JSON.parse(JSON.stringify(emulator.ready)));

  const granted: string[] = JSON.parse(
    (await send(emulator, 'grants', { app: 'rotating', user: ADMIN.username, count: 7 })).text,
  );
  assert.equal(new Set(granted).size, 7, "the approval limit doesn't count these");
  for (const token of granted) assert.equal((await requestToken(emulator, refreshForm(emulator, 'rotating', token))).status, 200);

  const ledger: unknown[] = JSON.parse((await send(emulator, 'ledger', undefined, 'GET')).text);
  assert.deepEqual(ledger, emulator.ledger());
  assert.deepEqual(JSON.parse((await send(emulator, 'ledger?after=6', undefined, 'GET')).text).length, 1);

  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  assert.deepEqual((await send(emulator, 'clock', { advanceSeconds: 7201 })).body, { advancedSeconds: 7201 });
  assert.equal(await isAccepted(emulator, body.access_token), false);

  assert.equal((await send(emulator, 'faults', { action: { row: 'T3' }, times: 5 })).status, 200);
  assert.equal((await requestToken(emulator, {})).body.error, 'unknown_error');
  assert.deepEqual(JSON.parse((await send(emulator, 'faults', undefined, 'GET')).text), [
    { action: { row: 'T3' }, times: 5, left: 4, used: 1, leftBefore: 0 },
  ]);
  assert.equal((await send(emulator, 'faults', undefined, 'DELETE')).text, '[]');
  assert.equal((await requestToken(emulator, {})).body.error, 'unsupported_grant_type');

  assert.equal((await send(emulator, 'switches', { approvalLimit: 9 })).body.approvalLimit, 9);
  assert.equal((await send(emulator, 'switches', undefined, 'GET')).body.approvalLimit, 9);
  await send(emulator, 'apps', { app: 'clientCredentials', isClientCredentialEnabled: false });
  assert.equal((await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' })).status, 400);
  await send(emulator, 'users', { username: ADMIN.username, isActive: false });
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  assert.equal((await requestToken(emulator, refreshForm(emulator, 'web', token))).body.error_description, 'inactive user');
});

test('revoke: by token, by fingerprint, by app and user, access tokens alone', async (t) => {
  const emulator = await startEmulator(t);
  const [one = '', two = '', three = ''] = emulator.grant({ app: 'web', user: ADMIN.username, count: 3 });
  const refresh = (token: string) => requestToken(emulator, refreshForm(emulator, 'web', token));
  const { access_token: access } = (await refresh(one)).body;
  assert.deepEqual((await send(emulator, 'revoke', { app: 'web', accessTokensOnly: true })).body, { revoked: 1 });
  assert.equal(await isAccepted(emulator, access), false);
  assert.equal((await refresh(one)).status, 200);
  assert.deepEqual((await send(emulator, 'revoke', { token: one })).body, { revoked: 1 });
  assert.equal((await refresh(one)).status, 400);
  await refresh(two);
  const { presented } = emulator.ledger().at(-1) ?? {};
  assert.deepEqual((await send(emulator, 'revoke', { fingerprint: presented })).body, { revoked: 1 });
  assert.equal((await refresh(two)).status, 400);
  assert.deepEqual((await send(emulator, 'revoke', { user: ADMIN.username.toUpperCase(), app: 'all' })).body, { revoked: 0 });
  await send(emulator, 'revoke', { user: ADMIN.username });
  assert.equal((await refresh(three)).status, 400);
});

test('wrong input gets 400 and the reason', async (t) => {
  const emulator = await startEmulator(t);
  for (const [name, body, reason] of [
    ['grants', { app: 'nothing', user: ADMIN.username }, /there is no nothing; there are jwt, web/],
    ['grants', { app: 'web', user: 'nobody' }, /there is no nobody; there are admin@/],
    ['grants', { app: 'clientCredentials' }, /grant\.user: missing/],
    ['grants', { app: 'web', user: ADMIN.username, count: 0 }, /grant\.count/],
    ['clock', { advanceSeconds: -1 }, /seconds: expected a number from 0/],
    ['clock', {}, /^clock\.advanceSeconds: missing/],
    ['clock', { advanceSeconds: 1, seconds: 60 }, /^clock\.seconds: unknown; known are advanceSeconds/],
    ['clock', { advanceSeconds: '60' }, /^clock\.advanceSeconds: expected a number, found "60"/],
    ['clock', { advanceSeconds: 1e300 }, /seconds: expected less, the clock would pass the year 9999/],
    ['apps', { app: 'web', callbackUrls: ['https://x.example/\r\nset-cookie: y'] }, /callbackUrls\[0\]: expected a URL/],
    ['apps', { app: 'web', callbackUrls: ['https://x.example/#fragment'] }, /callbackUrls\[0\]: expected a URL/],
    ['apps', { app: 'web', callbackUrls: ['/callback'] }, /callbackUrls\[0\]: expected a URL/],
    ['revoke', {}, /expected token, fingerprint, app or user/],
    ['revoke', { accessTokensOnly: true }, /expected token/],
    ['switches', { reuse: true }, /switches\.reuse: unknown/],
    ['apps', { app: 'web', clientId: 'somebody' }, /settings\.clientId: unknown/],
    ['apps', { isPkceRequired: true }, /app: expected a text/],
    ['users', { username: 'nobody', isActive: true }, /there is no nobody/],
    ['faults', [], /body: expected an object, found an array/],
  ] as const) {
    const { status, body: answer } = await send(emulator, name, body);
    assert.equal(status, 400, name);
    assert.match(answer.error ?? '', reason);
  }
  const broken = await reply(await fetch(`${emulator.controlUrl}/_emulator/clock`, { method: 'POST', body: '{' }));
  assert.equal(broken.status, 400);
  assert.equal((await send(emulator, 'nothing')).status, 404);
  assert.equal((await send(emulator, 'constructor', undefined, 'GET')).status, 404);
});

test('HEAD goes wherever GET does, and the root lists the calls', async (t) => {
  const emulator = await startEmulator(t);
  const { calls } = JSON.parse((await send(emulator, '', undefined, 'GET')).text);
  assert.ok(calls.includes('GET /_emulator/ready') && calls.includes('POST /_emulator/clock'), calls);
  for (const call of calls) {
    const [method, path] = call.split(' ');
    const { status, text } = await reply(await fetch(`${emulator.controlUrl}${path}`, { method: 'HEAD' }));
    const isRead = method === 'GET' || calls.includes(`GET ${path}`);
    assert.deepEqual([status, text], [isRead ? 200 : 404, ''], call);
  }
  const unknown = await send(emulator, 'readyness', undefined, 'GET');
  assert.deepEqual([unknown.status, JSON.parse(unknown.text).calls], [404, calls]);
});

test('JSON that is nested too deep to be written again is refused, and the emulator lives on', async (t) => {
  const emulator = await startEmulator(t);
  const url = `${emulator.controlUrl}/_emulator/faults`;
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const body = `{"action":{"tamper":{"jsonPatch":{"x":${deep}}}},"times":1}`;
  const refused = await reply(await fetch(url, { method: 'POST', body }));
  assert.deepEqual([refused.status, refused.body], [400, { error: 'body: nested more than 100 deep' }]);
  assert.deepEqual((await send(emulator, 'faults', undefined, 'GET')).body, []);
});

test('only loopback names and no web page reach it; My Domain has none', async (t) => {
  const emulator = await startEmulator(t);
  const status = (headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      const { port } = new URL(emulator.controlUrl);
      request({ port, host: '127.0.0.1', path: '/_emulator/ledger', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await status({ host: 'rebound.example' }), 403);
  assert.equal(await status({ host: '127.0.0.1.rebound.example' }), 403);
  assert.equal(await status({ host: 'localhost:1', origin: 'https://evil.example' }), 403);
  assert.equal(await status({ host: 'localhost', 'sec-fetch-site': 'cross-site' }), 403);
  for (const host of ['localhost:80', '127.0.0.1', '[::1]:1']) assert.equal(await status({ host }), 200, host);
  assert.equal((await get(`${emulator.myDomainUrl}/_emulator/ledger`)).status, 404);
});

test('an app may keep its name and change its redirect URIs, not its key', async (t) => {
  const emulator = await startEmulator(t);
  const before = appOf(emulator, 'web').clientId;
  emulator.configureApp('web', { callbackUrls: ['https://client.example/'] });
  assert.equal(appOf(emulator, 'web').clientId, before);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import {
  ADMIN,
  authorizeUrl,
  clientCredentialsForm,
  get,
  isAccepted,
  post,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

/** What comes back for bytes that no client library would send, or hides. */
async function exchange(origin: string, request: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.end([...request, 'connection: close', '', ''].join('\r\n'));
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes));
  await once(socket, 'close');
  return answer;
}

async function accessToken(emulator: Emulator): Promise<string> {
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  return body.access_token ?? '';
}

test('204 says nothing about a length (RFC 9110 section 8.6)', async (t) => {
  const emulator = await startEmulator(t);
  const headers = { authorization: `Bearer ${await accessToken(emulator)}`, 'content-type': 'application/json' };
  const accounts = `${emulator.myDomainUrl}/services/data/v66.0/sobjects/Account`;
  const created = await fetch(accounts, { method: 'POST', headers, body: '{"Name":"Synthetic"}' });
  const { id } = JSON.parse(await created.text());
  const answer = await exchange(emulator.myDomainUrl, [
    `DELETE ${new URL(accounts).pathname}/${id} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: ${headers.authorization}`,
  ]);
  assert.match(answer, /^HTTP\/1\.1 204 /);
  assert.doesNotMatch(answer, /content-length|transfer-encoding/i);
});

test('a request target may be a whole URL (RFC 9112 section 3.2.2)', async (t) => {
  const emulator = await startEmulator(t);
  for (const target of [`${emulator.loginUrl}/services//data?a=http://b/c`, `HTTP://127.0.0.1/services/data`]) {
    assert.match(await exchange(emulator.loginUrl, [`GET ${target} HTTP/1.1`, 'host: 127.0.0.1']), /^HTTP\/1\.1 200 /, target);
  }
  assert.match(
    await exchange(emulator.loginUrl, [`GET ${emulator.loginUrl} HTTP/1.1`, 'host: 127.0.0.1']),
    /^HTTP\/1\.1 200 .*Forcemint emulator – not Salesforce/s,
  );
});

test('more than one space may stand between the scheme and the token (RFC 9110 section 11.4)', async (t) => {
  const emulator = await startEmulator(t);
  const token = await accessToken(emulator);
  const status = async (authorization: string) =>
    (await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { authorization })).status;
  assert.equal(await isAccepted(emulator, token), true);
  assert.equal(await status(`Bearer  ${token}`), 200);
  assert.equal(await status(`oauth   ${token}`), 200);
  assert.equal(await status(`Bearer${token}`), 401);
  assert.equal(await status(`Bearer ${token} x`), 401);
});

test('two emulators on one address leave each other their browser sessions', async (t) => {
  const emulators = [await startEmulator(t), await startEmulator(t)];
  const cookies = new Map<string, string>();
  for (const emulator of emulators) {
    const transaction = /name="transaction" value="([^"]+)"/.exec((await get(authorizeUrl(emulator, 'web'))).text)?.[1];
    const login = await post(`${emulator.loginUrl}/login`, { transaction, ...ADMIN });
    const [name = '', value = ''] = (login.headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
    cookies.set(name, value);
  }
  // One jar for the address: browsers don't tell its ports apart.
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  for (const emulator of emulators) assert.match((await get(authorizeUrl(emulator, 'web'), { cookie })).text, /Allow access/);
});

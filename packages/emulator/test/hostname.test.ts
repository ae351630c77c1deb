import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { EmulatorListenError, type EmulatorOptions } from '../src/index.ts';
import { get, jwtForm, requestToken, startEmulator } from './emulator-client.ts';
import { httpsRequest } from './https-client.ts';
import { refusedStart } from './refused-start.ts';

/** Listens on ::1, or resolves with undefined on a machine without IPv6. */
async function listenOnIpv6(port = 0): Promise<{ port: number; close: () => Promise<void> } | undefined> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '::1', () => resolve(true));
  });
  const address = server.address();
  if (!isListening || typeof address !== 'object' || address === null) return undefined;
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function hasIpv6(): Promise<boolean> {
  const probe = await listenOnIpv6();
  await probe?.close();
  return probe !== undefined;
}

test('by the name localhost it works as well, and goes on calling itself 127.0.0.1', async (t) => {
  const emulator = await startEmulator(t);
  const localhost = emulator.loginUrl.replace('127.0.0.1', 'localhost');
  const { status, text } = await get(`${localhost}/.well-known/openid-configuration`);
  assert.equal(status, 200);
  assert.equal(JSON.parse(text).issuer, emulator.loginUrl);
  assert.equal((await get(`${localhost}/_emulator/ready`)).status, 200);
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { aud: localhost }))).status, 200);
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { aud: `${localhost}:1` }))).status, 400);
});

test('named localhost it says so everywhere, and answers on every address of that name', async (t) => {
  for (const options of [{ hostname: 'localhost' }, { hostname: 'localhost', tls: true }] as const) {
    const emulator = await startEmulator(t, options);
    const scheme = 'tls' in options ? 'https' : 'http';
    for (const origin of [emulator.loginUrl, emulator.myDomainUrl, emulator.controlUrl]) {
      assert.match(origin, new RegExp(`^${scheme}://localhost:\\d+$`));
    }
    const addresses = ['127.0.0.1', ...((await hasIpv6()) ? ['[::1]'] : [])];
    for (const address of ['localhost', ...addresses]) {
      const url = `${emulator.loginUrl.replace('localhost', address)}/.well-known/openid-configuration`;
      const body = scheme === 'https' ? (await httpsRequest(emulator, url)).body : (await get(url)).text;
      assert.equal(JSON.parse(body).issuer, emulator.loginUrl, address);
    }
    for (const address of addresses) {
      const control = `${emulator.controlUrl.replace('localhost', address)}/_emulator/ready`;
      const status = scheme === 'https' ? (await httpsRequest(emulator, control)).status : (await get(control)).status;
      assert.equal(status, 200);
    }
    await emulator.close();
    for (const address of addresses) {
      await assert.rejects(fetch(emulator.loginUrl.replace('localhost', address).replace('https', 'http')));
    }
  }
});

test('a port that is taken on ::1 only is named; any free port is free on both', async (t) => {
  const other = await listenOnIpv6();
  if (other === undefined) return t.diagnostic('no IPv6 on this machine');
  t.after(other.close);
  await refusedStart({ hostname: 'localhost', loginPort: other.port }, (error) => {
    assert.ok(error instanceof EmulatorListenError);
    assert.deepEqual([error.host, error.port], ['login', other.port]);
    assert.match(error.message, new RegExp(`login host can't listen on \\[::1\\]:${other.port} \\(EADDRINUSE\\)`));
    return true;
  });
  await startEmulator(t, { loginPort: other.port, myDomainPort: 0 });
});

test('wrong options are named', async () => {
  const refused = (options: unknown, message: RegExp): Promise<void> =>
    refusedStart(options as EmulatorOptions, { name: 'TypeError', message });
  await refused({ port: 8080 }, /^options\.port: unknown; known are loginPort, myDomainPort, hostname, tls, caFile, /);
  await refused({ hostname: '0.0.0.0' }, /^options\.hostname: expected one of 127\.0\.0\.1, localhost, found "0\.0\.0\.0"$/);
  await refused({ loginPort: 70_000 }, /^options\.loginPort: expected an integer from 0 to 65535, found 70000$/);
  await refused({ loginPort: 65_535 }, /^options\.loginPort: expected an integer from 0 to 65534, since My Domain/);
  await refused({ tls: 'yes' }, /^options\.tls: expected true or false, found string$/);
  await refused({ tls: true, caFile: '' }, /^options\.caFile: expected a text/);
  await refused({ caFile: '/nowhere/ca.pem' }, /^options\.caFile: without tls/);
  await refused({ clock: 7 }, /^options\.clock: expected a function, found number$/);
});

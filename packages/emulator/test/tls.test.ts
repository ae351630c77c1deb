import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import type { Emulator } from '../src/index.ts';
import { clientCredentialsForm, post, startEmulator } from './emulator-client.ts';
import { httpsRequest } from './https-client.ts';
import { runProgram } from './program.ts';

const TOKEN_PATH = '/services/oauth2/token';

/** What the process of a client gets: the machine's variables, without any that points to certificates. */
function clientEnv(more: Readonly<Record<string, string | undefined>> = {}): Record<string, string | undefined> {
  return { PATH: process.env.PATH, HOME: process.env.HOME, ...more };
}

const portOf = (url: string): number => Number(new URL(url).port);

test('both hosts and the control interface are on https, and what they say of themselves is too', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const { loginUrl, myDomainUrl, controlUrl, ready } = emulator;
  for (const url of [loginUrl, myDomainUrl, controlUrl, ready.loginUrl, ready.myDomainUrl, ready.controlUrl]) {
    assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  }
  const { status, body } = await httpsRequest(emulator, `${myDomainUrl}${TOKEN_PATH}`, { form: clientCredentialsForm(emulator) });
  assert.equal(status, 200, body);
  const token = JSON.parse(body);
  assert.equal(token.instance_url, myDomainUrl);
  assert.ok(token.id.startsWith(`${loginUrl}/id/`));
  const discovery = await httpsRequest(emulator, `${loginUrl}/.well-known/openid-configuration`);
  assert.equal(JSON.parse(discovery.body).token_endpoint, `${loginUrl}${TOKEN_PATH}`);
  const ledger = await httpsRequest(emulator, `${controlUrl}/_emulator/ledger`);
  assert.equal(JSON.parse(ledger.body).length, 1);
  assert.equal(emulator.ledger().at(0)?.written, true);
});

test('a Node process with NODE_EXTRA_CA_CERTS gets a token, and without it no connection', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const script = `const form = new URLSearchParams(JSON.parse(process.env.FORM));
const answer = await fetch(process.env.TOKEN_URL, { method: 'POST', body: form }).then((response) => response.json(), (error) => error.cause.code);
console.log(JSON.stringify(answer.token_type ?? answer));`;
  const env = { FORM: JSON.stringify(clientCredentialsForm(emulator)), TOKEN_URL: `${emulator.myDomainUrl}${TOKEN_PATH}` };
  const fetchWith = (more: Record<string, string | undefined>) =>
    runProgram(process.execPath, ['--input-type=module', '-e', script], { env: clientEnv({ ...env, ...more }) });
  assert.equal((await fetchWith({ NODE_EXTRA_CA_CERTS: emulator.ready.caFile }))?.stdout, '"Bearer"\n');
  assert.equal((await fetchWith({}))?.stdout, '"UNABLE_TO_VERIFY_LEAF_SIGNATURE"\n');
  assert.equal(emulator.ledger().length, 1, 'nothing left the one that does not trust');
});

test('the process of the emulator can come to trust it while it runs', async () => {
  const script = `import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
const { createEmulator, signIn } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)});
await using emulator = await createEmulator({ tls: true });
setDefaultCACertificates([...getCACertificates('default'), readFileSync(emulator.ready.caFile, 'utf8')]);
const { apps, users, loginUrl } = emulator.ready;
const query = new URLSearchParams({ response_type: 'code', client_id: apps.web.clientId, redirect_uri: apps.web.redirectUris[0] });
console.log(await signIn(loginUrl + '/services/oauth2/authorize?' + query, users[0]));`;
  const ran = await runProgram(process.execPath, ['--input-type=module', '--conditions=source', '-e', script], {
    env: clientEnv(),
  });
  assert.match(ran?.stdout ?? '', /^http:\/\/localhost:1717\/OauthRedirect\?code=/, ran?.stderr);
});

test('curl and Python, where they are there, accept it with the CA file and refuse it without', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const url = `${emulator.myDomainUrl}/services/data`;
  const { caFile = '' } = emulator.ready;
  const python = `import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2] if len(sys.argv) > 2 else None)
context.verify_flags |= ssl.VERIFY_X509_STRICT
print(urllib.request.urlopen(sys.argv[1], context=context).status)`;
  const strangers = [
    {
      command: 'curl',
      trusting: ['-sS', '-o', '/dev/null', '-w', '%{http_code}\n', '--cacert', caFile, url],
      doubting: ['-sS', url],
    },
    { command: 'python3', trusting: ['-c', python, url, caFile], doubting: ['-c', python, url] },
  ];
  for (const { command, trusting, doubting } of strangers) {
    const accepted = await runProgram(command, trusting, { env: clientEnv() });
    if (accepted === undefined) {
      t.diagnostic(`no ${command} on this machine`);
      continue;
    }
    assert.deepEqual(accepted, { code: 0, stdout: '200\n', stderr: '' }, command);
    const refused = await runProgram(command, doubting, { env: clientEnv() });
    assert.notEqual(refused?.code, 0);
    assert.match(refused?.stderr ?? '', /certificate/i);
  }
});

test('TLS 1.2 and 1.3 are spoken, nothing older', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const ca = readFileSync(emulator.ready.caFile ?? '');
  const protocolWith = (version: SecureVersion): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: portOf(emulator.loginUrl), ca, ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      const socket = connectTls({ ...options, minVersion: version, maxVersion: version }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.once('error', reject);
    });
  assert.equal(await protocolWith('TLSv1.2'), 'TLSv1.2');
  assert.equal(await protocolWith('TLSv1.3'), 'TLSv1.3');
  await assert.rejects(protocolWith('TLSv1.1'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('plain HTTP is told that HTTPS is required, whatever it asks for, and processes nothing', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const { body, status, headers } = await post(
    `http://127.0.0.1:${portOf(emulator.myDomainUrl)}${TOKEN_PATH}`,
    clientCredentialsForm(emulator),
  );
  assert.deepEqual([status, body], [400, { error: 'invalid_request', error_description: 'HTTPS required' }]);
  assert.equal(headers.get('connection'), 'close');
  const control = await fetch(`http://127.0.0.1:${portOf(emulator.controlUrl)}/_emulator/ready`);
  assert.equal(control.status, 400);
  assert.deepEqual(emulator.ledger(), []);
});

/** Everything that comes back until the connection closes; undefined when it is reset. */
function answerTo(emulator: Emulator, bytes: Uint8Array): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp(portOf(emulator.loginUrl), '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => resolve(undefined));
    text(socket).then(resolve, () => resolve(undefined));
  });
}

test('garbage closes its own connection and nothing else', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  assert.match((await answerTo(emulator, Buffer.from('garbage\r\n\r\n'))) ?? '', /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match((await answerTo(emulator, Buffer.from([0, 1, 2, 3]))) ?? '', /^HTTP\/1\.1 400 Bad Request\r\n/);
  const alert = await answerTo(emulator, Buffer.from('\u0016\u0003\u0001garbage, and no handshake'));
  assert.doesNotMatch(alert ?? '', /HTTP/);
  const silent = connectTcp(portOf(emulator.loginUrl), '127.0.0.1', () => silent.resetAndDestroy());
  await new Promise((resolve) => silent.once('close', resolve));
  const stillborn = connectTcp(portOf(emulator.loginUrl), '127.0.0.1', () => stillborn.end());
  await new Promise((resolve) => stillborn.resume().once('close', resolve));
  assert.equal((await httpsRequest(emulator, `${emulator.loginUrl}/services/data`)).status, 200);
});

test('close ends connections in each state: silent, in the middle of a handshake, idle, waiting for an answer', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const port = portOf(emulator.myDomainUrl);
  const ca = readFileSync(emulator.ready.caFile ?? '');
  const silent = connectTcp(port, '127.0.0.1');
  const shaking = connectTcp(port, '127.0.0.1', () => shaking.write(Buffer.of(0x16)));
  const idle = connectTls({ port, host: '127.0.0.1', ca });
  await new Promise((resolve) => idle.once('secureConnect', resolve));
  emulator.fault({ action: { delayMs: 3_600_000 } });
  const waiting = assert.rejects(
    httpsRequest(emulator, `${emulator.myDomainUrl}${TOKEN_PATH}`, { form: clientCredentialsForm(emulator) }),
  );
  const ended = [silent, shaking, idle].map((socket) => {
    socket.on('error', () => undefined).resume();
    return new Promise((resolve) => socket.once('close', resolve));
  });
  while (emulator.ledger().length === 0) await new Promise((resolve) => setImmediate(resolve));
  await emulator.close();
  await Promise.all([...ended, waiting]);
});

test('faults of the connection are what they are without TLS', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const ask = () => httpsRequest(emulator, `${emulator.myDomainUrl}${TOKEN_PATH}`, { form: clientCredentialsForm(emulator) });
  for (const action of [{ dropBefore: true }, { dropAfter: true }, { truncateAtByte: 10 }]) {
    emulator.fault({ action });
    await assert.rejects(ask(), { code: 'ECONNRESET' }, JSON.stringify(action));
  }
  assert.equal((await ask()).status, 200);
});

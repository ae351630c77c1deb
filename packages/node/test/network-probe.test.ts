import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { inspectTls, isAddress, resolveName, wayTo } from '../src/network-probe.ts';
import { answer, faultServer } from './support/fault-server.ts';
import { pairWithCertificate } from './support/key-material.ts';

const options = { env: {}, deadlineMs: 2_000 };

test('a name that there is, and one that there is not', async () => {
  assert.ok((await resolveName('localhost')).addresses.some((address) => ['127.0.0.1', '::1'].includes(address)));
  const { addresses, error } = await resolveName('no such host');
  assert.deepEqual(addresses, []);
  assert.match(error ?? '', /^E/);
});

test('hosts that are addresses have no name', () => {
  for (const host of ['127.0.0.1', '::1', '[::1]']) assert.ok(isAddress(host), host);
  for (const host of ['localhost', 'acme.my.salesforce.com', '1.2.3']) assert.ok(!isAddress(host), host);
});

test('the way to a host', () => {
  const env = { HTTPS_PROXY: 'http://user:synthetic@proxy.example:3128', NO_PROXY: 'test.salesforce.com' };
  assert.equal(wayTo(new URL('https://login.salesforce.com'), env), 'proxy.example:3128', 'without what is secret');
  assert.equal(wayTo(new URL('https://test.salesforce.com'), env), undefined);
  assert.throws(() => wayTo(new URL('https://login.salesforce.com'), { HTTPS_PROXY: 'socks5://x:1' }), { code: 'invalid_url' });
});

test('a certificate that is not trusted, a port without TLS, and nobody', async (t) => {
  const pair = pairWithCertificate();
  const untrusted = await faultServer(t, (socket) => socket.end(answer('{}')), {
    tls: { key: pair.pem, cert: pair.certificate },
  });
  await assert.rejects(inspectTls(new URL(untrusted.url), options), { code: 'tls', sent: 'no' });
  const noTls = (socket: Socket): false => {
    socket.end('220 not TLS\r\n');
    return false;
  };
  const plain = await faultServer(t, () => undefined, { onConnection: noTls });
  await assert.rejects(inspectTls(new URL(`https://localhost:${plain.port}`), options), { code: 'tls' });
  await assert.rejects(inspectTls(new URL('https://127.0.0.1:1'), options), { code: 'unreachable' });
  await assert.rejects(inspectTls(new URL('https://[::1]:1'), options), (error: Error) => !/ENOTFOUND/.test(error.message));
  const silent = await faultServer(t, () => undefined, { onConnection: () => false });
  const impatient = { ...options, deadlineMs: 200 };
  await assert.rejects(inspectTls(new URL(`https://localhost:${silent.port}`), impatient), { code: 'timeout' });
});

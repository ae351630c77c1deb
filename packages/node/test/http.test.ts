import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { TransportError } from '@forcemint/core/errors';
import type { HttpRequest } from '@forcemint/core/ports';
import { createHttp } from '../src/http.ts';
import { child } from './support/child.ts';
import { answer, type Behaviour, type FaultServerOptions, faultServer } from './support/fault-server.ts';
import { pairWithCertificate } from './support/key-material.ts';
import { type Ending, failure, temporaryDirectory } from './support/machine.ts';

const SECRET = 'synthetic-refresh-token';

function httpFor(t: Ending, env: NodeJS.ProcessEnv = {}) {
  const http = createHttp({ env });
  t.after(() => http[Symbol.asyncDispose]());
  return http;
}

function post(url: string, changes: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: `grant_type=refresh_token&refresh_token=${SECRET}`,
    freshConnection: true,
    deadlineMs: 10_000,
    maxResponseBytes: 262_144,
    ...changes,
  };
}

test('request and answer arrive whole; of repeated headers the last counts', async (t) => {
  const server = await faultServer(t, (socket) =>
    socket.end(answer('{"a":"ü"}', { status: '400 Bad Request', headers: 'X-Same: one\r\nX-Same: two\r\n' })),
  );
  for (const freshConnection of [true, false]) {
    const { status, headers, body } = await httpFor(t).request(post(`${server.url}?q=1`, { freshConnection }));
    assert.deepEqual([status, headers['content-type'], headers['x-same']], [400, 'application/json', 'two']);
    assert.deepEqual(JSON.parse(Buffer.from(body).toString()), { a: 'ü' });
  }
  const [first = ''] = server.requests;
  assert.match(first, /^POST \/services\/oauth2\/token\?q=1 HTTP\/1\.1\r\n/);
  assert.ok(first.endsWith(`\r\n\r\ngrant_type=refresh_token&refresh_token=${SECRET}`));
});

test('a fresh connection serves one request and is closed; shared ones are used again, up to 32 for an origin', async (t) => {
  const waiting: (() => void)[] = [];
  let atOnce = 0;
  const server = await faultServer(t, (socket) => {
    waiting.push(() => socket.write(answer('{}')));
    atOnce = Math.max(atOnce, waiting.length);
    if (waiting.length === 32 || server.requests.length > 32) for (const go of waiting.splice(0)) go();
  });
  const http = httpFor(t);
  const shared = post(server.url, { freshConnection: false });
  await Promise.all(Array.from({ length: 40 }, () => http.request(shared)));
  assert.deepEqual([server.connections, atOnce], [32, 32]);
  await http.request(shared);
  assert.equal(server.connections, 32);
  await http.request(post(server.url));
  await http.request(post(server.url));
  assert.equal(server.connections, 34);
  assert.match(server.requests.at(-1) ?? '', /\r\nconnection: close\r\n/i);
});

test('redirects are answers, not followed', async (t) => {
  const other = await faultServer(t, (socket) => socket.end(answer('{}')));
  const server = await faultServer(t, (socket) =>
    socket.end(answer('', { status: '307 Temporary Redirect', headers: `location: ${other.url}\r\n` })),
  );
  for (const freshConnection of [true, false]) {
    const { status, headers } = await httpFor(t).request(post(server.url, { freshConnection }));
    assert.deepEqual([status, headers['location']], [307, other.url]);
  }
  assert.equal(other.connections, 0);
});

interface Fault {
  readonly name: string;
  readonly behave?: Behaviour;
  readonly options?: FaultServerOptions;
  readonly requests: number;
  readonly code: TransportError['code'];
  /** Absent where it depends on what is faster, and both are true. */
  readonly sent?: 'maybe';
  readonly deadlineMs?: number;
}

const silence: Behaviour = () => {};
const FAULTS: readonly Fault[] = [
  {
    name: 'reset as soon as it is accepted',
    options: {
      onConnection: (socket) => {
        socket.resetAndDestroy();
        return false;
      },
    },
    requests: 0,
    code: 'connection_lost',
  },
  {
    name: 'reset after the request',
    behave: (socket) => socket.resetAndDestroy(),
    requests: 1,
    code: 'connection_lost',
    sent: 'maybe',
  },
  { name: 'closed after the request', behave: (socket) => socket.end(), requests: 1, code: 'connection_lost', sent: 'maybe' },
  {
    name: 'closed after the headers',
    behave: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n'),
    requests: 1,
    code: 'connection_lost',
    sent: 'maybe',
  },
  {
    name: 'reset in half a body',
    behave: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":', () => socket.resetAndDestroy()),
    requests: 1,
    code: 'connection_lost',
    sent: 'maybe',
  },
  {
    name: 'a chunked body without its end',
    behave: (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n'),
    requests: 1,
    code: 'connection_lost',
    sent: 'maybe',
  },
  {
    name: 'not HTTP',
    behave: (socket) => socket.end(`SSH-2.0-synthetic ${SECRET}\r\n`),
    requests: 1,
    code: 'connection_lost',
    sent: 'maybe',
  },
  { name: 'silence', behave: silence, requests: 1, code: 'timeout', sent: 'maybe', deadlineMs: 150 },
  {
    name: 'silence after half a body',
    behave: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":'),
    requests: 1,
    code: 'timeout',
    sent: 'maybe',
    deadlineMs: 150,
  },
];

for (const freshConnection of [true, false]) {
  for (const { name, behave = silence, options, requests, code, sent, deadlineMs = 10_000 } of FAULTS) {
    test(`${freshConnection ? 'fresh' : 'shared'} connection, ${name}: one request, ${code}`, async (t) => {
      const server = await faultServer(t, behave, options);
      const http = httpFor(t);
      const error = await failure(() => http.request(post(server.url, { freshConnection, deadlineMs })));
      assert.ok(error instanceof TransportError, String(error));
      assert.deepEqual([error.code, error.sent, error.retryable], [code, sent ?? error.sent, true]);
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${server.port}`));
      assert.ok(error.diagnosis?.fix.length);
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual([server.requests.length, server.connections], [requests, 1]);
      assertNoSecret(error);
    });
  }
}

test('a kept connection that the server closes just as the next request comes: never the same request twice', async (t) => {
  for (const close of [
    (socket: Parameters<Behaviour>[0]) => socket.end(),
    (socket: Parameters<Behaviour>[0]) => socket.resetAndDestroy(),
  ]) {
    const server = await faultServer(t, (socket, _request, seq) => {
      if (seq === 1) socket.write(answer('{}'));
      else close(socket);
    });
    const http = httpFor(t);
    await http.request(post(server.url, { freshConnection: false, body: 'n=1' }));
    const error = await failure(() => http.request(post(server.url, { freshConnection: false, body: 'n=2' })));
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.code, error.sent], ['connection_lost', 'maybe']);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      server.requests.map((request) => request.slice(request.indexOf('\r\n\r\n') + 4)),
      ['n=1', 'n=2'],
    );
  }
});

test('the same for GET, which other clients repeat', async (t) => {
  const server = await faultServer(t, (socket) => socket.resetAndDestroy());
  for (const freshConnection of [true, false]) {
    const { body: _, ...get } = post(server.url, { method: 'GET', freshConnection });
    assert.equal((await failure(() => httpFor(t).request(get))).code, 'connection_lost');
  }
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(server.requests.length, 2);
});

test('nothing listens, or the name is unknown: unreachable, and not one byte left', async (t) => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' ? address?.port : 0;
  probe.close();
  await once(probe, 'close');
  for (const freshConnection of [true, false]) {
    for (const url of [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`, 'http://forcemint-synthetic.invalid/']) {
      const error = await failure(() => httpFor(t).request(post(url, { freshConnection })));
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.code, error.sent], ['unreachable', 'no'], url);
      assert.match(error.message, new RegExp(new URL(url).hostname));
    }
  }
});

test('an answer beyond the limit is refused, whether it says its length or not', async (t) => {
  const long = await faultServer(t, (socket) => socket.end(answer('x'.repeat(5_000))));
  const chunked = await faultServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const more = () => socket.writable && socket.write(`400\r\n${'x'.repeat(1_024)}\r\n`, more);
    more();
  });
  for (const { url } of [long, chunked]) {
    for (const freshConnection of [true, false]) {
      const error = await failure(() => httpFor(t).request(post(url, { freshConnection, maxResponseBytes: 4_999 })));
      assert.deepEqual([error.name, error.code, 'status' in error && error.status], ['MalformedResponseError', 'too_large', 200]);
    }
  }
  const exact = await httpFor(t).request(post(long.url, { maxResponseBytes: 5_000 }));
  assert.equal(exact.body.length, 5_000);
});

test('TLS: an untrusted certificate and a port without TLS are tls errors, before any byte of the request', async (t) => {
  const pair = pairWithCertificate();
  const tls = { key: pair.pem, cert: pair.certificate };
  const untrusted = await faultServer(t, (socket) => socket.end(answer('{}')), { tls });
  const noTls = (socket: Parameters<Behaviour>[0]) => {
    socket.end('220 not TLS\r\n');
    return false;
  };
  const plain = await faultServer(t, silence, { onConnection: noTls });
  for (const freshConnection of [true, false]) {
    const error = await failure(() => httpFor(t).request(post(untrusted.url, { freshConnection })));
    assert.ok(error instanceof TransportError);
    assert.deepEqual([error.code, error.sent], ['tls', 'no']);
    assert.match(JSON.stringify(error.diagnosis), /NODE_EXTRA_CA_CERTS/);
  }
  const error = await failure(() => httpFor(t).request(post(`https://localhost:${plain.port}/`)));
  assert.ok(error instanceof TransportError);
  assert.deepEqual([error.code, error.sent], ['tls', 'no']);
  assert.equal(untrusted.requests.length, 0);
});

test('TLS with NODE_EXTRA_CA_CERTS works, directly and through a proxy; lost and silent answers there count as sent', async (t) => {
  const pair = pairWithCertificate('acme.my.salesforce.com');
  const ca = `${temporaryDirectory(t)}/ca.pem`;
  const { writeFileSync } = await import('node:fs');
  writeFileSync(ca, pair.certificate);
  const server = await faultServer(
    t,
    (socket, request) => {
      if (request.includes('/reset')) socket.destroy();
      else if (!request.includes('/silence')) socket.end(answer('{"ok":true}'));
    },
    { tls: { key: pair.pem, cert: pair.certificate } },
  );
  const proxy = await tunnelProxy(t, server.port);
  const env = {
    ...process.env,
    NODE_EXTRA_CA_CERTS: ca,
    HTTPS_PROXY: `http://user:synthetic-proxy-secret@127.0.0.1:${proxy.port}`,
  };
  const client = child(t, new URL('./support/http.child.ts', import.meta.url), ['https://acme.my.salesforce.com'], env);
  assert.equal(await client.ended, 0);
  assert.deepEqual(
    client.lines.map((line) => JSON.parse(line)),
    [
      ['/ok fresh', 200],
      ['/reset fresh', 'connection_lost', 'maybe'],
      ['/silence fresh', 'timeout', 'maybe'],
      ['/ok shared', 200],
      ['/reset shared', 'connection_lost', 'maybe'],
      ['/silence shared', 'timeout', 'maybe'],
    ],
  );
  assert.equal(server.requests.length, 6);
  assert.equal(proxy.connects[0], 'CONNECT acme.my.salesforce.com:443 HTTP/1.1');
  assert.equal(proxy.authorizations[0], `Basic ${Buffer.from('user:synthetic-proxy-secret').toString('base64')}`);
});

test('a proxy that refuses, is silent or is not there: nothing was sent, and the error names the proxy without its password', async (t) => {
  const target = 'https://acme.my.salesforce.com/services/oauth2/token';
  const refusing = await faultServer(t, (socket) =>
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'),
  );
  const closing = await faultServer(t, (socket) => socket.resetAndDestroy());
  for (const [proxy, message, fix] of [
    [refusing, /answered 407/, /user name and password/],
    [closing, /could not be used/, /HTTPS_PROXY/],
    [{ port: 1 }, /could not be used \(ECONNREFUSED\)/, /HTTPS_PROXY/],
  ] as const) {
    for (const freshConnection of [true, false]) {
      const http = httpFor(t, { HTTPS_PROXY: `http://user:synthetic-proxy-secret@127.0.0.1:${proxy.port}` });
      const error = await failure(() => http.request(post(target, { freshConnection })));
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.code, error.sent], ['unreachable', 'no']);
      assert.match(error.message, message);
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${proxy.port}`));
      assert.match(JSON.stringify(error.diagnosis), fix);
      assertNoSecret(error);
    }
  }
});

test('loading the package does not load undici', async (t) => {
  const loaded = child(t, new URL('./support/loaded.child.ts', import.meta.url), []);
  assert.equal(await loaded.ended, 0);
  assert.deepEqual(loaded.lines, ['undici false', 'undici true']);
});

/** Tunnels everything to one local port, whatever name was asked for. */
async function tunnelProxy(t: Ending, port: number) {
  const { connect } = await import('node:net');
  const connects: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const proxy = await faultServer(t, (socket, request) => {
    connects.push(request.slice(0, request.indexOf('\r\n')));
    authorizations.push(/^proxy-authorization: (.*)$/im.exec(request)?.[1]?.trim());
    socket.removeAllListeners('data');
    const upstream = connect(port, '127.0.0.1').on('error', () => {});
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(upstream).pipe(socket);
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  });
  return { port: proxy.port, connects, authorizations };
}

function assertNoSecret(error: Error): void {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const all = JSON.stringify({ ...current, message: current.message, stack: current.stack });
    assert.ok(!/synthetic-(refresh-token|proxy-secret)/.test(all), all);
  }
}

test('a host that is given by its IPv6 address', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(answer('{"ok":true}')));
  });
  server.listen(0, '::1');
  const isThere = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isThere) {
    t.skip('this machine has no IPv6');
    return;
  }
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (const freshConnection of [true, false]) {
    const { status } = await httpFor(t).request(post(`http://[::1]:${port}/`, { freshConnection }));
    assert.equal(status, 200);
  }
});

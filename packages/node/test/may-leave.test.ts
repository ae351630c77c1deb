import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@forcemint/core/errors';
import { createHttp } from '../src/http.ts';
import { answer, faultServer } from './support/fault-server.ts';
import { pairWithCertificate } from './support/key-material.ts';
import { failure } from './support/machine.ts';

const REQUEST = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'refresh_token=synthetic',
  freshConnection: true,
  deadlineMs: 10_000,
  maxResponseBytes: 1_024,
} as const;

test('a request asks whether it may leave when its connection stands, once, and then leaves', async (t) => {
  const server = await faultServer(t, (socket) => socket.end(answer('{}')));
  await using http = createHttp({ env: {} });
  const seen: number[][] = [];
  const mayLeave = (): void => void seen.push([server.requests.length]);
  const { status } = await http.request({ ...REQUEST, url: server.url, mayLeave });
  assert.equal(status, 200);
  assert.deepEqual(seen, [[0]]);
  assert.equal(server.requests.length, 1);
});

test('a request that may not leave any more sends not one byte, ends its connection, and says why', async (t) => {
  let received = 0;
  const server = await faultServer(t, (socket) => socket.end(answer('{}')), {
    onConnection: (socket) => {
      socket.on('data', (bytes) => {
        received += bytes.length;
      });
      return false;
    },
  });
  await using http = createHttp({ env: {} });
  const lost = new StoreError('lease_lost', 'synthetic: robbed', { retryable: true });
  let asked = 0;
  const mayLeave = (): void => {
    asked += 1;
    throw lost;
  };
  assert.equal(await failure(() => http.request({ ...REQUEST, url: server.url, mayLeave })), lost);
  assert.equal(asked, 1);
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([received, server.connections], [0, 1]);
});

test('where no connection stands, nobody is asked', async (t) => {
  const { pem, certificate } = pairWithCertificate();
  const server = await faultServer(t, (socket) => socket.end(answer('{}')), { tls: { key: pem, cert: certificate } });
  await using http = createHttp({ env: {} });
  let asked = 0;
  const mayLeave = (): void => {
    asked += 1;
  };
  // Its certificate is trusted by nobody.
  const error = await failure(() => http.request({ ...REQUEST, url: server.url, mayLeave }));
  assert.ok('sent' in error && error.sent === 'no');
  assert.equal(asked, 0);
  assert.equal(server.requests.length, 0);
});

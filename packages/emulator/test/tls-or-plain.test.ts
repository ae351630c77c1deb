import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createTlsCertificates } from '../src/server/tls-certificates.ts';
import { createTlsServer } from '../src/server/tls-or-plain.ts';

test('no connection is kept longer than its client keeps it', async (t) => {
  const certificates = createTlsCertificates(Date.now(), randomBytes);
  const { server, closeConnections } = createTlsServer(
    certificates,
    {},
    (_message, response) => response.end('secure'),
    (_message, response) => response.end('plain'),
  );
  t.after(() => {
    server.close();
    closeConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const bodies = [requestPlain, requestSecure, requestPlain, requestSecure].map(async (request) => {
    const sent = request({ host: '127.0.0.1', port, ca: certificates.caCertificate, agent: false }).end();
    const [response] = await once(sent, 'response');
    return text(response);
  });
  assert.deepEqual(await Promise.all(bodies), ['plain', 'secure', 'plain', 'secure']);
  const count = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.getConnections((error, connections) => (error === null ? resolve(connections) : reject(error)));
    });
  while ((await count()) > 0) await new Promise((resolve) => setImmediate(resolve));
});

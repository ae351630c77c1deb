import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const PRELOAD = new URL('./support/loopback-only.ts', import.meta.url).href;

/** Each of them would leave the machine; 192.0.2.1 is an address for documentation (RFC 5737). */
const ATTEMPTS: readonly [code: string, refused: string][] = [
  ["await fetch('https://login.salesforce.com/')", 'connect login.salesforce.com:443'],
  ["await fetch('http://192.0.2.1:8080/')", 'connect 192.0.2.1:8080'],
  ["await once(net.connect(80, '192.0.2.1'), 'connect')", 'connect 192.0.2.1:80'],
  ["await once(tls.connect({ host: '2001:db8::1', port: 443 }), 'secureConnect')", 'connect 2001:db8::1:443'],
  ["await once(http.get('http://example.com/'), 'response')", 'connect example.com:80'],
  ["await once(http.get('http://192.0.2.1:81/'), 'response')", 'connect 192.0.2.1:81'],
  ["await promisify(dns.lookup)('login.salesforce.com')", 'resolve login.salesforce.com'],
  ["await dns.promises.resolve4('login.salesforce.com')", 'resolve login.salesforce.com'],
  ["await promisify(new dns.Resolver().resolve4)('login.salesforce.com')", 'resolve login.salesforce.com'],
];

test('the process that is kept on loopback reaches nobody else, and remembers each attempt', async () => {
  const program = `
    import dns, { lookup } from 'node:dns';
    import { once } from 'node:events';
    import http from 'node:http';
    import net from 'node:net';
    import tls from 'node:tls';
    import { promisify } from 'node:util';
    import { refusedAttempts } from '${PRELOAD}';
    const failures = [];
    const attempt = (run) => run().then(() => failures.push('no'), (error) => failures.push(String(error.cause ?? error)));
    ${ATTEMPTS.map(([code]) => `await attempt(async () => { ${code}; });`).join('\n')}
    const server = http.createServer((_, response) => response.end('here')).listen(0, 'localhost');
    await once(server, 'listening');
    const answer = await fetch('http://localhost:' + server.address().port);
    const found = await promisify(lookup)('localhost');
    console.log(JSON.stringify({ failures, attempts: refusedAttempts(), answer: await answer.text(), found: found.address }));
    server.close();
  `;
  const args = ['--import', PRELOAD, '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH: process.env.PATH } });
  const { failures, attempts, answer, found } = JSON.parse(stdout);
  const refused = ATTEMPTS.map(([, attempt]) => attempt);
  assert.deepEqual(attempts, refused);
  assert.deepEqual(
    failures,
    refused.map((attempt) => `Error: refused: ${attempt}`),
  );
  assert.equal(answer, 'here');
  assert.match(found, /^(127\.0\.0\.1|::1)$/);
});

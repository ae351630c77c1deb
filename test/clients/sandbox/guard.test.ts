import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryHome } from '../../support/temporary-home.ts';
import { GuardRecord } from './guard-record.ts';

function guarded(t: TestContext, script: string): { readonly record: GuardRecord; readonly stdout: string } {
  const record = new GuardRecord(join(temporaryHome(t), 'guard.jsonl'));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env.PATH, ...record.env },
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return { record, stdout };
}

/** Each way out, one after the other; prints the code of each failure. */
const WAYS_OUT = `
  import dgram from 'node:dgram';
  import dns, { lookup } from 'node:dns';
  import { once } from 'node:events';
  import https from 'node:https';
  import net from 'node:net';
  import tls from 'node:tls';
  const ways = {
    fetch: () => fetch('https://fetch.example/'),
    address: () => fetch('http://192.0.2.1:8080/'),
    https: () => once(https.get('https://https.example/'), 'response'),
    httpsAddress: () => once(https.get('https://192.0.2.4/'), 'response'),
    net: () => once(net.connect(25, 'net.example'), 'connect'),
    netOptions: () => once(new net.Socket().connect({ port: 26, host: '::ffff:192.0.2.2' }), 'connect'),
    tls: () => once(tls.connect(443, 'tls.example'), 'secureConnect'),
    lookup: () => new Promise((resolve, reject) => lookup('lookup.example', (error) => (error ? reject(error) : resolve()))),
    resolve: () => dns.promises.resolve4('resolve.example'),
    resolver: () => new dns.promises.Resolver().resolveMx('resolver.example'),
    rebound: () => fetch('http://127.0.0.1.rebound.example/'),
    datagram: async () => dgram.createSocket('udp4').send('x', 53, '192.0.2.3'),
  };
  for (const [name, way] of Object.entries(ways)) {
    await way().then(() => console.log(name, 'got out'), (error) => console.log(name, error.code ?? error.cause?.code));
  }
`;

test('nothing gets out of a guarded process, and each attempt is recorded', (t) => {
  const { record, stdout } = guarded(t, WAYS_OUT);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith(' ENETUNREACH')),
    [],
  );
  assert.deepEqual(record.takeAttempts(), [
    'connect fetch.example:443',
    'connect 192.0.2.1:8080',
    'connect https.example:443',
    'connect 192.0.2.4:443',
    'connect net.example:25',
    'connect ::ffff:192.0.2.2:26',
    'connect tls.example:443',
    'dns lookup.example',
    'dns resolve.example',
    'dns resolver.example',
    'connect 127.0.0.1.rebound.example:80',
    'datagram 192.0.2.3',
  ]);
  assert.deepEqual(record.takeAttempts(), [], 'each once');
});

test('children and workers are under guard as well, and children are known by what they are', (t) => {
  const attempt = `fetch('http://outside.example/').catch(() => undefined)`;
  const { record } = guarded(
    t,
    `import { execFileSync, spawn } from 'node:child_process';
     import { Worker } from 'node:worker_threads';
     new Worker(${JSON.stringify(attempt)}, { eval: true });
     spawn(process.execPath, ['--eval', ${JSON.stringify(attempt)}]);
     execFileSync('true');`,
  );
  assert.deepEqual(record.takeAttempts(), ['connect outside.example:80', 'connect outside.example:80']);
  assert.deepEqual(record.spawned(), [process.execPath, 'true']);
  assert.deepEqual(record.alive(), []);
});

test('loopback is free, by name and by address', async (t) => {
  const server = createServer((_request, response) => void response.end('here')).listen(0, 'localhost');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const script = `fetch('http://localhost:${port}/').then((answer) => answer.text()).then(console.log)`;
  const record = new GuardRecord(join(temporaryHome(t), 'guard.jsonl'));
  const child = spawn(process.execPath, ['--eval', script], { env: record.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data');
  await once(child, 'close');
  assert.equal(text, 'here\n');
  assert.deepEqual(record.takeAttempts(), []);
});

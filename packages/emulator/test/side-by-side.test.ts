import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createEmulator } from '../src/index.ts';
import { appOf, authorizeUrl, clientCredentialsForm, codeForm, get, obtainCode, requestToken } from './emulator-client.ts';
import { httpsRequest } from './https-client.ts';
import { runProgram } from './program.ts';

const MANY = 20;

test('many at once, half of them on TLS: ports, keys, ledgers and CAs are each one’s own, and nothing is left', async () => {
  const emulators = await Promise.all(Array.from({ length: MANY }, (_, index) => createEmulator({ tls: index % 2 === 1 })));
  await using open = new AsyncDisposableStack();
  for (const emulator of emulators) open.use(emulator);
  const distinct = (values: readonly unknown[], count = MANY): void => assert.equal(new Set(values).size, count);
  distinct(
    emulators.flatMap(({ loginUrl, myDomainUrl }) => [new URL(loginUrl).port, new URL(myDomainUrl).port]),
    2 * MANY,
  );
  const keyFiles = emulators.map((emulator) => appOf(emulator, 'jwt').privateKeyFile ?? '');
  distinct(keyFiles.map((file) => readFileSync(file, 'utf8')));
  distinct(
    emulators.flatMap(({ ready }) => ready.caFile ?? []).map((file) => readFileSync(file, 'utf8')),
    MANY / 2,
  );
  const signingKeys = await Promise.all(
    emulators.map(async (emulator) => {
      const url = `${emulator.loginUrl}/id/keys`;
      const text = emulator.ready.caFile === undefined ? (await get(url)).text : (await httpsRequest(emulator, url)).body;
      return JSON.parse(text).keys[0].n;
    }),
  );
  distinct(signingKeys);
  const [first, , third] = emulators;
  assert.ok(first !== undefined && third !== undefined);
  assert.equal((await requestToken(first, clientCredentialsForm(first), { host: 'mydomain' })).status, 200);
  assert.equal((await requestToken(third, clientCredentialsForm(first), { host: 'mydomain' })).status, 400);
  assert.deepEqual([first.ledger().length, third.ledger().length, emulators[4]?.ledger().length], [1, 1, 0]);
  const { body } = await requestToken(third, codeForm(third, 'web', await obtainCode(third, 'web', { scope: 'openid' })));
  assert.ok(body.id_token);
  assert.match(authorizeUrl(third, 'web'), new RegExp(`^${third.loginUrl}`));
  await Promise.all(emulators.map((emulator) => emulator.close()));
  for (const file of keyFiles) assert.equal(existsSync(dirname(file)), false);
});

test('many in one process, closed: no warning about listeners, no folder, and nothing keeps the process', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = `const { createEmulator } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)});
const start = (_, index) => createEmulator({ tls: index % 2 === 1, hostname: index % 4 < 2 ? 'localhost' : '127.0.0.1' });
const emulators = await Promise.all(Array.from({ length: ${MANY} }, start));
console.log(new Set(emulators.map(({ ready }) => ready.apps.jwt.privateKeyFile)).size);
const failed = await Promise.allSettled(Array.from({ length: 5 }, () => createEmulator({ tls: true, caFile: '/nowhere/at/all' })));
console.log(failed.filter(({ status }) => status === 'rejected').length);
await Promise.all(emulators.map((emulator) => emulator.close()));`;
  const args = ['--input-type=module', '--conditions=source', '--trace-warnings', '-e', script];
  const ran = await runProgram(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
  assert.deepEqual(ran, { code: 0, stdout: `${MANY}\n5\n`, stderr: '' });
  assert.deepEqual(readdirSync(folder), []);
});

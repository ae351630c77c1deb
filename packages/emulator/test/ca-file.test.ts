import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EmulatorCaFileError, EmulatorListenError } from '../src/index.ts';
import { createTlsCertificates } from '../src/server/tls-certificates.ts';
import { startEmulator } from './emulator-client.ts';
import { runProgram } from './program.ts';
import { refusedStart } from './refused-start.ts';

const INDEX = new URL('../src/index.ts', import.meta.url).href;

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const newCa = (): string => createTlsCertificates(Date.now(), randomBytes).caCertificate;

test('without a place the CA file is a temporary one, and goes at close', async (t) => {
  const emulator = await startEmulator(t, { tls: true });
  const { caFile = '' } = emulator.ready;
  assert.ok(new X509Certificate(readFileSync(caFile)).ca);
  await emulator.close();
  assert.equal(existsSync(caFile), false);
  assert.equal('caFile' in (await startEmulator(t)).ready, false);
});

test('in its place it is whole, readable by everybody, and gone at close; nothing else is left there', async (t) => {
  const folder = temporaryFolder(t);
  const caFile = join(folder, 'ca.pem');
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  const emulator = await startEmulator(t, { tls: true, caFile });
  assert.equal(emulator.ready.caFile, caFile);
  assert.equal(statSync(caFile).mode & 0o777, 0o644);
  assert.deepEqual(readdirSync(folder), ['ca.pem']);
  await emulator.close();
  assert.deepEqual(readdirSync(folder), []);
});

test('a relative place is seen from the working folder', async (t) => {
  const folder = temporaryFolder(t);
  const script = `const { createEmulator } = await import(${JSON.stringify(INDEX)});
process.chdir(${JSON.stringify(folder)});
await using emulator = await createEmulator({ tls: true, caFile: 'ca.pem' });
console.log(emulator.ready.caFile);`;
  const ran = await runProgram(process.execPath, ['--input-type=module', '--conditions=source', '-e', script]);
  assert.equal(ran?.stdout, `${join(folder, 'ca.pem')}\n`, ran?.stderr);
});

test('what an emulator left behind is overwritten', async (t) => {
  const caFile = join(temporaryFolder(t), 'ca.pem');
  const old = newCa();
  writeFileSync(caFile, old);
  await startEmulator(t, { tls: true, caFile });
  assert.notEqual(readFileSync(caFile, 'utf8'), old);
});

test('anything else is refused and stays as it is', async (t) => {
  const folder = temporaryFolder(t);
  const caFile = join(folder, 'ca.pem');
  const { certificate: serverCertificate } = createTlsCertificates(Date.now(), randomBytes);
  const refused = (path: string): Promise<void> =>
    refusedStart({ tls: true, caFile: path }, (error) => {
      assert.ok(error instanceof EmulatorCaFileError);
      assert.equal(error.code, 'ERR_EMULATOR_CA_FILE');
      assert.equal(error.path, path);
      assert.ok(error.message.includes(path), error.message);
      return true;
    });
  for (const text of ['', 'notes\n', `${newCa()}${newCa()}`, serverCertificate, newCa().replace('MII', 'XXX')]) {
    writeFileSync(caFile, text);
    await refused(caFile);
    assert.equal(readFileSync(caFile, 'utf8'), text);
  }
  rmSync(caFile);
  mkdirSync(caFile);
  await refused(caFile);
  assert.ok(statSync(caFile).isDirectory());
  const [link, target] = [join(folder, 'link.pem'), join(folder, 'target.pem')];
  writeFileSync(target, newCa());
  symlinkSync(target, link);
  await refused(link);
  await refused(join(folder, 'missing', 'ca.pem'));
  assert.deepEqual(readdirSync(folder).toSorted(), ['ca.pem', 'link.pem', 'target.pem']);
});

test('a place that may not be written to is named', async (t) => {
  if (process.getuid?.() === 0) return t.diagnostic('root may write everywhere');
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o500);
  t.after(() => chmodSync(folder, 0o700));
  await refusedStart({ tls: true, caFile: join(folder, 'ca.pem') }, /can't be written to .*\(EACCES\)/);
});

test('close leaves what another emulator has written there meanwhile', async (t) => {
  const caFile = join(temporaryFolder(t), 'ca.pem');
  const first = await startEmulator(t, { tls: true, caFile });
  await startEmulator(t, { tls: true, caFile });
  const theirs = readFileSync(caFile, 'utf8');
  await first.close();
  assert.equal(readFileSync(caFile, 'utf8'), theirs);
});

test('an emulator that finds its port taken leaves the CA file of the one that runs', async (t) => {
  const caFile = join(temporaryFolder(t), 'ca.pem');
  const { loginUrl } = await startEmulator(t, { tls: true, caFile });
  const running = readFileSync(caFile, 'utf8');
  await refusedStart({ tls: true, caFile, loginPort: Number(new URL(loginUrl).port) }, EmulatorListenError);
  assert.equal(readFileSync(caFile, 'utf8'), running);
});

test('it goes with the process that nobody closed', async (t) => {
  const caFile = join(temporaryFolder(t), 'ca.pem');
  const script = `const { createEmulator } = await import(${JSON.stringify(INDEX)});
const { ready } = await createEmulator({ tls: true, caFile: ${JSON.stringify(caFile)} });
console.log((await import('node:fs')).existsSync(ready.caFile));
process.exit();`;
  const ran = await runProgram(process.execPath, ['--input-type=module', '--conditions=source', '-e', script]);
  assert.equal(ran?.stdout, 'true\n', ran?.stderr);
  assert.equal(existsSync(caFile), false);
});

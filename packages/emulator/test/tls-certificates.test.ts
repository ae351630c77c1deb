import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateRsaKeyPair } from '../src/org/signing-key.ts';
import { selfSignedCertificate } from '../src/server/certificate.ts';
import { createTlsCertificates } from '../src/server/tls-certificates.ts';
import { runProgram } from './program.ts';

const DAY_MS = 86_400_000;
const made = createTlsCertificates(Date.now(), randomBytes);
const ca = new X509Certificate(made.caCertificate);
const server = new X509Certificate(made.certificate);

test('the CA signs itself and the server, and only the CA is one', () => {
  assert.ok(ca.ca);
  assert.ok(!server.ca);
  assert.ok(ca.verify(ca.publicKey));
  assert.ok(server.verify(ca.publicKey));
  assert.ok(!server.verify(server.publicKey));
  assert.ok(server.checkIssued(ca));
  assert.ok(server.checkPrivateKey(createPrivateKey(made.privateKey)));
  assert.ok(!ca.checkPrivateKey(createPrivateKey(made.privateKey)), 'the key of the CA is not given out');
  assert.equal(ca.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.notEqual(ca.serialNumber, server.serialNumber);
});

test('the server certificate is for the loopback names, for TLS servers, and for no more than 398 days', () => {
  assert.equal(server.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
  assert.equal(server.checkHost('localhost'), 'localhost');
  assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(server.checkIP('::1'), '::1');
  for (const host of ['login.salesforce.com', 'x.localhost']) assert.equal(server.checkHost(host), undefined);
  assert.equal(server.checkIP('127.0.0.2'), undefined);
  assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'node:crypto lists the extended key usage');
  for (const { validFromDate, validToDate } of [ca, server]) {
    assert.ok(validFromDate.getTime() < Date.now() - DAY_MS / 2);
    assert.ok(validToDate.getTime() > Date.now() + 365 * DAY_MS);
    assert.ok(validToDate.getTime() - validFromDate.getTime() <= 398 * DAY_MS);
  }
});

test('every CA has a name and a key of its own', () => {
  const other = createTlsCertificates(Date.now(), randomBytes);
  assert.notEqual(new X509Certificate(other.caCertificate).subject, ca.subject);
  assert.ok(!new X509Certificate(other.certificate).checkIssued(ca));
});

test('OpenSSL, where it is there, finds nothing to complain about, and sees the limits of the CA', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [caFile, serverFile] = [join(folder, 'ca.pem'), join(folder, 'server.pem')];
  writeFileSync(caFile, made.caCertificate);
  writeFileSync(serverFile, made.certificate);
  const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', caFile];
  const local = await runProgram('openssl', [...verify, '-verify_hostname', 'localhost', serverFile]);
  if (local === undefined) {
    t.diagnostic('no openssl on this machine');
    return;
  }
  assert.deepEqual(local, { code: 0, stdout: `${serverFile}: OK\n`, stderr: '' });
  for (const address of ['127.0.0.1', '::1']) {
    assert.equal((await runProgram('openssl', [...verify, '-verify_ip', address, serverFile]))?.code, 0, address);
  }
  assert.notEqual((await runProgram('openssl', [...verify, '-verify_hostname', 'example.com', serverFile]))?.code, 0);
  const textOf = async (file: string): Promise<string> =>
    (await runProgram('openssl', ['x509', '-in', file, '-noout', '-text']))?.stdout ?? '';
  const caText = await textOf(caFile);
  assert.match(caText, /Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
  assert.match(caText, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  assert.match(caText, /Name Constraints: critical\s+Permitted:\s+DNS:localhost\s+IP:127\.0\.0\.1\/255\.255\.255\.255\s+IP:0:/);
  const identifier = /Subject Key Identifier: *\n +([0-9A-F:]+)\n/.exec(caText)?.[1] ?? 'none';
  const serverText = await textOf(serverFile);
  assert.match(serverText, new RegExp(`Authority Key Identifier: *\\n +(keyid:)?${identifier}`));
  assert.match(serverText, /Basic Constraints: critical\s+CA:FALSE\n/);
  assert.match(serverText, /X509v3 Key Usage: critical\s+Digital Signature\n/);
  assert.match(serverText, /Extended Key Usage: *\s+TLS Web Server Authentication\n/);
});

test('an app’s own certificate is RSA, signed by its own key, and no CA', async () => {
  const pair = await generateRsaKeyPair();
  const certificate = new X509Certificate(
    selfSignedCertificate({
      ...pair,
      organization: 'Synthetic',
      commonName: 'app',
      serialNumber: Uint8Array.of(0),
      notBeforeMs: 0,
      notAfterMs: Date.parse('2060-02-03T04:05:06Z'),
    }),
  );
  assert.ok(certificate.verify(pair.publicKey));
  assert.ok(certificate.checkPrivateKey(pair.privateKey));
  assert.ok(!certificate.ca);
  assert.equal(certificate.serialNumber, '0100');
  assert.equal(certificate.validToDate.toISOString(), '2060-02-03T04:05:06.000Z');
});

import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { belongTogether, createKeyPair, readCertificate } from '../src/index.ts';
import { selfSignedCertificate } from '../src/self-signed.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12, 0, 0, 789);
const DAY_MS = 86_400_000;
const pair = await createKeyPair({ commonName: 'nightly-sync', organization: 'Acme & Söhne', nowMs: NOW_MS });
const otherPair = await createKeyPair({ commonName: 'nightly-sync', organization: 'Acme & Söhne', nowMs: NOW_MS });

test('the certificate is for its key, signed by it, and fits into Salesforce', () => {
  const certificate = new X509Certificate(pair.certificatePem);
  const key = createPrivateKey(pair.privateKeyPem);
  assert.match(pair.privateKeyPem, /^-----BEGIN PRIVATE KEY-----\n/, 'PKCS#8');
  assert.ok(certificate.checkPrivateKey(key));
  assert.ok(certificate.verify(createPublicKey(key)));
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
  assert.equal(certificate.subject, 'O=Acme & Söhne\nCN=nightly-sync');
  assert.equal(certificate.issuer, certificate.subject);
  assert.equal(certificate.ca, false);
  assert.ok(Buffer.byteLength(pair.certificatePem) <= 4096);
});

test('it is valid from five minutes ago, for 365 days, to the second', () => {
  const certificate = new X509Certificate(pair.certificatePem);
  assert.equal(certificate.validFromDate.toISOString(), '2026-11-23T11:55:00.000Z');
  assert.equal(certificate.validToDate.toISOString(), '2027-11-23T12:00:00.000Z');
  assert.equal(pair.notAfterMs, certificate.validToDate.getTime());
});

test('dates beyond 2049, other lengths of keys and lives', async () => {
  const late = Date.UTC(2049, 11, 31);
  const { certificatePem, notAfterMs } = await createKeyPair({ commonName: 'x', nowMs: late, days: 825, bits: 3072 });
  const facts = readCertificate(certificatePem);
  assert.deepEqual([facts.bits, facts.notBeforeMs, facts.notAfterMs], [3072, late - 300_000, late + 825 * DAY_MS]);
  assert.equal(notAfterMs, facts.notAfterMs);
});

test('serial numbers are random, positive, and without zeros in front', () => {
  const [one, two] = [pair, otherPair].map(({ certificatePem }) => new X509Certificate(certificatePem).serialNumber);
  assert.notEqual(one, two);
  for (const serialNumber of [one, two]) assert.match(serialNumber ?? '', /^[4-7][0-9A-F]{31}$/);
});

test('the biggest that can be asked for fits too', async () => {
  const widest = '𝔸'.repeat(32);
  const { certificatePem } = await createKeyPair({ commonName: widest, organization: widest, nowMs: NOW_MS, bits: 4096 });
  assert.ok(Buffer.byteLength(certificatePem) <= 4096, String(certificatePem.length));
  assert.equal(readCertificate(certificatePem).bits, 4096);
});

test('a certificate for a hundred years is refused, with the reason', async () => {
  await assert.rejects(createKeyPair({ commonName: 'x', nowMs: NOW_MS, days: 36_500 }), (error) => {
    assert.ok(error instanceof TypeError);
    for (const part of ['36500', 'never renewed in time', 'stolen key works for as long', 'at most 825 days', 'rotate']) {
      assert.ok(error.message.includes(part), `${part}: ${error.message}`);
    }
    return true;
  });
});

test('what else is refused', async () => {
  const good = { commonName: 'x', nowMs: NOW_MS };
  for (const [bad, says] of [
    [{ days: 0 }, /1 to 825/],
    [{ days: -1 }, /1 to 825/],
    [{ days: 1.5 }, /1 to 825/],
    [{ days: Number.NaN }, /1 to 825/],
    [{ days: 826 }, /rotate/],
    [{ days: Number.POSITIVE_INFINITY }, /rotate/],
    [{ commonName: ' ' }, /commonName.*1 to 64/],
    [{ commonName: 'x'.repeat(65) }, /commonName.*at most 64/],
    [{ commonName: 'a\nb' }, /commonName.*one line/],
    [{ organization: '' }, /organization.*1 to 64/],
    [{ organization: 'x'.repeat(65) }, /organization.*at most 64/],
    [{ bits: 1024 as 2048 }, /bits.*2048, 3072, 4096/],
    [{ nowMs: Number.NaN }, /nowMs.*Date\.now/],
  ] as const) {
    await assert.rejects(
      createKeyPair({ ...good, ...bad }),
      (error) => error instanceof TypeError && says.test(error.message),
      JSON.stringify(bad),
    );
  }
});

test('names of all sorts come back as they went in', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const rest = { publicKey, privateKey, serialNumber: Buffer.of(1), notBeforeMs: NOW_MS, notAfterMs: NOW_MS + DAY_MS };
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), async (commonName) => {
      const certificate = new X509Certificate(await selfSignedCertificate({ subject: { commonName }, ...rest }));
      assert.equal(certificate.toLegacyObject().subject.CN, commonName);
      assert.ok(certificate.verify(publicKey));
    }),
    { numRuns: 50, examples: [['#'], ['#3003'], ['a "b" c'], ['"'], ['a\\b'], ['\\0a'], ['CN=x, O=y + z']] },
  );
});

test('what is read of a certificate', () => {
  const certificate = new X509Certificate(pair.certificatePem);
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  assert.deepEqual(readCertificate(pair.certificatePem), {
    subject: 'O=Acme & Söhne, CN=nightly-sync',
    notBeforeMs: Date.UTC(2026, 10, 23, 11, 55),
    notAfterMs: Date.UTC(2027, 10, 23, 12),
    publicKeySha256: createHash('sha256').update(spki).digest('hex'),
    bits: 2048,
    fingerprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    isSelfSigned: true,
  });
});

test('a certificate that another key has signed is not self-signed, whatever it says', async () => {
  const { publicKey } = new X509Certificate(pair.certificatePem);
  const forged = await selfSignedCertificate({
    subject: { commonName: 'x' },
    publicKey,
    privateKey: createPrivateKey(otherPair.privateKeyPem),
    serialNumber: Buffer.of(1),
    notBeforeMs: NOW_MS,
    notAfterMs: NOW_MS + DAY_MS,
  });
  assert.equal(readCertificate(forged).isSelfSigned, false);
});

test('a key belongs to its own certificate and to no other', () => {
  assert.equal(belongTogether(pair.privateKeyPem, pair.certificatePem), true);
  assert.equal(belongTogether(otherPair.privateKeyPem, pair.certificatePem), false);
  const pkcs1 = createPrivateKey(pair.privateKeyPem).export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.equal(belongTogether(pkcs1, pair.certificatePem), true);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.equal(belongTogether(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), pair.certificatePem), false);
});

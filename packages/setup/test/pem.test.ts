import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { belongTogether, createKeyPair, normalPem, readCertificate } from '../src/index.ts';

const { certificatePem, privateKeyPem } = await createKeyPair({ commonName: 'x', nowMs: Date.now() });

/** Shapes in which PEM arrives. */
const SHAPES: Readonly<Record<string, (pem: string) => string>> = {
  'as it is': (pem) => pem,
  'Windows line ends': (pem) => pem.replaceAll('\n', '\r\n'),
  'Macintosh line ends': (pem) => pem.replaceAll('\n', '\r'),
  'one line, spaces': (pem) => pem.replaceAll('\n', ' '),
  'one line, nothing': (pem) => pem.replaceAll('\n', ''),
  'literal \\n': (pem) => pem.replaceAll('\n', '\\n'),
  'literal \\r\\n': (pem) => pem.replaceAll('\n', '\\r\\n'),
  'literal \\\\n': (pem) => pem.replaceAll('\n', '\\\\n'),
  'as JSON': (pem) => JSON.stringify({ pem }),
  'indented, as in YAML': (pem) => pem.replaceAll(/^/gm, '    '),
  'a byte order mark, and text around': (pem) => `\ufeffBag Attributes\n  friendlyName: x\n${pem}\nbye`,
  'blank lines': (pem) => pem.replaceAll('\n', '\n\n'),
};

test('PEM in every shape is the same PEM', () => {
  for (const [shape, inShape] of Object.entries(SHAPES)) {
    assert.equal(normalPem(inShape(certificatePem)), certificatePem, shape);
    assert.equal(normalPem(inShape(privateKeyPem)), privateKeyPem, shape);
    assert.equal(readCertificate(inShape(certificatePem)).bits, 2048, shape);
    assert.equal(belongTogether(inShape(privateKeyPem), inShape(certificatePem)), true, shape);
  }
});

test('certificate and key out of one file', () => {
  assert.equal(belongTogether(`${certificatePem}${privateKeyPem}`, `${privateKeyPem}${certificatePem}`), true);
});

test('any bytes, wrapped in any way, come out in lines of 64', () => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n', '\t', '\\n');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.array(blank, { minLength: 1 }), (bytes, blanks) => {
      const base64 = Buffer.from(bytes).toString('base64');
      const body = Array.from(base64, (character, index) => `${blanks[index % blanks.length]}${character}`).join('');
      const lines = normalPem(`x-----BEGIN THING-----${body}-----END THING-----y`).split('\n');
      assert.deepEqual([lines[0], lines.at(-2), lines.at(-1)], ['-----BEGIN THING-----', '-----END THING-----', '']);
      assert.equal(lines.slice(1, -2).join(''), base64);
      assert.ok(lines.slice(1, -3).every((line) => line.length === 64));
    }),
  );
});

const encrypted = (type: 'pkcs1' | 'pkcs8') =>
  createPrivateKey(privateKeyPem).export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }).toString();
const ecCertificateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('what is not a certificate is told apart, and never shown', () => {
  const damaged = certificatePem.replace(/\n(.{20})/, '\n$1!');
  const cutInside = certificatePem.replace(/\n.{64}\n.{64}\n/, '\n');
  for (const [text, says] of [
    ['', /empty/],
    ['hello', /BEGIN and END lines are missing/],
    [certificatePem.split('\n').slice(1, -2).join('\n'), /BEGIN and END lines are missing/],
    [certificatePem.slice(0, 500), /cut off/],
    [damaged, /not base64/],
    [cutInside, /cannot be read/],
    [privateKeyPem, /a private key.*secret/],
    [privateKeyPem.replaceAll('PRIVATE KEY', 'CERTIFICATE REQUEST'), /signing request/],
    [ecCertificateKey.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /public key/],
  ] as const) {
    assert.throws(
      () => readCertificate(text),
      (error) => isRefusal(error, says, text),
      String(says),
    );
  }
});

test('what is not a private key is told apart, and never shown', () => {
  for (const [text, says] of [
    ['', /empty/],
    [certificatePem, /a certificate, not a private key/],
    [privateKeyPem.slice(0, 700), /cut off/],
    [privateKeyPem.replace(/\n.{64}\n.{64}\n/, '\n'), /cannot be read/],
    [encrypted('pkcs8'), /passphrase/],
    [encrypted('pkcs1'), /passphrase/],
  ] as const) {
    assert.throws(
      () => belongTogether(text, certificatePem),
      (error) => isRefusal(error, says, text),
      String(says),
    );
  }
  assert.throws(() => normalPem(encrypted('pkcs1')), /passphrase/);
});

/** A TypeError that says so, and has no eight characters in a row of the base64 that it was given. */
function isRefusal(error: unknown, says: RegExp, given: string): boolean {
  assert.ok(error instanceof TypeError, String(error));
  assert.match(error.message, says);
  assert.equal(error.cause, undefined);
  for (const [line] of given.matchAll(/^[A-Za-z0-9+/]{60,}/gm)) {
    for (let at = 0; at + 8 <= line.length; at += 1) assert.ok(!error.message.includes(line.slice(at, at + 8)));
  }
  return true;
}

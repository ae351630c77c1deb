import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, pbkdf2, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { nodeKeys } from '../src/keys.ts';
import { pemBlocks } from '../src/pem.ts';
import { pairWithCertificate } from './support/key-material.ts';
import { failure } from './support/machine.ts';

const derive = promisify(pbkdf2);
const pair = pairWithCertificate();
const data = Buffer.from('header.claims');

async function signs(pem: string): Promise<boolean> {
  return verify('sha256', data, pair.publicKey, await nodeKeys.signingKey(pem).sign(data));
}

test('a key in PKCS#8 or PKCS#1 signs with RSASSA-PKCS1-v1_5 and SHA-256', async () => {
  assert.equal(await signs(pair.pem), true);
  assert.equal(await signs(pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()), true);
});

test('a key that went through JSON, a form or an environment variable still signs', async () => {
  for (const [name, mangled] of Object.entries({
    'literal \\n': pair.pem.replaceAll('\n', '\\n'),
    'literal \\r\\n': pair.pem.replaceAll('\n', '\\r\\n'),
    'CR LF': pair.pem.replaceAll('\n', '\r\n'),
    spaces: pair.pem.replaceAll('\n', ' '),
    'no line ends': pair.pem.replaceAll('\n', ''),
    indented: pair.pem.replaceAll('\n', '\n    '),
    'byte order mark': `\ufeff${pair.pem}`,
    'behind its certificate': `${pair.certificate}${pair.pem}`,
    'behind the text of openssl': `Bag Attributes\n    friendlyName: synthetic\n${pair.pem}`,
  })) {
    assert.equal(await signs(mangled), true, name);
  }
});

test('signing does not run on the main thread, but waits its turn in the thread pool', async () => {
  const key = nodeKeys.signingKey(pair.pem);
  const poolSize = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  const order: string[] = [];
  const blockers = Array.from({ length: poolSize }, () =>
    derive('synthetic', 'salt', 50_000, 32, 'sha256').then(() => order.push('blocker')),
  );
  await Promise.all([...blockers, key.sign(data).then(() => order.push('signed'))]);
  assert.equal(order[0], 'blocker');
});

test('what is no usable private key is named, with the way out', async () => {
  const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  const lock = { cipher: 'aes-256-cbc', passphrase: 'synthetic' } as const;
  const cases: [string, string, string, RegExp][] = [
    ['encrypted PKCS#8', pair.privateKey.export({ ...pkcs8, ...lock }).toString(), 'encrypted_private_key', /openssl pkcs8/],
    [
      'encrypted PKCS#1',
      pair.privateKey.export({ type: 'pkcs1', format: 'pem', ...lock }).toString(),
      'encrypted_private_key',
      /openssl pkcs8/,
    ],
    ['EC in PKCS#8', ec.export(pkcs8).toString(), 'unsupported_key_type', /openssl req -x509 -newkey rsa/],
    [
      'EC in SEC1',
      ec.export({ type: 'sec1', format: 'pem' }).toString(),
      'unsupported_key_type',
      /openssl req -x509 -newkey rsa/,
    ],
    [
      'Ed25519',
      generateKeyPairSync('ed25519').privateKey.export(pkcs8).toString(),
      'unsupported_key_type',
      /openssl req -x509 -newkey rsa/,
    ],
    [
      'RSA-PSS',
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey.export(pkcs8).toString(),
      'unsupported_key_type',
      /openssl req -x509 -newkey rsa/,
    ],
    ['RSA of 1024 bits', rsa(1024).export(pkcs8).toString(), 'unsupported_key_type', /2048/],
    [
      'OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nc3ludGhldGlj\n-----END OPENSSH PRIVATE KEY-----',
      'unsupported_key_type',
      /ssh-keygen/,
    ],
    [
      'public key',
      pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'public_key_given',
      /private key that belongs/,
    ],
    ['PKCS#1 public key', pair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(), 'public_key_given', /private key/],
    ['certificate', pair.certificate, 'public_key_given', /server\.key/],
    ['garbage', 'not a key', 'invalid_private_key', /BEGIN PRIVATE KEY|server\.key/],
    ['empty', '', 'invalid_private_key', /server\.key/],
    ['cut off', pair.pem.slice(0, 500), 'invalid_private_key', /whole file|server\.key/],
    [
      'damaged content',
      '-----BEGIN PRIVATE KEY-----\nc3ludGhldGlj\n-----END PRIVATE KEY-----',
      'invalid_private_key',
      /whole file/,
    ],
  ];
  for (const [name, pem, code, fix] of cases) {
    const error = await failure(() => nodeKeys.signingKey(pem));
    assert.deepEqual([error.name, error.code], ['ConfigurationError', code], name);
    assert.match(JSON.stringify(error.diagnosis), fix, name);
    assert.equal(error.cause, undefined, name);
    const content = /-----\s*([A-Za-z0-9+/]{12})/.exec(pem)?.[1];
    if (content) assert.ok(!JSON.stringify([error.message, error.diagnosis]).includes(content), `${name}: quotes the key`);
  }
});

test('certificate and key are compared', async () => {
  nodeKeys.checkCertificate(pair.certificate, pair.pem);
  nodeKeys.checkCertificate(pair.certificate.replaceAll('\n', '\\n'), pair.pem.replaceAll('\n', '\\n'));
  const other = pairWithCertificate();
  for (const [certificate, key, code] of [
    [other.certificate, pair.pem, 'certificate_mismatch'],
    [pair.pem, pair.pem, 'invalid_certificate'],
    ['garbage', pair.pem, 'invalid_certificate'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', pair.pem, 'invalid_certificate'],
    [pair.certificate, pair.certificate, 'public_key_given'],
  ] as const) {
    const error = await failure(() => nodeKeys.checkCertificate(certificate, key));
    assert.deepEqual([error.name, error.code], ['ConfigurationError', code]);
  }
});

test('any text is read without surprise: keys it gives, or one of the four refusals', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      '\\n',
      '\n',
      'Proc-Type: 4,ENCRYPTED\n',
      pair.pem,
    ),
  );
  const codes = new Set(['encrypted_private_key', 'unsupported_key_type', 'public_key_given', 'invalid_private_key']);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      try {
        nodeKeys.signingKey(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error && codes.has(String(error.code)), String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('long text without an end does not take long', () => {
  const started = process.cpuUsage().user;
  assert.deepEqual(pemBlocks('-----BEGIN PRIVATE KEY-----\n'.repeat(2_000)), []);
  assert.ok(process.cpuUsage().user - started < 5_000_000);
});

test('what is told of a private key is the same as of its certificate', () => {
  const { publicKey } = new X509Certificate(pair.certificate);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const publicKeySha256 = createHash('sha256').update(spki).digest('hex');
  assert.deepEqual(nodeKeys.describeKey(pair.pem), { bits: 2048, publicKeySha256 });
  assert.throws(() => nodeKeys.describeKey(pair.certificate), { code: 'public_key_given' });
});

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { ConfigurationError, type ConfigurationErrorCode } from '@forcemint/core/errors';
import type { KeyFacts, Keys, SigningKey } from '@forcemint/core/ports';
import { type PemBlock, pemBlocks } from './pem.ts';

/** Salesforce takes RSA keys of 2,048 bits and more. */
const MIN_MODULUS_BITS = 2_048;

/** RSASSA-PKCS1-v1_5, in libuv's thread pool. */
const signInBackground = promisify<string, Uint8Array, KeyObject, Buffer>(sign);

/** Keys through `node:crypto`. */
export const nodeKeys: Keys = {
  signingKey(pem: string): SigningKey {
    const key = privateKey(pem);
    return { sign: (data) => signInBackground('sha256', data, key) };
  },

  describeKey(pem: string): KeyFacts {
    const key = privateKey(pem);
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const publicKeySha256 = createHash('sha256').update(spki).digest('hex');
    return { bits: key.asymmetricKeyDetails?.modulusLength ?? 0, publicKeySha256 };
  },

  checkCertificate(certificatePem: string, privateKeyPem: string): void {
    const certificate = parseCertificate(certificatePem);
    if (certificate.checkPrivateKey(privateKey(privateKeyPem))) return;
    throw refuse('certificate_mismatch', 'The certificate does not belong to the private key.', [
      'Give the certificate that was made for this key: the one that was uploaded to the app in Salesforce.',
      'Or make a new pair, and upload its certificate: openssl req -x509 -newkey rsa:2048 -noenc -days 730 -keyout server.key -out server.crt',
    ]);
  },
};

function privateKey(pem: string): KeyObject {
  const blocks = pemBlocks(pem);
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) throw notPrivate(blocks);
  refuseOtherKinds(block);
  let key: KeyObject;
  try {
    key = createPrivateKey(block.pem);
  } catch {
    throw refuse('invalid_private_key', 'The private key is damaged: its content is not that of a key.', [
      'Give the whole file, from -----BEGIN to the end of -----END …-----, as it was made.',
    ]);
  }
  if (key.asymmetricKeyType !== 'rsa') throw wrongType(`is of type ${key.asymmetricKeyType}`);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_MODULUS_BITS) throw wrongType(`has only ${bits} bits`);
  return key;
}

function refuseOtherKinds({ label, encrypted }: PemBlock): void {
  if (encrypted) {
    throw refuse('encrypted_private_key', 'The private key is encrypted with a passphrase.', [
      'Decrypt it, for example: openssl pkcs8 -topk8 -nocrypt -in encrypted.key -out server.key; Forcemint encrypts it before it is stored.',
    ]);
  }
  if (label === 'EC PRIVATE KEY') throw wrongType('is an elliptic-curve key');
  if (label === 'DSA PRIVATE KEY') throw wrongType('is a DSA key');
  if (label === 'OPENSSH PRIVATE KEY') {
    throw refuse('unsupported_key_type', 'The private key is in the format of OpenSSH.', [
      'Convert a copy of it to PEM: ssh-keygen -p -m PEM -f copy.key; it must be an RSA key.',
    ]);
  }
}

function notPrivate(blocks: readonly PemBlock[]): ConfigurationError {
  const label = blocks[0]?.label;
  if (label === undefined) {
    return refuse('invalid_private_key', 'The private key is not in PEM: there is no line -----BEGIN PRIVATE KEY-----.', [
      'Give the file that holds the key (often server.key). For DER: openssl pkey -inform DER -in server.der -out server.key',
    ]);
  }
  const what = label.endsWith('PUBLIC KEY')
    ? 'A public key'
    : label.includes('CERTIFICATE')
      ? 'A certificate'
      : `PEM of the kind ${label}`;
  return refuse('public_key_given', `${what} was given instead of the private key.`, [
    'Give the private key that belongs to it (often server.key); the certificate (server.crt) is what Salesforce gets.',
  ]);
}

function parseCertificate(pem: string): X509Certificate {
  const blocks = pemBlocks(pem);
  const block = blocks.find(({ label }) => label === 'CERTIFICATE');
  try {
    if (block !== undefined) return new X509Certificate(block.pem);
  } catch {
    throw refuse('invalid_certificate', 'The certificate is damaged: its content is not that of a certificate.', [
      'Give the whole file, from -----BEGIN CERTIFICATE----- to the end of -----END CERTIFICATE-----.',
    ]);
  }
  const instead =
    blocks[0] === undefined ? 'there is no line -----BEGIN CERTIFICATE-----' : `this is PEM of the kind ${blocks[0].label}`;
  throw refuse('invalid_certificate', `The certificate is not an X.509 certificate in PEM: ${instead}.`, [
    'Give the file that was uploaded to the app in Salesforce (often server.crt). For DER: openssl x509 -inform DER -in server.der -out server.crt',
  ]);
}

function wrongType(what: string): ConfigurationError {
  return refuse(
    'unsupported_key_type',
    `The private key ${what}; Salesforce takes RSA keys of at least ${MIN_MODULUS_BITS} bits.`,
    [
      'Make a key pair, and upload its certificate to the app: openssl req -x509 -newkey rsa:2048 -noenc -days 730 -keyout server.key -out server.crt',
    ],
  );
}

function refuse(code: ConfigurationErrorCode, message: string, fix: readonly string[]): ConfigurationError {
  return new ConfigurationError(code, message, { diagnosis: { cause: message, fix, who: 'operator', retry: 'fix-first' } });
}

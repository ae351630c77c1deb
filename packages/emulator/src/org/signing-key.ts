import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** An RSA-2048 key pair made at start; never stored beyond the life of the emulator. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function generateRsaKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
}

/** A key of the org, under the name by which `/id/keys` lists it. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The JWK of a key, as `/id/keys` shows it (RFC 7517 section 4). */
export function publicJwk({ keyId, privateKey }: SigningKey): Readonly<Record<string, string>> {
  const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty: 'RSA', alg: 'RS256', use: 'sig', kid: keyId, n, e };
}

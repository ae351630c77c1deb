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

/** The `kid` of the org's one signing key. */
export const SIGNING_KEY_ID = 'EMU1';

/** The JWK of the org's signing key, as `/id/keys` shows it. */
export function publicJwk(key: KeyPair): Readonly<Record<string, string>> {
  const { n = '', e = '' } = createPublicKey(key.privateKey).export({ format: 'jwk' });
  return { kty: 'RSA', alg: 'RS256', use: 'sig', kid: SIGNING_KEY_ID, n, e };
}

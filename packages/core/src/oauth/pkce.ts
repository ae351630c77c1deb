import { calculatePKCECodeChallenge } from 'oauth4webapi';
import type { Random } from '../ports.ts';

/** A PKCE pair (RFC 7636 §4.1, §4.2), method S256. */
export interface PkcePair {
  /** 43 characters, from 32 random bytes. */
  readonly verifier: string;
  readonly challenge: string;
}

export async function pkcePair(random: Random): Promise<PkcePair> {
  const verifier = Buffer.from(random.bytes(32)).toString('base64url');
  return { verifier, challenge: await calculatePKCECodeChallenge(verifier) };
}

import type { SigningKey } from '../ports.ts';

const RS256_HEADER = base64url('{"alg":"RS256","typ":"JWT"}');

/** A compact JWS over JSON claims (RFC 7515 §3.1, RFC 7519), signed with RS256. */
export async function signJwt(claims: Readonly<Record<string, unknown>>, key: SigningKey): Promise<string> {
  const signingInput = `${RS256_HEADER}.${base64url(JSON.stringify(claims))}`;
  const signature = await key.sign(Buffer.from(signingInput, 'ascii'));
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
}

/**
 * The claims of a compact JWT, unverified; `undefined` if it is none. For what a token says of itself where nothing is decided by it.
 */
export function peekClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || !token.startsWith('eyJ')) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? { ...claims } : undefined;
  } catch {
    return undefined;
  }
}

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

import { type KeyObject, sign, verify } from 'node:crypto';

/** JWTs in compact form (RFC 7519, RFC 7515 section 3.1), RS256 only, as Salesforce has it. */

export type Claims = Readonly<Record<string, unknown>>;

/** A JWT that was taken apart and not verified yet. */
export interface ParsedJwt {
  readonly header: Claims;
  readonly claims: Claims;
  readonly signedText: string;
  readonly signature: Buffer;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** undefined unless the text is three base64url parts of which the first two are JSON objects. */
export function parseJwt(text: string): ParsedJwt | undefined {
  const [header, claims, signature, ...rest] = text.split('.');
  if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) return undefined;
  if (![header, claims, signature].every((part) => BASE64URL.test(part))) return undefined;
  const parsedHeader = parseObject(header);
  const parsedClaims = parseObject(claims);
  if (parsedHeader === undefined || parsedClaims === undefined) return undefined;
  return {
    header: parsedHeader,
    claims: parsedClaims,
    signedText: text.slice(0, header.length + 1 + claims.length),
    signature: Buffer.from(signature, 'base64url'),
  };
}

function parseObject(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * True when the header says RS256 and the signature is that of the key's owner. Extensions that the header calls critical
 * aren't understood here, which makes the signature invalid (RFC 7515 section 4.1.11).
 */
export function isSignedBy(jwt: ParsedJwt, publicKey: KeyObject): boolean {
  const { alg, crit } = jwt.header;
  return alg === 'RS256' && crit === undefined && verify('sha256', Buffer.from(jwt.signedText), publicKey, jwt.signature);
}

export function signJwt(header: Claims, claims: Claims, privateKey: KeyObject): string {
  const part = (value: Claims): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signedText = `${part({ ...header, alg: 'RS256' })}.${part(claims)}`;
  return `${signedText}.${sign('sha256', Buffer.from(signedText), privateKey).toString('base64url')}`;
}

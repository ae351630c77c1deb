import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `signature` is Base64(HMAC-SHA256(key = consumer secret, message = `id` + `issued_at`)): the proof that the answer comes from who knows the secret
 * (Salesforce Help, "OAuth 2.0 Web Server Flow", parameter `signature`).
 */
export function identitySignatureMatches(clientSecret: string, id: string, issuedAt: string, signature: string): boolean {
  const expected = createHmac('sha256', clientSecret)
    .update(id + issuedAt)
    .digest();
  const given = Buffer.from(signature, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

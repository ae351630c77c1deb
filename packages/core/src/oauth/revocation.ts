import { None, revocationRequest } from 'oauth4webapi';
import { harmless, malformed, type Refusal, refusalIn } from './answer.ts';
import { insecureIfHttp, serverMetadata } from './authorization-server.ts';
import { capture, type Delivery } from './form-post.ts';
import type { OAuthClient } from './token-endpoint.ts';

export type Revocation = { readonly kind: 'revoked' } | { readonly kind: 'already-invalid' } | Refusal;

/**
 * Revokes a token (RFC 7009 §2.1); Salesforce wants no client authentication here. A token that the server does not know is as good as revoked.
 * @throws TransportError, MalformedResponseError
 */
export async function revoke(client: OAuthClient, token: string, delivery: Delivery): Promise<Revocation> {
  const { endpoints, clientId } = client;
  const answer = await capture(delivery, (options) =>
    revocationRequest(serverMetadata(endpoints), { client_id: clientId }, None(), token, {
      ...options,
      ...insecureIfHttp(endpoints.revocation),
    }),
  );
  if (answer.status === 200) return { kind: 'revoked' };
  const refusal = refusalIn(answer) ?? urlencodedRefusal(answer.status, answer.body);
  if (refusal === undefined) throw malformed(answer, new URL(endpoints.revocation).host);
  return refusal.error === 'invalid_token' || refusal.error === 'unsupported_token_type' ? { kind: 'already-invalid' } : refusal;
}

/** Salesforce may answer `error=…&error_description=…` here. */
function urlencodedRefusal(status: number, body: Uint8Array): Refusal | undefined {
  const error = status < 400 ? null : new URLSearchParams(Buffer.from(body).toString('utf8')).get('error');
  return error === null ? undefined : { kind: 'refused', error: harmless(error, 80), errorDescription: undefined, status };
}

import { introspectionRequest } from 'oauth4webapi';
import { jsonObject, malformed, type Refusal, refusalIn } from './answer.ts';
import { insecureIfHttp, serverMetadata } from './authorization-server.ts';
import { capture, type Delivery } from './form-post.ts';
import type { OAuthClient } from './token-endpoint.ts';

/** What introspection (RFC 7662 §2.2) says of a token. */
export interface Introspection {
  readonly kind: 'introspection';
  readonly active: boolean;
  /** Epoch seconds, by the server's clock. */
  readonly expiresAt: number | undefined;
  /** The server's clock when it answered, epoch seconds, if it said. */
  readonly serverTime: number | undefined;
}

/** @throws TransportError, MalformedResponseError */
export async function introspect(client: OAuthClient, token: string, delivery: Delivery): Promise<Introspection | Refusal> {
  const { endpoints, clientId, clientAuth } = client;
  const answer = await capture(delivery, (options) =>
    introspectionRequest(serverMetadata(endpoints), { client_id: clientId }, clientAuth, token, {
      ...options,
      ...insecureIfHttp(endpoints.introspection),
      additionalParameters: { token_type_hint: 'access_token' },
    }),
  );
  const refusal = refusalIn(answer);
  if (refusal !== undefined) return refusal;
  const members = answer.status === 200 ? jsonObject(answer.body) : undefined;
  const active = members?.['active'];
  if (typeof active !== 'boolean') throw malformed(answer, new URL(endpoints.introspection).host);
  const exp = members?.['exp'];
  return {
    kind: 'introspection',
    active,
    expiresAt: typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined,
    serverTime: serverTimeOf(answer.headers['date']),
  };
}

/** The `Date` header (RFC 9110 §6.6.1) as epoch seconds. */
export function serverTimeOf(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

import { type ClientAuth, ClientSecretPost, None } from 'oauth4webapi';
import type { Clock, Random, SigningKey } from '../ports.ts';
import { signJwt } from './jwt.ts';

/** How the client proves itself: a value that is applied to a request, so that grants and methods multiply without code. */
export type { ClientAuth } from 'oauth4webapi';

/** `client_id` and `client_secret` in the body (RFC 6749 §2.3.1). */
export function clientSecretPost(secret: string): ClientAuth {
  return ClientSecretPost(secret);
}

/**
 * `Authorization: Basic` (RFC 6749 §2.3.1). Unreserved characters, which is all that Salesforce's keys and secrets are made of, go as they are:
 * encoding them too would be legal, but a server that does not decode would refuse.
 */
export function clientSecretBasic(secret: string): ClientAuth {
  return (_server, client, _body, headers) => {
    const pair = `${encodeURIComponent(client.client_id)}:${encodeURIComponent(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
  };
}

/** How long a client assertion lives, in seconds. */
const ASSERTION_LIFE_SECONDS = 180;

/** A signed assertion instead of a secret (RFC 7523 §2.2), RS256, addressed to the token endpoint, three minutes long. */
export function privateKeyJwt(key: SigningKey, clock: Clock, random: Random): ClientAuth {
  return async (server, client, body) => {
    const nowSeconds = Math.floor(clock.nowMs() / 1000);
    const claims = {
      iss: client.client_id,
      sub: client.client_id,
      aud: server.token_endpoint,
      iat: nowSeconds,
      exp: nowSeconds + ASSERTION_LIFE_SECONDS,
      jti: Buffer.from(random.bytes(16)).toString('base64url'),
    };
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', await signJwt(claims, key));
  };
}

/** A public client: `client_id` alone (RFC 6749 §3.2.1). */
export function none(): ClientAuth {
  return None();
}

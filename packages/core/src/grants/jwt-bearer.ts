import { signJwt } from '../oauth/jwt.ts';
import type { Clock, SigningKey } from '../ports.ts';
import type { Grant } from './grant.ts';

/** How long an assertion lives, in seconds: what Salesforce documents as the longest. */
const ASSERTION_LIFE_SECONDS = 180;

export interface JwtBearerInput {
  /** The consumer key. */
  readonly clientId: string;
  /** Salesforce username. */
  readonly username: string;
  /** Who the assertion is for; see `jwtAudience`. */
  readonly audience: string;
  /** The key whose certificate the app has. */
  readonly key: SigningKey;
  readonly clock: Clock;
}

/**
 * The JWT bearer grant (RFC 7523 §2.1; Salesforce Help, "OAuth 2.0 JWT Bearer Flow"): a signed assertion that names the user, and no user in front of a
 * browser. `exp` is in seconds, three minutes ahead. No refresh token comes back; sign again instead.
 */
export function jwtBearer({ clientId, username, audience, key, clock }: JwtBearerInput): Grant {
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    consumesCredential: false,
    async parameters() {
      const expiresAt = Math.floor(clock.nowMs() / 1000) + ASSERTION_LIFE_SECONDS;
      const assertion = await signJwt({ iss: clientId, sub: username, aud: audience, exp: expiresAt }, key);
      return new URLSearchParams({ assertion });
    },
  };
}

import { peekClaims } from '../oauth/jwt.ts';

/** Why an expiry is believed, most trustworthy first (Salesforce sends no `expires_in`). */
export type ExpirySource = 'jwt' | 'introspection' | 'expires_in' | 'learned' | 'policy';

/** Salesforce's own default session timeout, in seconds (Setup → Session Settings). */
export const DEFAULT_SESSION_TIMEOUT_SECONDS = 7_200;
/** A reported 401 never teaches a lifetime below this. */
const LEAST_LEARNED_SECONDS = 900;
/** What a 401 taught is forgotten after this time. */
const LEARNED_FOR_MS = 7 * 24 * 3600 * 1000;

export interface ExpiryEvidence {
  readonly accessToken: string;
  /** When the answer arrived, epoch seconds by this machine's clock. */
  readonly receivedAt: number;
  /** `issued_at`, epoch seconds by Salesforce's clock. */
  readonly issuedAt: number | undefined;
  readonly expiresInSeconds: number | undefined;
  readonly learnedLifetimeSeconds: number | undefined;
  readonly sessionTimeoutSeconds: number;
}

export interface BelievedExpiry {
  /** Epoch seconds by this machine's clock. */
  readonly expiresAt: number;
  readonly expirySource: ExpirySource;
}

/**
 * When a new token dies, and why that is believed: `exp` of a JWT access token, `expires_in`, the lifetime learned for this connection, the configured
 * session timeout. Instants of the server are carried over as durations, so that a wrong clock here does not matter. (Introspection comes later and replaces this.)
 */
export function believeExpiry(evidence: ExpiryEvidence): BelievedExpiry {
  const { receivedAt, issuedAt, expiresInSeconds, learnedLifetimeSeconds, sessionTimeoutSeconds } = evidence;
  const claims = peekClaims(evidence.accessToken);
  const exp = claims?.['exp'];
  if (typeof exp === 'number' && Number.isFinite(exp)) {
    const serverNow = issuedAt ?? (typeof claims?.['iat'] === 'number' ? claims['iat'] : receivedAt);
    return { expiresAt: receivedAt + Math.floor(exp - serverNow), expirySource: 'jwt' };
  }
  if (expiresInSeconds !== undefined) return { expiresAt: receivedAt + Math.floor(expiresInSeconds), expirySource: 'expires_in' };
  if (learnedLifetimeSeconds !== undefined && learnedLifetimeSeconds < sessionTimeoutSeconds) {
    return { expiresAt: receivedAt + learnedLifetimeSeconds, expirySource: 'learned' };
  }
  return { expiresAt: receivedAt + sessionTimeoutSeconds, expirySource: 'policy' };
}

export interface LearnedLifetime {
  readonly lifetimeSeconds: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/**
 * What a 401 teaches: a token that died at this age had no longer life. Only ages of at least a quarter of an hour teach anything (a younger token was
 * revoked, not timed out), and only guesses can be corrected by it.
 */
export function learnFromRejection(ageSeconds: number, believed: ExpirySource, nowMs: number): LearnedLifetime | undefined {
  const guessed = believed === 'policy' || believed === 'learned';
  if (!guessed || ageSeconds < LEAST_LEARNED_SECONDS) return undefined;
  return { lifetimeSeconds: Math.floor(ageSeconds), atMs: nowMs };
}

/** What is still remembered of a learned lifetime: time heals it. */
export function rememberedLifetime(learned: LearnedLifetime | undefined, nowMs: number): number | undefined {
  return learned !== undefined && nowMs - learned.atMs < LEARNED_FOR_MS ? learned.lifetimeSeconds : undefined;
}

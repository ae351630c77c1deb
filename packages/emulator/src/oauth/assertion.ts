import type { Org } from '../org/org.ts';
import type { Claims } from './jwt.ts';

const CLOCK_SKEW_SECONDS = 180;

/** True when the audience, a trailing slash aside, names this org: an origin, a login host of Salesforce, or one from the config. */
export function isAcceptedAudience(org: Org, audience: unknown): boolean {
  if (Array.isArray(audience)) {
    return org.switches.acceptAudienceArray && audience.some((one: unknown) => isAcceptedAudience(org, one));
  }
  if (typeof audience !== 'string') return false;
  const bare = stripSlash(audience);
  return (
    bare === org.origins.login ||
    bare === org.origins.mydomain ||
    bare === (org.settings.isSandbox ? 'https://test.salesforce.com' : 'https://login.salesforce.com') ||
    org.audiences.some((one) => stripSlash(one) === bare)
  );
}

function stripSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

/**
 * How the `exp` claim stands to the clock, with three minutes of tolerance. A number or a string of digits; milliseconds
 * pass as seconds far ahead, because a real client sends them.
 */
export function judgeExpiry(claims: Claims, nowMs: number, maxLifetimeSeconds: number): 'ok' | 'past' | 'malformed' {
  const { exp } = claims;
  const isDigits = typeof exp === 'string' && /^\d{1,17}$/.test(exp);
  const seconds = typeof exp === 'number' || isDigits ? Number(exp) : Number.NaN;
  if (!Number.isFinite(seconds)) return 'malformed';
  const nowSeconds = nowMs / 1000;
  if (seconds < nowSeconds - CLOCK_SKEW_SECONDS) return 'past';
  if (maxLifetimeSeconds > 0 && seconds > nowSeconds + maxLifetimeSeconds + CLOCK_SKEW_SECONDS) return 'malformed';
  return 'ok';
}

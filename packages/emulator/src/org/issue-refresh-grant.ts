import type { App } from './apps.ts';
import type { Org } from './org.ts';
import type { RefreshGrant } from './refresh-tokens.ts';
import type { User } from './users.ts';

/** A new refresh token by approval; beyond the limit for each user and app the oldest are revoked. */
export function issueRefreshGrant(
  org: Org,
  app: App,
  user: User,
  scopes: readonly string[],
  authenticatedAtMs: number,
): RefreshGrant {
  const grant = org.refreshTokens.issue(app, user, scopes, org.now(), { authenticatedAtMs });
  const limit = org.switches.approvalLimit;
  if (limit > 0) {
    const approved = org.refreshTokens.living(app.name, user).filter((one) => !one.isSeeded);
    for (const oldest of approved.slice(0, Math.max(0, approved.length - limit))) org.refreshTokens.revoke(oldest);
  }
  return grant;
}

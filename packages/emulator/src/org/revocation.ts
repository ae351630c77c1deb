import type { Org } from './org.ts';
import type { RefreshGrant } from './refresh-tokens.ts';

/** Kills a grant; its access tokens die with it, and with the last of a user's grants the approval is gone. */
export function revokeGrant(org: Org, grant: RefreshGrant): void {
  org.refreshTokens.revoke(grant);
  if (!org.refreshTokens.hasLiving(grant.appName, grant.user)) {
    org.approvals.withdraw({ name: grant.appName }, grant.user);
  }
}

/** Revokes an access token, or a refresh token with the access tokens of its grant. False when there is no such living token. */
export function revokeToken(org: Org, token: string): boolean {
  const session = org.sessions.find(token, org.now());
  if (session !== undefined) {
    session.isRevoked = true;
    return true;
  }
  const grant = org.refreshTokens.find(token);
  if (grant === undefined || grant.isRevoked || grant.currentToken !== token) return false;
  revokeGrant(org, grant);
  return true;
}

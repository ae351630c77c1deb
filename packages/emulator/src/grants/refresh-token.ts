import { authenticateClient } from '../oauth/client-authentication.ts';
import { countLogin } from '../oauth/count-login.ts';
import { refusal } from '../oauth/error-catalogue.ts';
import type { Issue, TokenRequest } from '../oauth/token-request.ts';
import { isAdminApprovedFor } from '../org/approvals.ts';
import { isLoginAddressAllowed, isTokenAddressAllowed } from '../org/ip-rules.ts';
import { isOverdue } from '../org/refresh-token-policy.ts';
import { revokeGrant } from '../org/revocation.ts';

/** RFC 6749 section 6, with Salesforce's rotation: single use, re-use kills the grant, simultaneous requests are refused. */
export const grantType = 'refresh_token';

export function issue(request: TokenRequest): Issue {
  const { org, parameters, trace } = request;
  const token = parameters.get('refresh_token') ?? '';
  const app = authenticateClient(org, request, {
    isSecretRequired: (candidate) => candidate.isSecretRequiredForRefreshToken,
    wrong: 'R4',
    unknown: 'R5',
  });
  const grant = org.refreshTokens.find(token);
  if (grant === undefined) throw refusal('R1');
  trace.subject = grant.user.username;
  trace.login = { app, user: grant.user };
  if (grant.clientId !== app.clientId) throw refusal('R5');

  if (org.switches.concurrentRefresh !== 'allow') {
    if (!org.refreshTokens.begin(token)) {
      throw refusal(org.switches.concurrentRefresh === 'refuse' ? 'R2' : 'R3');
    }
    request.onAnswered(() => org.refreshTokens.end(token));
  }
  if (grant.isRevoked) throw refusal('R1');
  if (grant.currentToken !== token) {
    if (org.switches.reuseCascade) revokeGrant(org, grant);
    throw refusal('R1');
  }
  const nowMs = org.now();
  if (isOverdue(grant, app.refreshTokenPolicy, nowMs)) throw refusal('R1');
  if (!grant.user.isActive) throw refusal('R6');
  if (grant.user.isFrozen) throw refusal('R6', 'authentication_failure');
  if (app.isAdminApproved && !isAdminApprovedFor(app, grant.user)) throw refusal('J10');
  if (!isTokenAddressAllowed(app, request.address)) throw refusal('R7');
  if (!isLoginAddressAllowed(app, grant.user, request.address, true)) throw refusal('R7');

  countLogin(request, grant.user);
  grant.lastUsedMs = nowMs;
  const { user, scopes, authenticatedAtMs } = grant;
  const issue: Issue = { app, user, scopes, grant, authenticatedAtMs };
  if (!app.isRefreshTokenRotationEnabled) return issue;
  trace.consumed = true;
  return { ...issue, refreshToken: org.refreshTokens.rotate(grant) };
}

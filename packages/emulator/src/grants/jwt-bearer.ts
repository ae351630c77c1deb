import { isAcceptedAudience, judgeExpiry } from '../oauth/assertion.ts';
import { matchesCallbackUrl } from '../oauth/callback-url.ts';
import { countLogin } from '../oauth/count-login.ts';
import { refusal } from '../oauth/error-catalogue.ts';
import { isSignedBy, parseJwt } from '../oauth/jwt.ts';
import type { Issue, TokenRequest } from '../oauth/token-request.ts';
import { isAdminApprovedFor } from '../org/approvals.ts';
import type { App } from '../org/apps.ts';
import { isLoginAddressAllowed } from '../org/ip-rules.ts';
import type { Org } from '../org/org.ts';
import type { User } from '../org/users.ts';

/** RFC 7523 section 2.1, the OAuth 2.0 JWT Bearer Flow: RS256 against the app's certificate, pre-authorized users only. */
export const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export function issue(request: TokenRequest): Issue {
  const { org, parameters, trace } = request;
  const jwt = parseJwt(parameters.get('assertion') ?? '');
  if (jwt === undefined) throw refusal('J2');
  const { claims } = jwt;
  // Where both are present, Salesforce follows the older name.
  const subject = claims.prn ?? claims.sub;
  if (typeof subject === 'string') trace.subject = subject;

  const nowMs = org.now();
  const app = typeof claims.iss === 'string' ? org.apps.find(claims.iss, nowMs) : undefined;
  if (app === undefined) throw refusal('J9');
  if (app.certificate === undefined || !isSignedBy(jwt, app.certificate.publicKey)) throw refusal('J2');
  if (org.switches.refuseExpiredCertificate && app.certificate.validToMs < nowMs) throw refusal('J2');
  const user = typeof subject === 'string' ? org.users.find(subject) : undefined;
  if (user !== undefined) trace.login = { app, user };
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri !== null && !matchesCallbackUrl(app.callbackUrls, redirectUri)) throw refusal('J17');
  if (!isAcceptedAudience(org, claims.aud)) throw refusal('J3');
  const expiry = judgeExpiry(claims, nowMs, org.switches.maxAssertionLifetimeSeconds);
  if (expiry !== 'ok') throw refusal(expiry === 'past' ? 'J5' : 'J14');
  if (user === undefined) throw refusal('J1');
  if (!user.isActive) throw refusal('J8');
  if (user.isFrozen || !user.isApiEnabled) throw refusal('J6');
  if (!isLoginAddressAllowed(app, user, request.address, false)) throw refusal('J7');
  if (!app.scopes.includes('refresh_token')) throw refusal('J11');
  requireApproval(org, app, user);
  const jwtId = claims.jti;
  const isJwtIdOnce = org.switches.jtiReplayCheck && typeof jwtId === 'string';
  if (isJwtIdOnce && org.seenJwtIds.has(app, jwtId)) throw refusal('J15');
  countLogin(request, user);
  if (isJwtIdOnce) org.seenJwtIds.add(app, jwtId);

  const session = org.switches.sameSession ? org.sessions.newest(app, user, nowMs) : undefined;
  return { app, user, scopes: app.scopes, grant: null, session, isShared: org.switches.sameSession };
}

function requireApproval(org: Org, app: App, user: User): void {
  if (app.isAdminApproved) {
    if (!isAdminApprovedFor(app, user)) throw refusal('J10');
    return;
  }
  const isApproved = org.approvals.covers(app, user, ['refresh_token']) || org.refreshTokens.hasLiving(app.name, user);
  if (!isApproved) throw refusal('J1');
}

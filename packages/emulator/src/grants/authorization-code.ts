import { hash } from 'node:crypto';
import { authenticateClient } from '../oauth/client-authentication.ts';
import { countLogin } from '../oauth/count-login.ts';
import { refusal } from '../oauth/error-catalogue.ts';
import type { Issue, TokenRequest } from '../oauth/token-request.ts';
import { isAdminApprovedFor } from '../org/approvals.ts';
import { type AuthorizationCode, isSpent } from '../org/codes.ts';
import { isLoginAddressAllowed, isTokenAddressAllowed } from '../org/ip-rules.ts';
import { issueRefreshGrant } from '../org/issue-refresh-grant.ts';
import { mayLogIn } from '../org/users.ts';

/** The web server flow: RFC 6749 section 4.1.3, PKCE by RFC 7636. */
export const grantType = 'authorization_code';

/** Longer than RFC 7636's 128, because widely used clients send 171 characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,171}$/;

export function issue(request: TokenRequest): Issue {
  const { org, parameters, trace } = request;
  const app = authenticateClient(org, request, {
    isSecretRequired: (candidate) => !candidate.isConsumerSecretOptional,
    wrong: 'A5',
    unknown: 'A6',
  });
  const code = org.codes.find(parameters.get('code') ?? '');
  if (code === undefined || code.app.clientId !== app.clientId) throw refusal('A2');
  trace.subject = code.user.username;
  trace.login = { app, user: code.user };
  const nowMs = org.now();
  if (isSpent(code, nowMs)) throw refusal('A1');
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === null) throw refusal('A4');
  if (redirectUri !== code.redirectUri) throw refusal('A3');
  verifyCodeVerifier(code, parameters.get('code_verifier'));
  if (!mayLogIn(code.user)) throw refusal('A10');
  if (app.isAdminApproved && !isAdminApprovedFor(app, code.user)) throw refusal('J10');
  if (!isTokenAddressAllowed(app, request.address)) throw refusal('A11');
  if (!isLoginAddressAllowed(app, code.user, request.address, false)) throw refusal('A11');
  countLogin(request, code.user);
  code.isUsed = true;

  const grant =
    code.scopes.includes('refresh_token') && app.refreshTokenPolicy.issues
      ? issueRefreshGrant(org, app, code.user, code.scopes, code.authenticatedAtMs)
      : null;
  return {
    app,
    user: code.user,
    scopes: code.scopes,
    grant,
    ...(grant === null ? {} : { refreshToken: grant.currentToken }),
    nonce: code.nonce,
    authenticatedAtMs: code.authenticatedAtMs,
  };
}

function verifyCodeVerifier(code: AuthorizationCode, verifier: string | null): void {
  if (code.codeChallenge === undefined) return;
  if (verifier === null) throw refusal('A8');
  if (!VERIFIER.test(verifier) || hash('sha256', verifier, 'base64url') !== code.codeChallenge) throw refusal('A9');
}

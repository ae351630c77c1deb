import type { App } from '../org/apps.ts';
import type { Org } from '../org/org.ts';
import { isOverdue } from '../org/refresh-token-policy.ts';
import type { RefreshGrant } from '../org/refresh-tokens.ts';
import { expiresAtMs } from '../org/sessions.ts';
import { mayLogIn } from '../org/users.ts';
import { type EmulatorAnswer, type EmulatorRequest, jsonAnswer, parametersOf } from '../server/http-message.ts';
import { authenticateClient } from './client-authentication.ts';
import { OAuthError } from './oauth-error.ts';
import { refusalAnswer } from './refusal-answer.ts';

/** RFC 7662: an app sees its own tokens, or all of the org's when it has `isIntrospectAllTokens`. Instants in seconds. */
export function introspect(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const parameters = parametersOf(request);
  try {
    const credentials = { parameters, authorization: request.headers.authorization };
    const app = authenticateClient(org, credentials, { isSecretRequired: () => true, wrong: 'V5', unknown: 'A6' });
    const token = parameters.get('token');
    if (token === null) throw new OAuthError('invalid_request', 'token is required');
    const isActive = !org.switches.introspectionAlwaysInactive;
    return jsonAnswer(200, (isActive && describeToken(org, app, token)) || { active: false });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return refusalAnswer(org, request, org.refusals.of(error), 'json');
  }
}

function describeToken(org: Org, app: App, token: string): Readonly<Record<string, unknown>> | undefined {
  const nowMs = org.now();
  const session = org.sessions.find(token, nowMs);
  if (session !== undefined) {
    if (session.app.clientId !== app.clientId && !app.isIntrospectAllTokens) return undefined;
    const issuedAt = Math.floor(session.issuedAtMs / 1000);
    return {
      active: true,
      scope: session.scopes.join(' '),
      client_id: session.app.clientId,
      username: session.user.username,
      sub: org.identityUrl(session.user),
      token_type: 'access_token',
      exp: Math.floor(expiresAtMs(session) / 1000),
      iat: issuedAt,
      nbf: issuedAt,
    };
  }
  const grant = org.refreshTokens.find(token);
  if (grant === undefined || grant.currentToken !== token || !isAlive(org, grant, nowMs)) return undefined;
  if (grant.clientId !== app.clientId && !app.isIntrospectAllTokens) return undefined;
  const issuedAt = Math.floor(grant.issuedAtMs / 1000);
  return {
    active: true,
    scope: grant.scopes.join(' '),
    client_id: grant.clientId,
    username: grant.user.username,
    sub: org.identityUrl(grant.user),
    token_type: 'refresh_token',
    iat: issuedAt,
    nbf: issuedAt,
  };
}

/** False where the token, presented, would be refused, whatever the address it is presented from. */
function isAlive(org: Org, grant: RefreshGrant, nowMs: number): boolean {
  if (grant.isRevoked || !mayLogIn(grant.user)) return false;
  const app = org.apps.named(grant.appName);
  return app !== undefined && !isOverdue(grant, app.refreshTokenPolicy, nowMs);
}

import { createHmac } from 'node:crypto';
import type { Session } from '../org/sessions.ts';
import { accessTokenJwt } from './access-token-jwt.ts';
import { idToken } from './id-token.ts';
import type { Issue, TokenRequest } from './token-request.ts';

/**
 * The fields of a successful token answer, in Salesforce's order. `signature` is Base64 of HMAC-SHA256 over `id` and
 * `issued_at` with the consumer secret; there is no `expires_in`.
 */
export async function tokenResponse(request: TokenRequest, issue: Issue): Promise<Record<string, string>> {
  const { org, host } = request;
  const { app, user, scopes } = issue;
  const nowMs = org.now();
  const session = issue.session ?? (await openSession(request, issue, nowMs));
  if (issue.isShared) org.sessions.share(session);
  const id = org.identityUrl(user);
  const issuedAt = String(nowMs);
  const fields: Record<string, string> = { access_token: session.token };
  if (issue.refreshToken !== undefined) fields.refresh_token = issue.refreshToken;
  fields.signature = createHmac('sha256', app.clientSecret)
    .update(id + issuedAt)
    .digest('base64');
  fields.scope = scopes.join(' ');
  if (scopes.includes('openid')) fields.id_token = await idToken(org, host, issue, session);
  fields.instance_url = org.origins.mydomain;
  fields.id = id;
  fields.token_type = 'Bearer';
  fields.issued_at = issuedAt;
  if (session.format === 'jwt') {
    // Salesforce's own is https://api.salesforce.com: a client of the emulator must not be sent there.
    fields.api_instance_url = org.origins.mydomain;
    fields.token_format = 'jwt';
  }
  return fields;
}

async function openSession({ org, address }: TokenRequest, issue: Issue, issuedAtMs: number): Promise<Session> {
  const { app, user, scopes, grant } = issue;
  const timeoutMs = app.sessionTimeoutMs ?? org.settings.sessionTimeoutSeconds * 1000;
  const start = { app, user, scopes, issuedAtMs, timeoutMs, grant, address };
  if (app.jwtAccessToken === undefined) return org.sessions.open(start);
  const lifetimeMs = app.jwtAccessToken.lifetimeMs ?? timeoutMs;
  return org.sessions.open({ ...start, timeoutMs: lifetimeMs }, await accessTokenJwt(org, start, lifetimeMs));
}

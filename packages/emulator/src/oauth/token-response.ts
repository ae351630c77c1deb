import { createHmac, hash } from 'node:crypto';
import type { HostName } from '../http-message.ts';
import { signJwt } from '../jwt.ts';
import type { Org } from '../org.ts';
import type { Session } from '../sessions.ts';
import { SIGNING_KEY_ID } from '../signing-key.ts';
import type { Issue } from './token-request.ts';

const ID_TOKEN_LIFETIME_SECONDS = 120;

/**
 * The fields of a successful token answer, in Salesforce's order. `signature` is Base64 of HMAC-SHA256 over `id` and
 * `issued_at` with the consumer secret; there is no `expires_in`.
 */
export async function tokenResponse(org: Org, host: HostName, issue: Issue): Promise<Record<string, string>> {
  const nowMs = org.now();
  const { app, user, scopes, grant } = issue;
  const timeoutMs = app.sessionTimeoutMs ?? org.settings.sessionTimeoutSeconds * 1000;
  const session = issue.session ?? org.sessions.open({ app, user, scopes, issuedAtMs: nowMs, timeoutMs, grant });
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
  return fields;
}

async function idToken(org: Org, host: HostName, issue: Issue, session: Session): Promise<string> {
  const { privateKey } = await org.signingKey;
  const { user, app } = issue;
  const issuedAt = Math.floor(org.now() / 1000);
  const claims = {
    iss: org.origins[host],
    sub: org.identityUrl(user),
    aud: app.clientId,
    iat: issuedAt,
    exp: issuedAt + ID_TOKEN_LIFETIME_SECONDS,
    auth_time: Math.floor((issue.authenticatedAtMs ?? org.now()) / 1000),
    at_hash: Buffer.from(hash('sha256', session.token, 'buffer').subarray(0, 16)).toString('base64url'),
    ...(issue.nonce === undefined ? {} : { nonce: issue.nonce }),
    user_id: user.id,
    organization_id: org.id,
    preferred_username: user.username,
    name: `${user.firstName} ${user.lastName}`,
    email: user.email,
    email_verified: true,
  };
  return signJwt({ typ: 'JWT', kid: SIGNING_KEY_ID }, claims, privateKey);
}

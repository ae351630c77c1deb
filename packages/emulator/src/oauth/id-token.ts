import { hash } from 'node:crypto';
import type { Org } from '../org/org.ts';
import type { Session } from '../org/sessions.ts';
import type { HostName } from '../server/http-message.ts';
import { signJwt } from './jwt.ts';
import type { Issue } from './token-request.ts';
import { userClaims } from './userinfo.ts';

/**
 * An OpenID Connect ID token (Core section 2) for the host that was asked. Its life has nothing to do with that of the
 * access token.
 */
export async function idToken(org: Org, host: HostName, issue: Issue, session: Session): Promise<string> {
  const { keyId, privateKey } = await org.signingKeys.idTokenKey();
  const { user, app } = issue;
  const issuedAt = Math.floor(org.now() / 1000);
  const { audiences, lifetimeSeconds, hasStandardClaims } = app.idToken;
  const claims = {
    ...(hasStandardClaims ? userClaims(org, user) : {}),
    iss: org.origins[host],
    sub: org.identityUrl(user),
    aud: audiences.length === 0 ? app.clientId : [app.clientId, ...audiences],
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    auth_time: Math.floor((issue.authenticatedAtMs ?? org.now()) / 1000),
    at_hash: Buffer.from(hash('sha256', session.token, 'buffer').subarray(0, 16)).toString('base64url'),
    ...(issue.nonce === undefined ? {} : { nonce: issue.nonce }),
  };
  return signJwt({ typ: 'JWT', kid: keyId }, claims, privateKey);
}

import { opaqueText } from '../org/opaque-text.ts';
import type { Org } from '../org/org.ts';
import type { SessionStart } from '../org/sessions.ts';
import { signJwt } from './jwt.ts';

/** Salesforce dates `nbf` back by so much. */
const NOT_BEFORE_SECONDS = 15;

/**
 * A JWT access token as Salesforce's mobile SDKs know it: `iss` and `aud` are the My Domain, `sub` is `uid:` and the
 * user's id, `scp` the scopes, `sfi` a number of this token. It is verified with the keys at `/id/keys`.
 */
export async function accessTokenJwt(org: Org, start: SessionStart, lifetimeMs: number): Promise<string> {
  const { keyId, privateKey } = await org.signingKeys.accessTokenKey(start.issuedAtMs);
  const issuedAt = Math.floor(start.issuedAtMs / 1000);
  const header = {
    typ: 'JWT',
    kid: keyId,
    tnk: `core/${org.settings.instanceName.toLowerCase()}/${org.id}`,
    ver: '1.0',
    tty: 'sfdc-core-token',
  };
  const claims = {
    scp: start.scopes.join(' '),
    aud: [org.origins.mydomain],
    sub: `uid:${start.user.id}`,
    nbf: issuedAt - NOT_BEFORE_SECONDS,
    mty: 'oauth',
    sfi: opaqueText(org.random, 24),
    roles: [],
    iss: org.origins.mydomain,
    hsc: false,
    exp: issuedAt + Math.floor(lifetimeMs / 1000),
    iat: issuedAt,
    client_id: start.app.clientId,
  };
  return signJwt(header, claims, privateKey);
}

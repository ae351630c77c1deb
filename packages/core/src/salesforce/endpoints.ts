import type { Endpoints } from '../oauth/authorization-server.ts';

/** Salesforce's OAuth endpoints below a login URL (Salesforce Help, "OAuth Endpoints"). Experience Cloud sites have them below their path. */
export function salesforceEndpoints(loginUrl: string): Endpoints {
  return {
    issuer: loginUrl,
    authorization: `${loginUrl}/services/oauth2/authorize`,
    token: `${loginUrl}/services/oauth2/token`,
    revocation: `${loginUrl}/services/oauth2/revoke`,
    introspection: `${loginUrl}/services/oauth2/introspect`,
    jwks: `${loginUrl}/id/keys`,
  };
}

import { type AuthorizationServer, allowInsecureRequests } from 'oauth4webapi';

/** Where an authorization server's endpoints are; the part of RFC 8414 metadata that is used. */
export interface Endpoints {
  readonly issuer: string;
  readonly authorization: string;
  readonly token: string;
  readonly revocation: string;
  readonly introspection: string;
  readonly jwks: string;
}

/** The endpoints in the words of RFC 8414. */
export function serverMetadata(endpoints: Endpoints): AuthorizationServer {
  return {
    issuer: endpoints.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    revocation_endpoint: endpoints.revocation,
    introspection_endpoint: endpoints.introspection,
    jwks_uri: endpoints.jwks,
  };
}

/** Whether http is allowed was decided where the login URL was checked; here it follows from the URL. */
export function insecureIfHttp(url: string): { [allowInsecureRequests]?: boolean } {
  return url.startsWith('http://') ? { [allowInsecureRequests]: true } : {};
}

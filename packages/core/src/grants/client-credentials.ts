import type { Grant } from './grant.ts';

/**
 * The client credentials grant (RFC 6749 §4.4; Salesforce Help, "OAuth 2.0 Client Credentials Flow"): the app acts as its run-as user. Only at the org's My
 * Domain; scopes are chosen on the app; no refresh token.
 */
export function clientCredentials(): Grant {
  return {
    grantType: 'client_credentials',
    consumesCredential: false,
    parameters: async () => new URLSearchParams(),
  };
}

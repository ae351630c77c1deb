import type { Grant } from './grant.ts';

/**
 * The refresh token grant (RFC 6749 §6; Salesforce Help, "OAuth 2.0 Refresh Token Flow"). Salesforce takes no `scope` here. Where the app rotates, the
 * answer has the only token that works from then on, and `refreshToken` must never be presented again (RFC 9700 §4.14.2).
 */
export function refreshToken(token: string): Grant {
  return {
    grantType: 'refresh_token',
    consumesCredential: true,
    parameters: async () => new URLSearchParams({ refresh_token: token }),
  };
}

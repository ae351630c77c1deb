import type { Grant } from './grant.ts';

export interface AuthorizationCodeInput {
  /** The code, decoded exactly once. Works once, for 15 minutes. */
  readonly code: string;
  /** The same string as in the authorization request. */
  readonly redirectUri: string;
  /** Of the same attempt; `undefined` where the request had no challenge. */
  readonly codeVerifier: string | undefined;
}

/** The authorization code grant with PKCE (RFC 6749 §4.1.3, RFC 7636 §4.5; Salesforce Help, "OAuth 2.0 Web Server Flow"). */
export function authorizationCode({ code, redirectUri, codeVerifier }: AuthorizationCodeInput): Grant {
  return {
    grantType: 'authorization_code',
    consumesCredential: true,
    async parameters() {
      const parameters = new URLSearchParams({ code, redirect_uri: redirectUri });
      if (codeVerifier !== undefined) parameters.set('code_verifier', codeVerifier);
      return parameters;
    },
  };
}

/** All of it; the package brings no types. */
declare module 'salesforce-jwt-bearer-token-flow' {
  export interface TokenParameters {
    readonly iss: string;
    readonly sub: string;
    /** Also where the request goes: `/services/oauth2/token` is put behind it. */
    readonly aud: string;
    /** PEM. */
    readonly privateKey: string;
  }

  type Body = Readonly<Record<string, string>>;

  export function getToken(parameters: TokenParameters, callback: (error: Error | Body | null, token: Body | null) => void): void;
}

/** The little that is used of it; the package brings no types. */
declare module 'simple-oauth2' {
  export interface ModuleOptions {
    readonly client: { readonly id: string; readonly secret: string };
    readonly auth: {
      readonly tokenHost: string;
      readonly tokenPath: string;
      readonly revokePath?: string;
      readonly authorizePath?: string;
    };
    readonly options?: {
      readonly authorizationMethod?: 'header' | 'body';
      readonly credentialsEncodingMode?: 'strict' | 'loose';
      readonly bodyFormat?: 'form' | 'json';
    };
  }

  export interface HttpOptions {
    readonly json?: boolean | 'strict' | 'force';
  }

  export class AccessToken {
    readonly token: Readonly<Record<string, unknown>>;
    expired(expirationWindowSeconds?: number): boolean;
    refresh(parameters?: Readonly<Record<string, string>>): Promise<AccessToken>;
    revoke(tokenType: 'access_token' | 'refresh_token', options?: HttpOptions): Promise<unknown>;
  }

  export class AuthorizationCode {
    constructor(options: ModuleOptions);
    authorizeURL(parameters: Readonly<Record<string, string>>): string;
    getToken(parameters: Readonly<Record<string, string>>): Promise<AccessToken>;
    createToken(token: Readonly<Record<string, unknown>>): AccessToken;
  }

  export class ClientCredentials {
    constructor(options: ModuleOptions);
    getToken(parameters: Readonly<Record<string, string>>): Promise<AccessToken>;
  }
}

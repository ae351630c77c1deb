/** What a process with @salesforce/core in it is asked to do. */
export type CoreCommand =
  | {
      readonly do: 'login-jwt';
      readonly username: string;
      readonly clientId: string;
      readonly privateKeyFile: string;
      readonly loginUrl: string;
    }
  | { readonly do: 'login-refresh-token'; readonly clientId: string; readonly refreshToken: string; readonly loginUrl: string }
  | { readonly do: 'login-sfdx-url'; readonly url: string }
  | { readonly do: 'login-access-token'; readonly accessToken: string; readonly instanceUrl: string }
  | { readonly do: 'start-web-login'; readonly loginUrl: string; readonly clientId?: string }
  | { readonly do: 'finish-web-login' }
  | { readonly do: 'use'; readonly username: string }
  | { readonly do: 'query'; readonly username: string; readonly soql: string; readonly times?: number }
  | { readonly do: 'refresh-auth'; readonly username: string }
  | { readonly do: 'sfdx-url'; readonly username: string }
  | { readonly do: 'dev-hub'; readonly username: string }
  | { readonly do: 'front-door'; readonly username: string }
  | { readonly do: 'fields'; readonly username: string }
  | { readonly do: 'refused-attempts' };

export interface CoreRequest {
  readonly id: number;
  readonly command: CoreCommand;
}

/** What it answers. */
export interface CoreReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
}

import { type Emulator, signIn } from '@forcemint/emulator';
import { adminOf, appOf, CALLBACK } from './emulated-org.ts';

/** jsforce and @jsforce/jsforce-node, as far as both are used: their classes are the same but for private parts. */
export interface JsforceLibrary {
  connect(options: ConnectionOptions): JsforceConnection;
}

interface OAuth2Options {
  readonly loginUrl: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly redirectUri?: string;
  readonly useVerifier?: boolean;
}

export interface ConnectionOptions {
  readonly version?: string;
  readonly oauth2?: OAuth2Options;
  readonly instanceUrl?: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly refreshFn?: RefreshFunction;
}

export type RefreshFunction = (
  connection: unknown,
  callback: (error: Error | null, accessToken?: string, response?: TokenAnswer) => void,
) => void;

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly token_type: 'Bearer';
  readonly scope: string;
  readonly id: string;
  readonly signature: string;
  readonly issued_at: string;
  readonly instance_url: string;
}

interface JsforceOAuth2 {
  readonly codeVerifier?: string | null | undefined;
  getAuthorizationUrl(parameters: { scope?: string; state?: string }): string;
  requestToken(code: string): Promise<TokenAnswer>;
  refreshToken(token: string): Promise<TokenAnswer>;
  revokeToken(token: string): Promise<void>;
}

export type Fields = Readonly<Record<string, unknown>>;

interface QueryResult {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string | undefined;
  readonly records: readonly Fields[];
}

interface SaveResult {
  readonly success: boolean;
  readonly id?: string | undefined;
  readonly errors: readonly { readonly errorCode?: string; readonly statusCode?: string }[];
}

interface ObjectDescription {
  readonly name: string;
  readonly keyPrefix?: string | null | undefined;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly updateable: boolean }[];
}

interface JsforceObject {
  create(record: Fields): Promise<SaveResult>;
  retrieve(id: string): Promise<Fields>;
  update(record: { readonly Id: string; readonly [field: string]: unknown }): Promise<SaveResult>;
  destroy(id: string): Promise<SaveResult>;
  describe(): Promise<ObjectDescription>;
}

export interface JsforceConnection {
  readonly instanceUrl: string;
  readonly oauth2: JsforceOAuth2;
  readonly limitInfo: { readonly apiUsage?: { readonly used: number; readonly limit: number } };
  accessToken?: string | null | undefined;
  refreshToken?: string | null | undefined;
  authorize(codeOrParameters: string | { grant_type: string; [name: string]: string }): Promise<{ readonly id: string }>;
  on(event: 'refresh', listener: (accessToken: string, response?: TokenAnswer) => void): unknown;
  readonly tooling: { query(soql: string): PromiseLike<QueryResult> };
  query(soql: string, options?: { readonly autoFetch: boolean; readonly maxFetch: number }): PromiseLike<QueryResult>;
  queryMore(locator: string): PromiseLike<QueryResult>;
  describe(type: string): Promise<ObjectDescription>;
  describeGlobal(): Promise<{ readonly sobjects: readonly { readonly name: string }[] }>;
  create(type: string, records: Fields[], options?: { readonly allOrNone: boolean }): Promise<readonly SaveResult[]>;
  destroy(type: string, ids: string[]): Promise<readonly SaveResult[]>;
  sobject(type: string): JsforceObject;
  identity(): Promise<{ readonly organization_id: string; readonly username: string; readonly user_id: string }>;
  limits(): Promise<Readonly<Record<string, { readonly Max: number; readonly Remaining: number } | undefined>>>;
  request(url: string): PromiseLike<unknown>;
  logout(revoke?: boolean): Promise<void>;
}

export const VERSION = '66.0';

/** A connection of that app, not logged in yet; with jsforce's own PKCE verifier. */
export function connect(
  library: JsforceLibrary,
  emulator: Emulator,
  app: string,
  { loginUrl = emulator.loginUrl, useVerifier = true, ...options }: ConnectionOptions & Partial<OAuth2Options> = {},
): JsforceConnection {
  const { clientId, clientSecret } = appOf(emulator, app);
  const secret = clientSecret === undefined ? {} : { clientSecret };
  const oauth2 = { loginUrl, clientId, ...secret, redirectUri: CALLBACK, useVerifier };
  return library.connect({ version: VERSION, oauth2, ...options });
}

/** The admin logs in at the browser and allows; what comes back is the code. */
export async function obtainCode(emulator: Emulator, { oauth2 }: JsforceConnection, scope?: string): Promise<string> {
  const url = oauth2.getAuthorizationUrl({ state: 's', ...(scope === undefined ? {} : { scope }) });
  const callback = new URL(await signIn(url, adminOf(emulator)));
  return callback.searchParams.get('code') ?? '';
}

/** A connection that went through the web server flow. */
export async function logIn(
  library: JsforceLibrary,
  emulator: Emulator,
  app: string,
  scope = 'api refresh_token',
): Promise<JsforceConnection> {
  const connection = connect(library, emulator, app);
  await connection.authorize(await obtainCode(emulator, connection, scope));
  return connection;
}

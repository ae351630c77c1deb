import type { AccessToken } from '@forcemint/core/tokens/access-token';
import { fingerprint } from '@forcemint/core/tokens/access-token';

/** How `forcemint token` prints a token. */
export type TokenFormat = 'raw' | 'json' | 'header' | 'env' | 'curl';

export const TOKEN_FORMATS: readonly TokenFormat[] = ['raw', 'json', 'header', 'env', 'curl'];

/** Where a token came from: another process's or an earlier exchange, or one just now. */
type TokenOrigin = 'cache' | 'store' | 'exchange';

/** What a format may say beside the token itself. */
export interface AboutToken {
  readonly source: TokenOrigin;
  /** REST API version of the connection, e.g. `66.0`. */
  readonly apiVersion: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * A token as text, with a line end. `raw`: the value. `json`: everything known of it. `header`: an HTTP header. `env`: lines for `eval`.
 * `curl`: a configuration for `curl -K -`.
 */
export function formatToken(token: AccessToken, format: TokenFormat, about: AboutToken): string {
  switch (format) {
    case 'raw':
      return `${token.value}\n`;
    case 'header':
      return `Authorization: Bearer ${token.value}\n`;
    case 'env':
      return Object.entries(tokenEnvironment(token, about.apiVersion))
        .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
        .join('');
    case 'curl':
      return `header = "Authorization: Bearer ${token.value}"\n`;
    case 'json':
      return `${JSON.stringify(tokenJson(token, about))}\n`;
  }
}

/** What `exec` gives its child, and `--format env` prints. */
export function tokenEnvironment(
  token: Pick<AccessToken, 'value' | 'instanceUrl'>,
  apiVersion: string,
): Readonly<Record<string, string>> {
  return {
    SF_ACCESS_TOKEN: token.value,
    SF_INSTANCE_URL: token.instanceUrl,
    SF_API_VERSION: apiVersion,
    SALESFORCE_ACCESS_TOKEN: token.value,
    SALESFORCE_INSTANCE_URL: token.instanceUrl,
  };
}

/** The object that `token --json` prints; instants are epoch seconds. */
export function tokenJson(
  token: AccessToken,
  { source, nowMs }: Pick<AboutToken, 'source' | 'nowMs'>,
): Readonly<Record<string, string | number>> {
  return {
    connection: token.connection,
    access_token: token.value,
    token_type: token.tokenType,
    instance_url: token.instanceUrl,
    scope: token.scope,
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
    expires_in: Math.max(0, token.expiresAt - Math.floor(nowMs / 1000)),
    expiry_source: token.expirySource,
    fingerprint: fingerprint(token.value),
    source,
  };
}

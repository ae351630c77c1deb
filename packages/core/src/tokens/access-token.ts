import { createHash } from 'node:crypto';
import type { ExpirySource } from '../salesforce/expiry.ts';

/** A token that works, and where. Instants are epoch seconds. */
export interface AccessToken {
  /** Goes into `Authorization: Bearer …`. */
  readonly value: string;
  readonly tokenType: string;
  /** Origin of the org's REST API, without trailing slash. */
  readonly instanceUrl: string;
  /** Granted scopes, space separated. */
  readonly scope: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly expirySource: ExpirySource;
  /** Name of the connection. */
  readonly connection: string;
}

/** What is stored of an access token beside its sealed value. */
export interface AccessTokenDetails {
  readonly tokenType: string;
  readonly instanceUrl: string;
  readonly scope: string;
  /** Epoch seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly expirySource: ExpirySource;
  readonly fingerprint: string;
  /** 18 characters, `00D…`; absent where the answer had no `id`. */
  readonly organizationId?: string;
  /** 18 characters, `005…`. */
  readonly userId?: string;
  /** Somebody got a 401 with it: never handed out again. */
  readonly reportedInvalid?: boolean;
}

/** What asking for a token may say. */
export interface GetTokenOptions {
  /** The token must live at least this long; default 300, at most half of the token's life is asked for. */
  readonly minTtlSeconds?: number;
  /** For the audit: what the token is for. */
  readonly purpose?: string;
}

/** What asking for a renewal may say. */
export interface RenewOptions {
  /** Try the next client secret or private key, where one is staged, before the current one, which stays where it is refused. Default `false`. */
  readonly nextCredentialsFirst?: boolean;
}

/** The seam between those who need tokens and those who get them: in process, or over HTTP to a broker. */
export interface TokenSource {
  /** @throws AuthError */
  getToken(connection: string, options?: GetTokenOptions): Promise<AccessToken>;
  /**
   * "This token got a 401": renewed next time. Acts only if `rejected` is still the current token.
   * @param rejected the token's value, or its fingerprint
   */
  reportInvalid(connection: string, rejected: string): Promise<void>;
}

/** First 16 hex digits of SHA-256: what history, ledger and `report-invalid` speak of instead of tokens. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 16);
}

/** A token from so far ahead, in seconds, shows that the clock was set back since: how old it is nobody knows. Clocks of replicas differ by less. */
const FUTURE_SECONDS = 900;

/** Whether the clock was set back so far since the token came that its age is not known any more. */
export function isFromTheFuture({ issuedAt }: Pick<AccessTokenDetails, 'issuedAt'>, nowMs: number): boolean {
  return issuedAt - nowMs / 1000 > FUTURE_SECONDS;
}

/** Whether a token may be handed out to who needs `minTtlSeconds` of it; at most half of the token's life is asked for. */
export function livesLongEnough(details: AccessTokenDetails | undefined, minTtlSeconds: number, nowMs: number): boolean {
  if (details === undefined || details.reportedInvalid === true || isFromTheFuture(details, nowMs)) return false;
  const { issuedAt, expiresAt } = details;
  return expiresAt - nowMs / 1000 > Math.min(minTtlSeconds, (expiresAt - issuedAt) / 2);
}

/** A token handed out lives at least this long, in seconds, unless the caller says otherwise. */
export const DEFAULT_MIN_TTL_SECONDS = 300;

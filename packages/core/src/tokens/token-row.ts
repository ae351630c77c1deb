import type { AccessTokenDetails } from './access-token.ts';
import type { ExchangeRecord } from './exchange.ts';

/** The life of a connection's tokens as the store keeps it: one row for each connection. */
export interface TokenRow {
  readonly connectionId: string;
  /** Rises by one with each write of this row. */
  readonly revision: number;
  /** Of the refresh token: rises by one with each rotation or login, never falls. */
  readonly version: number;
  /** Of the access token: rises by one with each token that is published. */
  readonly generation: number;
  /** Where the exchange stands. Plain data, stored as JSON. */
  readonly exchange: ExchangeRecord;
  /** What is known of the access token, without its value. Plain data, stored as JSON. */
  readonly details?: AccessTokenDetails;
  /** Sealed, bound to `version`. */
  readonly refreshToken?: Uint8Array;
  /** Sealed, bound to `generation`. */
  readonly accessToken?: Uint8Array;
  /** Sealed raw answer that failed validation, bound to `version`: kept, not used. */
  readonly heldAnswer?: Uint8Array;
}

import type { SealPlace } from '../seal/envelope.ts';
import type { Seal } from '../seal/seal.ts';
import { type AccessToken, isFromTheFuture } from './access-token.ts';
import { newExchangeRecord } from './exchange.ts';
import type { TokenRow } from './token-row.ts';

function place(connectionId: string, column: string, version: number): SealPlace {
  return { table: 'tokens', row: connectionId, column, version };
}

/** Where the refresh token is sealed to: its version is part of the place. */
export function refreshTokenPlace(connectionId: string, version: number): SealPlace {
  return place(connectionId, 'refresh_token', version);
}

/** Where the access token is sealed to. The instance URL is part of the place, so that nobody can have the token sent elsewhere by changing the store. */
export function accessTokenPlace(connectionId: string, generation: number, instanceUrl: string): SealPlace {
  return place(connectionId, JSON.stringify(['access_token', instanceUrl]), generation);
}

/** Where an answer that failed validation is sealed to. */
export function heldAnswerPlace(connectionId: string, version: number): SealPlace {
  return place(connectionId, 'held_answer', version);
}

/** A connection's first token row: nothing yet, or an existing refresh token that is adopted as version 1, or as `version`. */
export function newTokenRow(connectionId: string, seal: Seal, refreshToken?: string, version = 1): TokenRow {
  const empty: TokenRow = { connectionId, revision: 1, version: 0, generation: 0, exchange: newExchangeRecord() };
  if (refreshToken === undefined) return empty;
  return { ...empty, version, refreshToken: seal.seal(refreshTokenPlace(connectionId, version), refreshToken) };
}

/** The refresh token in clear; `undefined` if the row has none. @throws StoreError `unsealing_failed` */
export function openRefreshToken(row: TokenRow, seal: Seal): string | undefined {
  return row.refreshToken && seal.open(refreshTokenPlace(row.connectionId, row.version), row.refreshToken);
}

/** The access token, ready to be handed out; `undefined` if there is none or it was reported invalid. @throws StoreError `unsealing_failed` */
export function openAccessToken(row: TokenRow, connection: string, seal: Seal): AccessToken | undefined {
  const { accessToken, details } = row;
  if (accessToken === undefined || details === undefined || details.reportedInvalid === true) return undefined;
  const { tokenType, instanceUrl, scope, issuedAt, expiresAt, expirySource } = details;
  const value = seal.open(accessTokenPlace(row.connectionId, row.generation, instanceUrl), accessToken);
  return Object.freeze({ value, tokenType, instanceUrl, scope, issuedAt, expiresAt, expirySource, connection });
}

/** Epoch milliseconds until which the row's access token lives; `undefined`: there is none that does, or nobody knows for how long. */
export function livesUntilMs(row: TokenRow, nowMs: number): number | undefined {
  const { details } = row;
  if (row.accessToken === undefined || details === undefined || details.reportedInvalid === true) return undefined;
  if (isFromTheFuture(details, nowMs)) return undefined;
  return details.expiresAt * 1000 > nowMs ? details.expiresAt * 1000 : undefined;
}

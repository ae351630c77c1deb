import type { TokenRow } from '../tokens/token-row.ts';
import type { ConnectionSettings } from './connection.ts';

/** Where a connection stands, in one word. */
export type ConnectionState =
  | 'new'
  | 'ready'
  | 'renewing'
  | 'failing'
  | 'unknown'
  | 'reauthorization-required'
  | 'held'
  | 'handed-over'
  | 'deleted';

/** Whether the grant lives on a refresh token: after a login, or an adopted one. */
export function usesRefreshToken({ grant }: Pick<ConnectionSettings, 'grant'>): boolean {
  return grant === 'authorization-code' || grant === 'refresh-token';
}

/** The state that follows from a token row. `failing`: passing trouble, or a refusal that a changed setting mends; the grant itself is intact. */
export function connectionState(settings: Pick<ConnectionSettings, 'grant'>, row: TokenRow, nowMs: number): ConnectionState {
  const { phase, failure } = row.exchange;
  if (phase === 'intent') return 'renewing';
  if (phase !== 'idle') return phase;
  if (failure !== undefined) return 'failing';
  const { details } = row;
  if (details === undefined) return 'new';
  const over = details.reportedInvalid === true || details.expiresAt * 1000 <= nowMs;
  return over && usesRefreshToken(settings) && row.refreshToken === undefined ? 'reauthorization-required' : 'ready';
}

import type { TokenRow } from '../tokens/token-row.ts';

/** Where a connection stands, in one word. */
export type ConnectionState =
  | 'new'
  | 'ready'
  | 'renewing'
  | 'failing'
  | 'unknown'
  | 'reauthorization-required'
  | 'held'
  | 'deleted';

/** The state that follows from a token row. `failing`: passing trouble, or a refusal that a changed setting mends; the grant itself is intact. */
export function connectionState(row: TokenRow): ConnectionState {
  const { phase, failure } = row.exchange;
  if (phase === 'intent') return 'renewing';
  if (phase !== 'idle') return phase;
  if (failure !== undefined) return 'failing';
  return row.accessToken === undefined && row.generation === 0 ? 'new' : 'ready';
}

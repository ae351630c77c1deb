import { type AuthError, MalformedResponseError, OAuthResponseError, StoreError, TransportError } from '../errors.ts';

/**
 * What a request that brought no tokens did to the refresh token it presented:
 * - `unsent`: not one byte of it left this machine;
 * - `rejected`: the server did not carry it out; the token is as it was;
 * - `busy`: another request is using the token up right now;
 * - `dead`: the server no longer accepts the token;
 * - `ambiguous`: it may have been carried out, and its answer is lost.
 */
export type Outcome = 'unsent' | 'rejected' | 'busy' | 'dead' | 'ambiguous';

/** All that decides an outcome. */
export interface Evidence {
  readonly error: AuthError;
  /** Whether the request was handed to the network at all. */
  readonly left: boolean;
  readonly presentsRefreshToken: boolean;
}

/** Only what is known for certain is `unsent`, `rejected` or `dead`; everything else is `ambiguous`. */
export function requestOutcome({ error, left, presentsRefreshToken }: Evidence): Outcome {
  const isKept = error instanceof StoreError && error.code === 'lease_lost';
  if (!left || isKept || (error instanceof TransportError && error.sent === 'no')) return 'unsent';
  if (error instanceof OAuthResponseError) return refusal(error, presentsRefreshToken);
  return error instanceof MalformedResponseError && isClientError(error.status) ? 'rejected' : 'ambiguous';
}

function refusal({ error, errorClass, status }: OAuthResponseError, presentsRefreshToken: boolean): Outcome {
  if (status >= 500) return 'ambiguous';
  if (errorClass === 'busy') return 'busy';
  const isDead = errorClass === 'dead' || (errorClass === 'unrecognized' && error === 'invalid_grant');
  return presentsRefreshToken && isDead ? 'dead' : 'rejected';
}

/** RFC 9110 §15.5: such a request was not carried out. A request that timed out (408) may have been. */
function isClientError(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

import type { Phase } from '@forcemint/core/tokens/exchange';
import { type GrantHistory, wasLost } from '../support/ledger-history.ts';
import type { FinalConnection, Standing, Summary } from './report.ts';

/** What the store says of a connection. */
export interface Stored {
  readonly phase: Phase;
  readonly reauthorization: string | undefined;
  /** Fingerprint. */
  readonly refreshToken: string | undefined;
}

/** At rest: the newest refresh token that was issued is in the store, or the connection says that its grant is lost. */
export function standing(stored: Stored, { issued }: GrantHistory): Standing {
  if (stored.phase === 'reauthorization-required') return 'lost-and-named';
  return stored.phase === 'idle' && stored.refreshToken === issued.at(-1) ? 'stored' : 'violated';
}

/**
 * Whether a connection may say that it needs a person: the server used its refresh token up and the answer never came, or the one permitted repetition
 * brought no answer either. A grant that the server had refused without that would be a living one that was thrown away.
 */
export function mayBeGivenUp(stored: Stored, history: GrantHistory): boolean {
  return stored.reauthorization === 'refresh_token_lost' || wasLost(history, stored.refreshToken ?? '');
}

export function isSound(connections: readonly FinalConnection[], violations: readonly string[]): boolean {
  return violations.length === 0 && connections.every((connection) => connection.standing !== 'violated');
}

/** 0: nothing was violated; 1: something was. */
export function exitCodeOf({ sound }: Pick<Summary, 'sound'>): 0 | 1 {
  return sound ? 0 : 1;
}

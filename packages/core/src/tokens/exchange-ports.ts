import type { Clock, ExchangeLock, Http, Keys, Random, Replicas, Spool, TokenStore } from '../ports.ts';
import type { HostPolicy } from '../salesforce/hosts.ts';
import type { Seal } from '../seal/seal.ts';
import type { Durations } from './durations.ts';
import type { Underway } from './underway.ts';

/** Everything that the life of a token needs and does not make itself. */
export interface ExchangePorts {
  readonly store: TokenStore;
  readonly seal: Seal;
  readonly lock: ExchangeLock;
  readonly spool: Spool;
  /** Present where several machines may use the store. */
  readonly replicas?: Replicas | undefined;
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keys;
  readonly policy: HostPolicy;
  readonly durations: Durations;
  readonly underway: Underway;
  /** Tells the operator of what is not an error of anybody's call. Never holds a secret. */
  warn(text: string): void;
}

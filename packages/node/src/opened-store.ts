import type { Clock, ExchangeLock, Random, Replicas, Spool, StoreCondition, TokenStore } from '@forcemint/core/ports';
import type { StoreMaintenance } from '@forcemint/core/store-maintenance';
import type { Paths } from './paths.ts';
import type { StoreLocation } from './store-location.ts';

/** A store with everything that belongs to it on this machine. */
export interface OpenedStore {
  readonly store: TokenStore & StoreMaintenance;
  /** For people: never with a password. */
  readonly url: string;
  readonly lock: ExchangeLock;
  readonly spool: Spool;
  readonly replicas: Replicas | undefined;
  /** Tells the other replicas that this one lives. */
  readonly beat: ((report: ReplicaReport) => Promise<Beat>) | undefined;
  /** Says to this machine that this process works with that master key, for as long as it does. */
  announce(masterKeyId: number): Disposable;
  /** Whether processes of this machine work with that master key. */
  isInUse(masterKeyId: number): boolean;
  close(): Promise<void>;
}

/** What a replica says of itself. */
export interface ReplicaReport {
  /** `MasterKey.id`. */
  readonly masterKeyId: number;
  /** Answers in its spool that another master key has sealed. */
  readonly formerEntries: number;
  /** The failover (what a beat gave as `replay`) since which everything that its spool has is in the store again. */
  readonly replayed?: string;
}

/** What the store answers. */
export interface Beat {
  readonly condition: StoreCondition;
  readonly generation: number;
  /** The database has failed over: what the spool has is to be compared with the store, and this given as `replayed`. */
  readonly replay: string | undefined;
}

export interface OpenStoreOptions {
  readonly location: StoreLocation;
  readonly paths: Pick<Paths, 'dataDir'>;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly clock: Clock;
  readonly random: Random;
}

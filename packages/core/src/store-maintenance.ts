import type { ConnectionRow, EventRow } from './connections/connection.ts';
import type { DataKeyRow, PendingRevocation, StoreCondition, StoredRow } from './ports.ts';
import type { TokenRow } from './tokens/token-row.ts';

/** A master key that was replaced, kept until nothing is sealed by it any more: processes that still have only it can go on. */
export interface FormerMasterKey {
  /** `MasterKey.id`. */
  readonly id: number;
  /** For `MasterKey.verifyCheck`. */
  readonly check: Uint8Array;
  /** The key itself, sealed by its successor: what it sealed can be opened with the successor alone. */
  readonly sealedKey: Uint8Array;
  /** Every data key of the store, wrapped by this master key. */
  readonly dataKeys: readonly DataKeyRow[];
  /** Epoch milliseconds. */
  readonly replacedAtMs: number;
}

/** The keys that a store's secrets are sealed with, each sealed itself. */
export interface StoredKeys {
  /** What only the master key opens; `undefined`: nothing was ever sealed here. */
  readonly check: Uint8Array | undefined;
  /** Wrapped by the master key, oldest first; values are sealed with the newest. */
  readonly dataKeys: readonly DataKeyRow[];
  /** Oldest first. */
  readonly former: readonly FormerMasterKey[];
}

/** The same content, sealed anew. Written only where the revisions are still those that were read; revisions rise by one. */
export interface ResealedRow {
  /** `undefined`: stays as it is. */
  readonly connection: ConnectionRow | undefined;
  /** `undefined`: stays as it is. */
  readonly token: TokenRow | undefined;
}

/** How much there is. */
export interface StoreSize {
  readonly connections: number;
  /** Tombstones included. */
  readonly tokens: number;
  readonly events: number;
  readonly revocations: number;
}

/** What the store says of itself. */
export interface StoreStanding {
  readonly storeId: string;
  /** What the operator calls it (`FORCEMINT_STORE_LABEL`), e.g. `production`. */
  readonly label: string | undefined;
  /** Rises with each process that opens it, and hourly: a copy that was made earlier has a lower one. */
  readonly generation: number;
  readonly condition: StoreCondition;
}

/** Another machine that uses the same store. */
export interface ReplicaRow {
  readonly id: string;
  /** Its name, for people. */
  readonly host: string;
  /** Milliseconds since it was last heard of, by the store's clock. */
  readonly silentForMs: number;
  /** `MasterKey.id` of the key it works with. */
  readonly masterKeyId: number;
  /** Answers in its spool that are sealed by another master key than the newest. */
  readonly formerEntries: number;
}

/**
 * What an operator does to a whole store, beside the `TokenStore` that everybody uses; both stores offer it. All methods throw `StoreError`. Writes are
 * atomic and durable when their promise resolves.
 */
export interface StoreMaintenance {
  readKeys(): Promise<StoredKeys>;
  /** Nothing was ever sealed here. */
  isEmpty(): Promise<boolean>;
  /** Binds the store to a master key, once. `false`: another process was first, and its keys stand; read them again. */
  initialise(first: { readonly check: Uint8Array; readonly dataKey: DataKeyRow }): Promise<boolean>;
  /** Adds a data key; `former`: the same key wrapped by former master keys, by their id. `false`: its id is taken. */
  addDataKey(dataKey: DataKeyRow, former: ReadonlyMap<number, DataKeyRow>): Promise<boolean>;
  /** `false` for an id that is not there. */
  deleteDataKey(id: number): Promise<boolean>;
  /**
   * Replaces the master key: its check and every wrapped data key; `former` joins those that were replaced before. `false`: the check is no longer
   * `expectedCheck`, or the data keys are not the same ids any more; nothing was written.
   */
  replaceMasterKey(
    next: { readonly check: Uint8Array; readonly dataKeys: readonly DataKeyRow[] },
    former: FormerMasterKey,
    expectedCheck: Uint8Array,
  ): Promise<boolean>;
  /** Forgets a former master key and what it wrapped. `false`: it was gone. */
  deleteFormerMasterKey(id: number): Promise<boolean>;

  standing(): Promise<StoreStanding>;
  /** Sets the condition where it is still `expected` (compared as JSON). After it resolves, no write that a stricter condition forbids can still be under way. */
  setCondition(next: StoreCondition, expected: StoreCondition): Promise<boolean>;
  setLabel(label: string): Promise<void>;
  /** @returns the generation after rising by one, or to `atLeast` if that is higher */
  raiseGeneration(atLeast?: number): Promise<number>;

  size(): Promise<StoreSize>;
  /** In the order of `seq`, from behind `after` on; at most `limit`. */
  pageEvents(after: number, limit: number): Promise<readonly EventRow[]>;
  /** In the order of their id, from behind `after` on; at most `limit`. */
  pageRevocations(after: string | undefined, limit: number): Promise<readonly PendingRevocation[]>;
  /** @returns for each whether it was written; one that others changed meanwhile was not */
  reseal(rows: readonly ResealedRow[]): Promise<readonly boolean[]>;
  /** `false`: another process has changed it (`tries`) or deleted it meanwhile. */
  resealRevocation(revocation: PendingRevocation): Promise<boolean>;
  /** Writes what was copied from another store, over whatever stands under the same ids; only while `filling`. Events keep their order, not their `seq`. */
  fill(content: {
    readonly rows?: readonly StoredRow[];
    readonly events?: readonly EventRow[];
    readonly revocations?: readonly PendingRevocation[];
  }): Promise<void>;
  /** Deletes every row, event and revocation; only while `filling`. */
  empty(): Promise<void>;
  /** What the database itself finds wrong with its files and indexes, and rows that can't be read; one line each. */
  checkIntegrity(): Promise<readonly string[]>;

  /** The other machines and this one; empty where the store is used by one machine only. */
  listReplicas(): Promise<readonly ReplicaRow[]>;
  /** Forgets a replica that will not come back. `false`: there is none of that id. */
  deleteReplica(id: string): Promise<boolean>;
}

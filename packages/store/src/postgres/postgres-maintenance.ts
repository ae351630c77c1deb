import type { EventRow } from '@forcemint/core/connections/connection';
import type { Clock, DataKeyRow, PendingRevocation, Random, StoreCondition, StoredRow } from '@forcemint/core/ports';
import type {
  FormerMasterKey,
  ReplicaRow,
  ResealedRow,
  StoredKeys,
  StoreMaintenance,
  StoreSize,
  StoreStanding,
} from '@forcemint/core/store-maintenance';
import type { Database } from './database.ts';
import { type Content, empty, fill } from './fill.ts';
import { checkIntegrity } from './integrity.ts';
import { deleteReplica, listReplicas } from './replica-rows.ts';
import { reseal, resealRevocation } from './reseal.ts';
import { Standing } from './standing.ts';
import { StoredKeyRows } from './stored-keys.ts';
import { WholeStore } from './whole-store.ts';

export interface PostgresParts {
  readonly database: Database;
  readonly storeId: string;
  readonly clock: Clock;
  readonly random: Random;
  /** What asks the server for its timeline. */
  readonly timeline: string;
}

/** What an operator does to a whole store in PostgreSQL. */
export abstract class PostgresMaintenance implements StoreMaintenance, AsyncDisposable {
  readonly storeId: string;
  protected readonly parts: PostgresParts;
  readonly #keys: StoredKeyRows;
  readonly #standing: Standing;
  readonly #whole: WholeStore;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(parts: PostgresParts) {
    this.storeId = parts.storeId;
    this.parts = parts;
    this.#keys = new StoredKeyRows(parts.database);
    this.#standing = new Standing(parts.database, parts.timeline);
    this.#whole = new WholeStore(parts.database);
  }

  readKeys(): Promise<StoredKeys> {
    return this.doing(() => this.#keys.read());
  }

  isEmpty(): Promise<boolean> {
    return this.doing(() => this.#keys.isEmpty());
  }

  initialise(first: { readonly check: Uint8Array; readonly dataKey: DataKeyRow }): Promise<boolean> {
    return this.doing(() => this.#keys.initialise(first));
  }

  /** `false` also where the master key was replaced since the keys were read: then `former` lacks one that stands in the store. */
  addDataKey(dataKey: DataKeyRow, former: ReadonlyMap<number, DataKeyRow>): Promise<boolean> {
    return this.doing(() => this.#keys.addDataKey(dataKey, former));
  }

  deleteDataKey(id: number): Promise<boolean> {
    return this.doing(() => this.#keys.deleteDataKey(id));
  }

  replaceMasterKey(
    next: { readonly check: Uint8Array; readonly dataKeys: readonly DataKeyRow[] },
    former: FormerMasterKey,
    expectedCheck: Uint8Array,
  ): Promise<boolean> {
    return this.doing(() => this.#keys.replaceMasterKey(next, former, expectedCheck));
  }

  deleteFormerMasterKey(id: number): Promise<boolean> {
    return this.doing(() => this.#keys.deleteFormerMasterKey(id));
  }

  standing(): Promise<StoreStanding> {
    return this.doing(() => this.#standing.read());
  }

  condition(): Promise<StoreCondition> {
    return this.doing(() => this.#standing.condition());
  }

  /** @throws TypeError for `failed-over`, which is not set but follows */
  setCondition(next: StoreCondition, expected: StoreCondition): Promise<boolean> {
    return this.doing(() => this.#standing.setCondition(next, expected));
  }

  setLabel(label: string): Promise<void> {
    return this.doing(() => this.#standing.setLabel(label));
  }

  raiseGeneration(atLeast?: number): Promise<number> {
    return this.doing(() => this.#standing.raiseGeneration(atLeast));
  }

  size(): Promise<StoreSize> {
    return this.doing(() => this.#whole.size());
  }

  pageRows(after: string | undefined, limit: number): Promise<readonly StoredRow[]> {
    return this.doing(() => this.#whole.pageRows(after, limit));
  }

  pageEvents(after: number, limit: number): Promise<readonly EventRow[]> {
    return this.doing(() => this.#whole.pageEvents(after, limit));
  }

  pageRevocations(after: string | undefined, limit: number): Promise<readonly PendingRevocation[]> {
    return this.doing(() => this.#whole.pageRevocations(after, limit));
  }

  /** Where the connection is cut, what became of it is not found out: the next reading of the rows shows it. */
  reseal(rows: readonly ResealedRow[]): Promise<readonly boolean[]> {
    return this.doing(() => reseal(this.parts.database, rows));
  }

  resealRevocation(revocation: PendingRevocation): Promise<boolean> {
    return this.doing(() => resealRevocation(this.parts.database, revocation));
  }

  /** One transaction for all that is given. */
  fill(content: Content): Promise<void> {
    return this.doing(() => fill(this.parts.database, content));
  }

  empty(): Promise<void> {
    return this.doing(() => empty(this.parts.database));
  }

  checkIntegrity(): Promise<readonly string[]> {
    return this.doing(() => checkIntegrity(this.parts.database, this.#whole));
  }

  listReplicas(): Promise<readonly ReplicaRow[]> {
    return this.doing(() => listReplicas(this.parts.database));
  }

  deleteReplica(id: string): Promise<boolean> {
    return this.doing(() => deleteReplica(this.parts.database, id));
  }

  /** Waits for the reads and writes under way, then closes the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underWay).then(() => this.close());
    return this.#closed;
  }

  protected close(): Promise<void> {
    return this.parts.database.close();
  }

  /** @throws TypeError when the store was closed */
  protected async doing<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new TypeError('this store was closed');
    const doing = work();
    this.#underWay.add(doing);
    try {
      return await doing;
    } finally {
      this.#underWay.delete(doing);
    }
  }
}

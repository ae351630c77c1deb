import { resealSpool } from '@forcemint/core/maintenance/spool-entries';
import type { StoreCondition } from '@forcemint/core/ports';
import type { OpenedKeys } from '@forcemint/core/seal/stored-keys';
import type { OpenedStore, ReplicaReport } from './opened-store.ts';
import type { StoreGuard } from './store-guard.ts';

export interface ReplicaDutiesOptions {
  readonly opened: OpenedStore;
  readonly guard: StoreGuard;
  readonly keys: OpenedKeys;
  /** Brings back what this machine's spool has and the store lacks. `false`: not all of it yet. */
  readonly replaySpool: () => Promise<boolean>;
}

/** What a replica owes the others: signs of life, and after a failover of the database whatever its spool still has. */
export class ReplicaDuties {
  readonly #options: ReplicaDutiesOptions;
  #broughtBackSinceMs: number | undefined;

  constructor(options: ReplicaDutiesOptions) {
    this.#options = options;
  }

  /** One sign of life, and what its answer asks for. @throws StoreError */
  async beat(): Promise<void> {
    const { opened, guard, replaySpool } = this.#options;
    if (opened.beat === undefined) return;
    const report = await this.#report();
    const { condition, generation, replay } = await opened.beat(report);
    await guard.noticed(generation);
    await this.#bringBackInto(condition);
    if (replay === undefined) return;
    // Whoever hears that everything is back may use what is stored: as long as one answer is not, the others wait.
    if (!(await replaySpool())) return;
    await opened.beat({ ...report, replayed: replay });
  }

  /** A store that was restored gets what this machine's spool has before its operator adopts it: others would take what it holds for the newest. */
  async #bringBackInto(condition: StoreCondition): Promise<void> {
    if (condition.is !== 'quarantined' || condition.why !== 'restored' || condition.sinceMs === this.#broughtBackSinceMs) return;
    if (await this.#options.replaySpool()) this.#broughtBackSinceMs = condition.sinceMs;
  }

  /** While a former master key is kept, what this machine's spool has from its time is sealed anew, so that the key can be forgotten. */
  async #report(): Promise<ReplicaReport> {
    const { opened, keys } = this.#options;
    const { spool, lock, store } = opened;
    const { former } = await store.readKeys();
    const isMine = former.some(({ id }) => id === keys.master.id);
    const formerEntries = former.length > 0 && !isMine ? await resealSpool({ spool, lock, store, seal: keys.seal }) : 0;
    // The machine is one replica, whatever processes it has: as long as one of them works with a former key, that key is kept.
    const inUse = former.find(({ id }) => opened.isInUse(id));
    return { masterKeyId: inUse?.id ?? keys.master.id, formerEntries };
  }
}

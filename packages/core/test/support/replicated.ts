import { StoreError } from '../../src/errors.ts';
import type { Clock, Replicas, Spool, SpooledAnswer } from '../../src/ports.ts';
import type { ExchangePorts } from '../../src/tokens/exchange-ports.ts';
import { DatabaseLock } from './database-lock.ts';
import { type MemoryDisk, MemorySpool } from './memory-ports.ts';

/** For how long an answer of a replica that was heard of is waited for, in milliseconds. */
export const AWAITED_MS = 600_000;

/** One database that several machines use: each has a spool and a heartbeat of its own, leases are kept by the database. */
export class Replicated {
  readonly #disk: MemoryDisk;
  readonly #database: Pick<Clock, 'nowMs'>;
  readonly #spools = new Map<string, Map<string, SpooledAnswer>>();
  readonly #silentSinceMs = new Map<string, number>();
  /** Answers are staged in the database, too. */
  stagesInDatabase = false;

  /** @param database its clock */
  constructor(disk: MemoryDisk, database: Pick<Clock, 'nowMs'>) {
    this.#disk = disk;
    this.#database = database;
  }

  /** What a process of that machine uses. */
  portsOf(replicaId: string, machine: Clock): Pick<ExchangePorts, 'lock' | 'spool' | 'replicas'> {
    return {
      lock: new DatabaseLock(this.#disk, this.#database, machine),
      spool: this.#spoolOf(replicaId),
      replicas: this.#replicasOf(replicaId),
    };
  }

  /** What the machine's own spool has; nobody else can see it. */
  entriesOf(replicaId: string): Map<string, SpooledAnswer> {
    const entries = this.#spools.get(replicaId) ?? new Map<string, SpooledAnswer>();
    this.#spools.set(replicaId, entries);
    return entries;
  }

  /** The machine is not heard of from now on. */
  fallsSilent(replicaId: string): void {
    if (!this.#silentSinceMs.has(replicaId)) this.#silentSinceMs.set(replicaId, this.#database.nowMs());
  }

  isHeard(replicaId: string): void {
    this.#silentSinceMs.delete(replicaId);
  }

  /** Milliseconds for which the machine may still come with an answer. */
  answersForMs(replicaId: string): number {
    const sinceMs = this.#silentSinceMs.get(replicaId) ?? this.#database.nowMs();
    return Math.max(0, AWAITED_MS - (this.#database.nowMs() - sinceMs));
  }

  #replicasOf(ownId: string): Replicas {
    return { ownId, answersForMs: async (replicaId) => this.answersForMs(replicaId) };
  }

  #spoolOf(replicaId: string): Spool {
    const disk = this.#disk;
    const own = new MemorySpool({
      spool: this.entriesOf(replicaId),
      get beforeWrite() {
        return disk.beforeWrite;
      },
    });
    return {
      reserve: () => own.reserve(),
      write: async (answer) => {
        if (this.stagesInDatabase) disk.staged.set(answer.connectionId, answer);
        await own.write(answer);
      },
      read: async (id) => [...(await own.read(id)), ...[disk.staged.get(id)].filter((answer) => answer !== undefined)],
      clear: async (id) => {
        disk.staged.delete(id);
        await own.clear(id);
      },
      discard: async (id) => {
        disk.staged.delete(id);
        await own.discard(id);
      },
      entries: () => own.entries(),
    };
  }
}

/** A store whose commit was cut: whether it was done, who wrote cannot know. */
export function commitCut(): StoreError {
  return new StoreError('store_unavailable', 'synthetic: the connection was lost at COMMIT', { retryable: true });
}

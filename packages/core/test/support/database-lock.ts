import type { Clock, ExchangeLease, ExchangeLock } from '../../src/ports.ts';
import type { MemoryDisk } from './memory-ports.ts';

/** The wall clock went this much further than the monotonic one: the machine slept, and its monotonic clock with it. */
const SUSPENDED_MS = 5_000;

/** Leases that a database keeps: they run out by its clock, and whoever comes then takes them; a holder counts by its own monotonic clock. */
export class DatabaseLock implements ExchangeLock {
  readonly #disk: MemoryDisk;
  readonly #database: Pick<Clock, 'nowMs'>;
  readonly #machine: Pick<Clock, 'nowMs' | 'monotonicMs'>;

  /** @param database its clock; @param machine the clock of who takes leases */
  constructor(disk: MemoryDisk, database: Pick<Clock, 'nowMs'>, machine: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.#disk = disk;
    this.#database = database;
    this.#machine = machine;
  }

  async tryAcquire(connectionId: string, forMs: number): Promise<ExchangeLease | undefined> {
    const { leases, condition } = this.#disk;
    const nowMs = this.#database.nowMs();
    if ((leases.get(connectionId)?.untilMs ?? 0) > nowMs) return undefined;
    this.#disk.leaseCount += 1;
    const id = `lease-${this.#disk.leaseCount}`;
    leases.set(connectionId, { id, untilMs: nowMs + forMs });
    const claimed = { wallMs: this.#machine.nowMs(), monotonicMs: this.#machine.monotonicMs() };
    let isOver = false;
    return {
      id,
      condition,
      remainingMs: () => {
        const passedMs = this.#machine.monotonicMs() - claimed.monotonicMs;
        if (passedMs >= forMs || this.#machine.nowMs() - claimed.wallMs - passedMs >= SUSPENDED_MS) isOver = true;
        return isOver ? 0 : forMs - passedMs;
      },
      release: async () => {
        isOver = true;
        if (leases.get(connectionId)?.id === id) leases.delete(connectionId);
      },
    };
  }
}

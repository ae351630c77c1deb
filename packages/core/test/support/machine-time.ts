import type { ManualClock } from './manual-clock.ts';

/** The clocks of one machine and of Salesforce: they run together, but for jumps of the machine's wall clock and for suspension. */
export class MachineTime {
  readonly machine: ManualClock;
  readonly salesforce: ManualClock;
  /** By how much the wall clock was set forward in all, in milliseconds. */
  jumpedForwardMs = 0;
  /** When clocks or processes were last disturbed, in true time. */
  disturbedMs = Number.NEGATIVE_INFINITY;

  constructor(machine: ManualClock, salesforce: ManualClock) {
    this.machine = machine;
    this.salesforce = salesforce;
  }

  /** Time that nothing disturbs. */
  get trueMs(): number {
    return this.salesforce.monotonicMs();
  }

  /** The machine's wall clock is set wrong, or right again. */
  jump(byMs: number): void {
    this.machine.jump(byMs);
    this.jumpedForwardMs += Math.max(0, byMs);
    this.disturbedMs = this.trueMs;
  }

  /** By how much the wall clock is wrong. */
  get wrongByMs(): number {
    return this.machine.nowMs() - this.salesforce.nowMs();
  }

  /** The machine sleeps: its monotonic clock stands still, its wall clock does not, and the rest of the world goes on. */
  async suspend(durationMs: number): Promise<void> {
    this.machine.jump(durationMs);
    await this.#run(durationMs, [this.salesforce], async () => undefined);
    this.disturbedMs = this.trueMs;
  }

  /** Time passes; between two sleepers that wake `settle` lets everything run that can. */
  async pass(durationMs: number, settle: () => Promise<void>): Promise<void> {
    await this.#run(durationMs, [this.machine, this.salesforce], settle);
  }

  async #run(durationMs: number, clocks: readonly ManualClock[], settle: () => Promise<void>): Promise<void> {
    for (let leftMs = durationMs; leftMs > 0; ) {
      const dueInMs = Math.min(...clocks.map((clock) => clock.nextWakeInMs() ?? leftMs));
      const stepMs = Math.min(dueInMs, leftMs);
      for (const clock of clocks) clock.advance(stepMs);
      leftMs -= stepMs;
      await settle();
    }
  }
}

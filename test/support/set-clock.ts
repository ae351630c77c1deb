import type { Clock } from '@forcemint/core/ports';
import { assembleForcemint } from '@forcemint/node/assemble';
import { systemClock } from '@forcemint/node/clock';
import type { Forcemint, OpenOptions } from '@forcemint/node/forcemint';
import { openPorts } from '@forcemint/node/open-ports';

/** This machine's clock, whose wall time somebody sets, or that a suspended machine has slept through: the monotonic one takes no notice. */
export class SetClock implements Clock {
  #aheadMs = 0;

  /** Moves the wall clock by so much, or back where it is negative. */
  jump(byMs: number): void {
    this.#aheadMs += byMs;
  }

  nowMs(): number {
    return systemClock.nowMs() + this.#aheadMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(durationMs, signal);
  }

  rest(durationMs: number, signal?: AbortSignal): Promise<void> {
    return systemClock.rest(durationMs, signal);
  }
}

export async function openWithClock(clock: Clock, options: OpenOptions): Promise<Forcemint> {
  const { ports, close } = await openPorts(options);
  return assembleForcemint({ ports: { ...ports, clock }, close, renewAhead: options.renewAhead ?? true });
}

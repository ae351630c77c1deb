import type { Clock } from '@forcemint/core/ports';
import { clock } from './machine.ts';

/** A clock whose hands are moved by the test; waiting goes by the real one. */
export class SetClock implements Clock {
  wallMs = 1_700_000_000_000;
  passedMs = 0;
  readonly sleep = clock.sleep;
  readonly rest = clock.rest;

  nowMs(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.passedMs;
  }

  /** Both clocks go on. */
  advance(durationMs: number): void {
    this.wallMs += durationMs;
    this.passedMs += durationMs;
  }
}

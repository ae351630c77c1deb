import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthError, type Clock } from '@forcemint/core';
import { assembleForcemint } from '@forcemint/node/assemble';
import { openPorts } from '@forcemint/node/open-ports';
import type { StoreHome } from '../support/stored-row.ts';

/** What it is told first. */
export interface Service {
  readonly at: StoreHome;
  readonly timesAsFast: number;
  readonly names: readonly string[];
  readonly extraHosts: readonly string[];
}

/** What a service has seen of its tokens. */
export interface Seen {
  readonly tokens: number;
  /** Handed out although they were over. */
  readonly over: number;
  /** Codes of errors that callers got, counted. */
  readonly errors: Readonly<Record<string, number>>;
}

/**
 * A service for which the wall clock runs so many times as fast: it uses all of its connections without pause, and renews ahead of time. It tells what it
 * has seen whenever it is asked.
 */
const [{ at, timesAsFast, names, extraHosts }]: [Service] = (await once(process, 'message')) as [Service];
const startedMs = Date.now();
const fast = (clock: Clock): Clock => ({ ...clock, nowMs: () => startedMs + (clock.nowMs() - startedMs) * timesAsFast });

const { ports, close } = await openPorts({ ...at, extraHosts, env: {}, durations: { renewalTickMs: 50 } });
const clock = fast(ports.clock);
const forcemint = assembleForcemint({ ports: { ...ports, clock }, close, renewAhead: true });

let tokens = 0;
let over = 0;
const errors: Record<string, number> = {};

async function use(name: string): Promise<void> {
  for (;;) {
    try {
      const { expiresAt } = await forcemint.getToken(name);
      tokens += 1;
      if (expiresAt * 1000 <= clock.nowMs()) over += 1;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      errors[error.code] = (errors[error.code] ?? 0) + 1;
    }
    await sleep(100);
  }
}

for (const name of names) void use(name);
process.on('message', () => process.send?.({ tokens, over, errors } satisfies Seen));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

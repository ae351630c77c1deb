import type { ConnectionRow } from '../connections/connection.ts';
import { usesRefreshToken } from '../connections/state.ts';
import { TransportError } from '../errors.ts';
import type { ExchangeLease } from '../ports.ts';
import { refuseBarred } from '../tokens/bars.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';

/**
 * Runs `work` with the connection's exchange lock held, so that no exchange is under way meanwhile.
 * @throws TransportError `renewal_in_progress`; StoreError where the store's condition forbids it
 */
export function withExchangeLock<T>(
  ports: Pick<ExchangePorts, 'lock' | 'clock' | 'durations' | 'underway'>,
  connection: ConnectionRow,
  work: (lease: ExchangeLease) => Promise<T>,
): Promise<T> {
  return ports.underway.run(() => locked(ports, connection, work));
}

async function locked<T>(
  { lock, clock, durations }: Pick<ExchangePorts, 'lock' | 'clock' | 'durations'>,
  connection: ConnectionRow,
  work: (lease: ExchangeLease) => Promise<T>,
): Promise<T> {
  const giveUpAtMs = clock.monotonicMs() + durations.leaseMs;
  for (;;) {
    const lease = await lock.tryAcquire(connection.id, durations.leaseMs);
    if (lease !== undefined) {
      try {
        refuseBarred(lease.condition, usesRefreshToken(connection.settings));
        return await work(lease);
      } finally {
        await lease.release();
      }
    }
    if (clock.monotonicMs() > giveUpAtMs) {
      throw new TransportError(
        'renewal_in_progress',
        'no',
        `${connection.name} is being renewed by another process for too long.`,
        {
          diagnosis: {
            cause: 'The process that holds the exchange lock neither finishes nor dies.',
            fix: ['Find it and end it: its lock is free at once, or when its lease has run out.'],
            who: 'operator',
            retry: 'wait',
          },
        },
      );
    }
    await clock.sleep(durations.pollMs);
  }
}

import type { ConnectionRow } from '../connections/connection.ts';
import { TransportError } from '../errors.ts';
import type { ExchangePorts } from '../tokens/exchange-ports.ts';

/** Runs `work` with the connection's exchange lock held, so that no exchange is under way meanwhile. @throws TransportError `renewal_in_progress` */
export function withExchangeLock<T>(
  ports: Pick<ExchangePorts, 'lock' | 'clock' | 'durations' | 'underway'>,
  connection: ConnectionRow,
  work: () => Promise<T>,
): Promise<T> {
  return ports.underway.run(() => locked(ports, connection, work));
}

async function locked<T>(
  { lock, clock, durations }: Pick<ExchangePorts, 'lock' | 'clock' | 'durations'>,
  connection: ConnectionRow,
  work: () => Promise<T>,
): Promise<T> {
  const giveUpAtMs = clock.monotonicMs() + durations.leaseMs;
  for (;;) {
    const lease = await lock.tryAcquire(connection.id);
    if (lease !== undefined) {
      try {
        return await work();
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
            fix: ['Find it and end it: the lock is freed by the kernel at once.'],
            who: 'operator',
            retry: 'wait',
          },
        },
      );
    }
    await clock.sleep(durations.pollMs);
  }
}

import type { ConnectionEvent } from '../connections/connection.ts';
import { StoreError } from '../errors.ts';
import type { PendingRevocation } from '../ports.ts';
import type { ExchangePorts } from './exchange-ports.ts';
import type { TokenRow } from './token-row.ts';

/** For how long a store that fails is tried again before the answer is left to the spool, in milliseconds. */
const KEEP_TRYING_MS = 5_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/** What follows from an answer. */
export interface AnswerToPersist {
  readonly row: TokenRow;
  readonly events: readonly ConnectionEvent[];
  readonly revocations: readonly PendingRevocation[];
}

/**
 * Writes the row that an answer led to. An answer is worth more than a moment: a store that is locked or full is tried again for a while, because
 * until then only spool and memory have it.
 * @returns `false` if another write came first
 * @throws StoreError when the store keeps failing
 */
export async function persistAnswer(
  ports: Pick<ExchangePorts, 'store' | 'clock'>,
  { row, events, revocations }: AnswerToPersist,
  expectedRevision: number,
): Promise<boolean> {
  const { store, clock } = ports;
  const giveUpAtMs = clock.monotonicMs() + KEEP_TRYING_MS;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await store.updateToken(row, expectedRevision, events, revocations);
    } catch (error) {
      if (!(error instanceof StoreError) || clock.monotonicMs() + delayMs > giveUpAtMs) throw error;
      await clock.sleep(delayMs);
    }
  }
}

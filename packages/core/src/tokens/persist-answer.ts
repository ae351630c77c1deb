import { StoreError } from '../errors.ts';
import type { ExchangePorts } from './exchange-ports.ts';

/** For how long a store that fails is tried again before the answer is left to the spool, in milliseconds. */
const KEEP_TRYING_MS = 5_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/**
 * Does what stores an answer. An answer is worth more than a moment: a store that is locked or full is tried again for a while and, as long as the spool
 * doesn't have the answer either, for as long as it takes: then this process is all that has it.
 * @param isStaged tries once more to put the answer into the spool; `true` where it is there, or where nothing is lost with it
 * @throws StoreError when the store keeps failing and the answer is safe
 */
export async function persistAnswer<T>(
  { clock, warn }: Pick<ExchangePorts, 'clock' | 'warn'>,
  store: () => Promise<T>,
  isStaged: () => Promise<boolean>,
): Promise<T> {
  const giveUpAtMs = clock.monotonicMs() + KEEP_TRYING_MS;
  let isTold = false;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await store();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (clock.monotonicMs() + delayMs > giveUpAtMs) {
        if (await isStaged()) throw error;
        if (!isTold)
          warn(`a new token can be neither staged nor stored; this process keeps it and goes on trying: ${error.message}`);
        isTold = true;
      }
      await clock.sleep(delayMs);
    }
  }
}

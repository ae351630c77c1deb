import { type AccessToken, DURATIONS, errorFrom, type GetTokenOptions, type RenewOptions, TransportError } from '@forcemint/core';

import type { Forcemint } from '@forcemint/node';
import type { Context } from './context.ts';
import { withProgress } from './terminal/progress.ts';

/** Longer than any exchange, here or in another process, may take. */
const PATIENCE_MS = DURATIONS.leaseMs + DURATIONS.callerWaitMs;

/**
 * A token. Where an exchange takes longer than the library lets a caller wait, this goes on waiting: the exchange runs in this very process.
 * @throws AuthError; Interrupted
 */
export async function getTokenPatiently(
  context: Context,
  forcemint: Forcemint,
  name: string,
  options: GetTokenOptions = {},
): Promise<AccessToken> {
  return asking(context, name, async () => {
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await forcemint.getToken(name, options);
      } catch (error) {
        if (!isInProgress(error) || performance.now() > giveUpAtMs) throw error;
        await forcemint.idle();
      }
    }
  });
}

/**
 * One exchange now, waited for to its end.
 * @throws AuthError; Interrupted
 */
export async function renewPatiently(
  context: Context,
  forcemint: Forcemint,
  name: string,
  options: RenewOptions = {},
): Promise<AccessToken> {
  return asking(context, name, async () => {
    const before = await forcemint.status(name);
    try {
      return await forcemint.renew(name, options);
    } catch (error) {
      if (!isInProgress(error)) throw error;
      await forcemint.idle();
      const after = await forcemint.status(name);
      if (after.token !== undefined && after.token.fingerprint !== before.token?.fingerprint) {
        return await forcemint.getToken(name, { minTtlSeconds: 0 });
      }
      throw after.failure === undefined ? error : errorFrom(after.failure);
    }
  });
}

function asking<T>(context: Context, name: string, work: () => Promise<T>): Promise<T> {
  const { output, interrupts } = context;
  return interrupts.protect(() => withProgress(output, `getting a token for ${name}`, work));
}

function isInProgress(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'renewal_in_progress';
}

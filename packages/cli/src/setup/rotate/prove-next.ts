import { AuthError, ConfigurationError, type ConnectionStatus, ReauthorizationRequired, StoreError } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import type { Context } from '../../context.ts';
import { renewPatiently } from '../../patience.ts';
import { inTheWay } from '../prove.ts';
import { type Waiting, waitingFor } from '../waiting.ts';

/** Just over the interval of forced renewals. */
const EVERY_MS = 31_000;

/** What the proof does and needs. */
export interface NextTries extends Waiting {
  /** One exchange with the staged credential first. @returns whether it has been taken @throws AuthError */
  readonly tryNext: () => Promise<boolean>;
}

/** Tries the staged credential until Salesforce takes it; meanwhile the current one serves. @returns `false`: not within `waitMs` */
export async function proveNext(waitMs: number, { tryNext, nowMs, pause, tell }: NextTries): Promise<boolean> {
  const giveUpAtMs = nowMs() + waitMs;
  let told: string | undefined;
  for (;;) {
    let what = 'Salesforce does not take the new one yet; the old one serves meanwhile';
    try {
      if (await tryNext()) return true;
    } catch (error) {
      if (!(error instanceof AuthError) || isHopeless(error)) throw error;
      what = inTheWay(error);
    }
    if (what !== told) tell(what);
    told = what;
    if (nowMs() + EVERY_MS > giveUpAtMs) return false;
    await pause(EVERY_MS);
  }
}

/** What waiting does not mend. */
function isHopeless(error: AuthError): boolean {
  if (error instanceof ConfigurationError) return error.code !== 'answer_held';
  return error instanceof ReauthorizationRequired || (error instanceof StoreError && !error.retryable);
}

/** Whether a credential waits to take the place of the current one. */
export function hasStaged({ secretNames }: ConnectionStatus): boolean {
  return secretNames?.some((name) => name === 'nextPrivateKey' || name === 'nextClientSecret') === true;
}

/** Tries on a terminal, which shows that it goes on. */
export function nextTriesOf(context: Context, forcemint: Forcemint, name: string): NextTries {
  return {
    tryNext: async () => {
      await renewPatiently(context, forcemint, name, { nextCredentialsFirst: true });
      return !hasStaged(await forcemint.status(name));
    },
    ...waitingFor(context, `Salesforce to take the new credential of ${name}`),
  };
}

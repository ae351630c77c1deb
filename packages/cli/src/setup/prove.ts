import { type AccessToken, AuthError, type ConnectionRow, OAuthResponseError } from '@forcemint/core';
import type { Forcemint } from '@forcemint/node';
import type { Context } from '../context.ts';
import { NotedError } from '../noted-error.ts';
import { getTokenPatiently } from '../patience.ts';
import { type Approval, approvalAdvice, approvalOf, inviteToApprove, isUnapproved, type OpenBrowser } from './approval.ts';
import { type Waiting, waitingFor } from './waiting.ts';

/** Slower than the budget of token requests allows, so that there is always one for a person. */
const EVERY_MS = 20_000;

/** What the proof does and needs. */
export interface Tries extends Waiting {
  readonly getToken: () => Promise<AccessToken>;
  /** What a user may have to approve; absent where there is nothing to. */
  readonly approval?: Approval | undefined;
  /** Asks for it. */
  readonly invite?: (approval: Approval) => Promise<void>;
}

/**
 * Tries until a token comes: a new app takes 2 to 10 minutes to be known, and what is missing is mended meanwhile.
 * @throws NotedError with the last refusal when `waitMs` is over; what is not an `AuthError` at once
 */
export async function proveUntil(name: string, waitMs: number, tries: Tries): Promise<AccessToken> {
  const { getToken, nowMs, pause, tell, invite } = tries;
  const giveUpAtMs = nowMs() + waitMs;
  let told: string | undefined;
  for (;;) {
    let refusal: AuthError;
    try {
      return await getToken();
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      refusal = error;
    }
    const approval = isUnapproved(refusal) ? tries.approval : undefined;
    if (nowMs() + EVERY_MS > giveUpAtMs) {
      const fix = refusal.diagnosis?.fix ?? [];
      const first = approval === undefined ? [] : [approvalAdvice(approval)];
      throw new NotedError(refusal, [...first, ...fix, `Then try again: forcemint setup ${name} --prove`]);
    }
    const what = inTheWay(refusal);
    if (what !== told) {
      tell(what);
      if (approval !== undefined) await invite?.(approval);
    }
    told = what;
    await pause(EVERY_MS);
  }
}

/**
 * Tries on a terminal, which shows that it goes on.
 * @param open `undefined`: addresses are shown, and not opened
 */
export function triesOf(
  context: Context,
  forcemint: Forcemint,
  { name, settings }: ConnectionRow,
  open: OpenBrowser | undefined,
): Tries {
  return {
    getToken: () => getTokenPatiently(context, forcemint, name),
    ...waitingFor(context, `the app of ${name} to be known at Salesforce`),
    approval: approvalOf(settings),
    invite: (approval) => inviteToApprove(context.output, approval, open),
  };
}

/** What stands in the way, in one line. */
export function inTheWay(refusal: AuthError): string {
  const { id, cause } = refusal.diagnosis ?? { cause: refusal.message };
  const code = refusal instanceof OAuthResponseError ? `${refusal.error}: ` : '';
  return `${code}${cause}${id === undefined ? '' : ` (forcemint why ${id})`}`;
}

import type { LedgerEntry } from '@forcemint/emulator';

/** What the ledger says of one grant: the refresh tokens in the order in which they were issued, and who presented them when. */
export interface GrantHistory {
  /** Fingerprints, the adopted one first. */
  readonly issued: readonly string[];
  readonly requests: readonly LedgerEntry[];
}

/** Follows a grant from the token that was adopted through every rotation. */
export function historyOf(ledger: readonly LedgerEntry[], adopted: string): GrantHistory {
  const issued = [adopted];
  const requests: LedgerEntry[] = [];
  for (const entry of ledger) {
    if (entry.presented === null || !issued.includes(entry.presented)) continue;
    requests.push(entry);
    if (entry.issued !== null) issued.push(entry.issued);
  }
  return { issued, requests };
}

/**
 * What a history must never show; empty = sound.
 * - A token that is not the newest is presented only as the one repetition of a request whose answer never came.
 * - That repetition comes `leastWaitMs` after the request at the earliest.
 * - No two requests of the grant overlap.
 */
export function violations({ issued, requests }: GrantHistory, leastWaitMs: number): string[] {
  const found: string[] = [];
  const presentedAt = new Map<string, number[]>();
  let newest = issued[0];
  requests.forEach((request, index) => {
    const { seq, startedAtMs, presented } = request;
    const times = presentedAt.get(presented ?? '') ?? [];
    const previous = requests[index - 1];
    if (times.length >= 2) found.push(`#${seq}: presented ${times.length + 1} times`);
    if (presented !== newest && previous?.presented !== presented) found.push(`#${seq}: an old token after a newer one was used`);
    const last = times.at(-1);
    if (last !== undefined && startedAtMs - last < leastWaitMs)
      found.push(`#${seq}: repeated after ${Math.round(startedAtMs - last)} ms; ${leastWaitMs} ms is the least`);
    if (previous !== undefined && (previous.endedAtMs ?? Number.POSITIVE_INFINITY) > startedAtMs)
      found.push(`#${seq}: overlaps #${previous.seq}`);
    presentedAt.set(presented ?? '', [...times, startedAtMs]);
    newest = request.issued ?? newest;
  });
  return found;
}

/** Whether the server used this token up and its successor was never presented: the grant was lost with an answer. */
export function wasLost({ requests }: GrantHistory, stored: string): boolean {
  const spent = requests.find(({ presented, consumed }) => presented === stored && consumed);
  return spent !== undefined && !requests.some(({ presented }) => presented === spent.issued);
}

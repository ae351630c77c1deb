import type { LedgerEntry } from '@forcemint/emulator';

/** What the ledger says of one grant: the refresh tokens in the order in which they were issued, and who presented them when. */
export interface GrantHistory {
  /** Fingerprints, the adopted one first. */
  readonly issued: readonly string[];
  readonly requests: readonly LedgerEntry[];
}

/** Follows a grant from the token that was adopted through every rotation. */
export function historyOf(ledger: readonly LedgerEntry[], adopted: string): GrantHistory {
  const issued = new Set([adopted]);
  const requests: LedgerEntry[] = [];
  for (const entry of ledger) {
    if (entry.presented === null || !issued.has(entry.presented)) continue;
    requests.push(entry);
    if (entry.issued !== null) issued.add(entry.issued);
  }
  return { issued: [...issued], requests };
}

/** Salesforce's answer while another request has the same refresh token. */
const BUSY = 'token request is already being processed';

/** Whether the server refused because it was at work on another request with this token. */
export function wasBusy({ description }: Pick<LedgerEntry, 'description'>): boolean {
  return description === BUSY;
}

/**
 * What the history of a grant that rotates must never show; empty = sound.
 * - A token that is not the newest is presented only as the one repetition of a request whose answer never came.
 * - That repetition comes `leastWaitMs` after the request at the earliest.
 * - No two requests of the grant overlap, neither on the wire nor at the server.
 */
export function violations({ issued, requests }: GrantHistory, leastWaitMs: number): string[] {
  const found = overlaps(requests);
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
    if (wasBusy(request)) found.push(`#${seq}: posted while the server was at work on the same token`);
    presentedAt.set(presented ?? '', [...times, startedAtMs]);
    newest = request.issued ?? newest;
  });
  return found;
}

/** Requests that left before the one before them had ended, of grants that rotate or don't. */
export function overlaps(requests: readonly LedgerEntry[]): string[] {
  return requests.flatMap(({ seq, startedAtMs }, index) => {
    const previous = requests[index - 1];
    const isOver = previous === undefined || (previous.endedAtMs ?? Number.POSITIVE_INFINITY) <= startedAtMs;
    return isOver ? [] : [`#${seq}: overlaps #${previous.seq}`];
  });
}

/** Where the newest refresh token that the server issued may be, once everything has come to rest. Fingerprints. */
export interface Whereabouts {
  readonly stored: string | undefined;
  readonly staged?: string | undefined;
  /** The connection's state says that the grant may be lost, or is. */
  readonly isNamed: boolean;
}

/** The newest refresh token must be stored, or staged, or what happened to it said; empty = it is. */
export function misplaced({ issued }: GrantHistory, { stored, staged, isNamed }: Whereabouts): string[] {
  const newest = issued.at(-1);
  if (isNamed || (newest !== undefined && (newest === stored || newest === staged))) return [];
  return [`the newest token ${newest} is neither stored (${stored}) nor staged (${staged ?? 'nothing'}), and nobody says so`];
}

/** Whether the server used this token up and its successor was never presented: the grant was lost with an answer. */
export function wasLost({ requests }: GrantHistory, stored: string): boolean {
  const spent = requests.find(({ presented, consumed }) => presented === stored && consumed);
  return spent !== undefined && !requests.some(({ presented }) => presented === spent.issued);
}

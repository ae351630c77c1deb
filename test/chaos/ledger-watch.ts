import type { LedgerEntry } from '@forcemint/emulator';
import { type GrantHistory, violations } from '../support/ledger-history.ts';

interface Grant {
  readonly connection: string;
  readonly adopted: string;
  /** By seq. */
  readonly requests: Map<number, LedgerEntry>;
  violations: readonly string[];
}

/**
 * Follows the emulator's ledger while it grows, and judges the living grant of each connection by its whole history. Of grants that were given up only
 * the fingerprints are kept: nobody may ever present one again.
 */
export class LedgerWatch {
  readonly #leastWaitMs: number;
  readonly #living = new Map<string, Grant>();
  readonly #grantOf = new Map<string, Grant>();
  readonly #givenUp = new Map<string, { readonly connection: string; readonly seenSeq: number }>();
  readonly #found: string[] = [];
  /** Everything up to here has ended and been taken. */
  #endedSeq = 0;
  #requests = 0;
  #rotations = 0;

  /** @param leastWaitMs as in `violations` of a history */
  constructor(leastWaitMs: number) {
    this.#leastWaitMs = leastWaitMs;
  }

  /** Where the next look has to begin. */
  get afterSeq(): number {
    return this.#endedSeq;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Requests that used a refresh token up and issued the next. */
  get rotations(): number {
    return this.#rotations;
  }

  /** What was found so far that must never be; empty = sound. */
  get violations(): readonly string[] {
    return [...this.#found, ...[...this.#living.values()].flatMap((grant) => grant.violations)];
  }

  /** The connection lives on this refresh token from now on (its fingerprint). */
  adopt(connection: string, adopted: string): void {
    const before = this.#living.get(connection);
    if (before !== undefined) this.#giveUp(before);
    const grant: Grant = { connection, adopted, requests: new Map(), violations: [] };
    this.#living.set(connection, grant);
    this.#grantOf.set(adopted, grant);
  }

  #giveUp(grant: Grant): void {
    for (const token of historyOf(grant).issued) {
      this.#grantOf.delete(token);
      this.#givenUp.set(token, { connection: grant.connection, seenSeq: this.#requests });
    }
    this.#found.push(...grant.violations);
  }

  /** Takes what the ledger has after `afterSeq`, in its order. */
  look(entries: readonly LedgerEntry[]): void {
    const changed = new Set<Grant>();
    const firstRunning = entries.find(({ endedAtMs }) => endedAtMs === null)?.seq ?? Number.POSITIVE_INFINITY;
    for (const entry of entries) {
      const grant = this.#take(entry);
      if (grant !== undefined) changed.add(grant);
      this.#requests = Math.max(this.#requests, entry.seq);
      if (entry.seq >= firstRunning || entry.seq <= this.#endedSeq) continue;
      this.#endedSeq = entry.seq;
      if (entry.consumed) this.#rotations += 1;
    }
    for (const grant of changed) {
      grant.violations = violations(historyOf(grant), this.#leastWaitMs).map((text) => `${grant.connection} ${text}`);
    }
  }

  #take(entry: LedgerEntry): Grant | undefined {
    const { seq, presented, issued } = entry;
    const grant = this.#grantOf.get(presented ?? '');
    if (grant !== undefined) {
      grant.requests.set(seq, entry);
      if (issued !== null) this.#grantOf.set(issued, grant);
      return grant;
    }
    const givenUp = this.#givenUp.get(presented ?? '');
    // Older requests are shown again while one before them still runs.
    if (givenUp !== undefined && seq <= givenUp.seenSeq) return undefined;
    const text =
      givenUp === undefined
        ? `#${seq}: presents a token of no grant`
        : `${givenUp.connection} #${seq}: presents a token of a grant that was given up`;
    if (!this.#found.includes(text)) this.#found.push(text);
    return undefined;
  }

  /** The history of the connection's living grant. */
  history(connection: string): GrantHistory {
    const grant = this.#living.get(connection);
    return grant === undefined ? { issued: [], requests: [] } : historyOf(grant);
  }

  /** Connections with a request under way. */
  inFlight(): string[] {
    return [...this.#living.values()]
      .filter(({ requests }) => [...requests.values()].at(-1)?.endedAtMs === null)
      .map(({ connection }) => connection);
  }
}

function historyOf({ adopted, requests }: Grant): GrantHistory {
  const entries = [...requests.values()];
  return { issued: [adopted, ...entries.flatMap(({ issued }) => (issued === null ? [] : [issued]))], requests: entries };
}

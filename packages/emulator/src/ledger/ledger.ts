import type { TokenTrace } from '../oauth/token-request.ts';
import { fingerprint } from '../org/opaque-text.ts';
import type { HostName } from '../server/http-message.ts';
import { ownText } from './own-text.ts';

/** One token request, as the server saw it. Tokens appear as fingerprints: the first 16 hex digits of their SHA-256. */
export interface LedgerEntry {
  /** 1, 2, 3 … in the order in which the requests arrived. */
  readonly seq: number;
  readonly host: HostName;
  /** Wall time of the real clock, epoch milliseconds with fraction, when the request's head had arrived. */
  readonly startedAtMs: number;
  /** The same when the answer was handed to the operating system or the connection was gone; null while it runs. */
  readonly endedAtMs: number | null;
  /** The emulator's own clock at the start. */
  readonly clockMs: number;
  readonly grantType: string | null;
  /** Consumer key; of one that no app has, `unknown:` and its fingerprint. */
  readonly clientId: string | null;
  readonly subject: string | null;
  /** HTTP status of the answer; null when there was none. */
  readonly status: number | null;
  /** `ok`; the error; `pending` while it runs; `dropped` when nothing was processed. */
  readonly outcome: string;
  /** `error_description`. */
  readonly description: string | null;
  /** Fingerprint of the refresh token that was presented. */
  readonly presented: string | null;
  /** Fingerprint of the refresh token that was issued. */
  readonly issued: string | null;
  /** The presented token was used up. */
  readonly consumed: boolean;
  /** The answer was written whole to the socket. */
  readonly written: boolean;
}

type Draft = { -readonly [Key in keyof LedgerEntry]: LedgerEntry[Key] };

/** What is known of a token request when it arrives. */
export type LedgerStart = Pick<LedgerEntry, 'host' | 'startedAtMs' | 'clockMs' | 'grantType' | 'clientId'> & {
  /** The refresh token itself; the ledger keeps its fingerprint. */
  readonly presentedToken: string | null;
};

/** How the ledger learns what became of one request. */
export interface LedgerRecord {
  processed(trace: TokenTrace, outcome: string, description: string | null): void;
  ended(endedAtMs: number, written: boolean, status: number | null): void;
}

/** The oracle of race tests: every token request, the oldest forgotten beyond `limit`. */
export class Ledger {
  readonly #limit: number;
  #entries: Draft[] = [];
  #seq = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  open(start: LedgerStart): LedgerRecord {
    const draft: Draft = {
      seq: ++this.#seq,
      host: start.host,
      startedAtMs: start.startedAtMs,
      endedAtMs: null,
      clockMs: start.clockMs,
      grantType: start.grantType === null ? null : ownText(start.grantType),
      clientId: start.clientId === null ? null : ownText(start.clientId),
      subject: null,
      status: null,
      outcome: 'pending',
      description: null,
      presented: start.presentedToken === null ? null : fingerprint(start.presentedToken),
      issued: null,
      consumed: false,
      written: false,
    };
    this.#entries.push(draft);
    // Cut in one go at twice the limit: dropping one from the front for each request would copy the whole array.
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
    return {
      processed(trace, outcome, description) {
        draft.clientId = trace.clientId ?? draft.clientId;
        draft.subject = trace.subject;
        draft.issued = trace.issued === null ? null : fingerprint(trace.issued);
        draft.consumed = trace.consumed;
        draft.outcome = outcome;
        draft.description = description;
      },
      ended(endedAtMs, written, status) {
        if (draft.endedAtMs !== null) return;
        draft.endedAtMs = endedAtMs;
        draft.written = written;
        draft.status = status;
        if (draft.outcome === 'pending') draft.outcome = 'dropped';
      },
    };
  }

  /** Copies, oldest first; those after `afterSeq` only. */
  entries(afterSeq = 0): LedgerEntry[] {
    return this.#entries
      .slice(-this.#limit)
      .filter((entry) => entry.seq > afterSeq)
      .map((entry) => ({ ...entry }));
  }
}

/** Wall time of the real clock with the resolution of the monotonic one. */
export function wallTimeMs(): number {
  return performance.timeOrigin + performance.now();
}

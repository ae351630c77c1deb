import type { Durations, NewConnection } from '@forcemint/core';
import type { KillPointName } from './kill-points.ts';
import type { StoreHome } from './stored-row.ts';

/** What a test tells a Forcemint process to do. */
export type Command =
  | (StoreHome & {
      readonly do: 'open';
      readonly extraHosts: readonly string[];
      readonly durations?: Partial<Durations>;
      /** With the kill points of `kill-points.ts` in its ports, and no renewals but those that it is told. */
      readonly isMortal?: boolean;
      /** Renew without being asked. Default `true`. */
      readonly renewAhead?: boolean;
    })
  /** Only a process that was opened mortal. */
  | { readonly do: 'die-at'; readonly point: KillPointName }
  /** The same, but it stops there, once, until it is continued (SIGCONT). */
  | { readonly do: 'stop-at'; readonly point: KillPointName }
  | { readonly do: 'close' }
  | { readonly do: 'connect'; readonly name: string; readonly connection: NewConnection }
  /** So many callers at once. */
  | { readonly do: 'get-token'; readonly name: string; readonly callers: number }
  | { readonly do: 'renew'; readonly name: string }
  /** So many callers at once, again and again until they get a token or are told that a human must log in. */
  | { readonly do: 'settle'; readonly name: string; readonly by: 'get-token' | 'renew'; readonly callers: number }
  /** Renews without end, with a `renewing` event before each; ends when a human must log in, or by `stop-renewing`. */
  | { readonly do: 'keep-renewing'; readonly name: string }
  /** Renews all of them by force, round after round, each in an order of its own, so many at a time. */
  | {
      readonly do: 'renew-all';
      readonly names: readonly string[];
      readonly rounds: number;
      readonly atATime: number;
      readonly seed: number;
    }
  | { readonly do: 'stop-renewing' }
  | { readonly do: 'status'; readonly name: string }
  /** Fills the file system of this path to its last byte. */
  | { readonly do: 'fill'; readonly path: string }
  | { readonly do: 'remove-file'; readonly path: string }
  /** Gives up root, so that file permissions count. */
  | { readonly do: 'become'; readonly uid: number }
  /** Dies of it, in the middle of whatever is under way. */
  | { readonly do: 'go-wrong'; readonly how: 'out-of-memory' | 'uncaught-exception' | 'unhandled-rejection' }
  /** Sends the event `blocking`, then does nothing else for so long, not even look at its sockets. */
  | { readonly do: 'block'; readonly forMs: number }
  /** Ends, as a service does, when this signal comes and what was under way is done. */
  | { readonly do: 'drain-on'; readonly signal: NodeJS.Signals }
  /** Holds the write lock of this SQLite file for so long, again and again, after the event `locking`; gives how often. */
  | { readonly do: 'keep-locking'; readonly path: string; readonly forMs: number; readonly pauseMs: number }
  | { readonly do: 'stop-locking' }
  | { readonly do: 'report' };

/** An error as it crosses the process border. */
export interface ToldError {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly retryable: boolean | undefined;
  readonly diagnosis: { readonly id?: string; readonly cause: string; readonly fix: readonly string[] } | undefined;
}

/** A token as a caller got it. */
export interface Answer {
  /** Fingerprint. */
  readonly token: string;
  readonly instanceUrl: string;
  /** Epoch seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** When the caller got it, epoch milliseconds. */
  readonly atMs: number;
}

/** How `settle` ended. */
export interface Settled {
  /** Every token that a caller got, in this order. */
  readonly answers: readonly Answer[];
  readonly needsLogin: boolean;
  /** Codes of the errors on the way, each once. */
  readonly refusals: readonly string[];
}

/** What callers got, the same outcomes counted: fingerprints of tokens, and errors. */
export interface Outcomes {
  readonly tokens: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ToldError }
  | { readonly event: string };

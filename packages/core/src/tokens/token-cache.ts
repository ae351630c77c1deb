import type { AccessToken } from './access-token.ts';
import type { Usage } from './in-use.ts';

/** A token in memory, and when it may be handed out without looking at the store. */
export interface CachedToken {
  readonly connectionId: string;
  readonly generation: number;
  readonly token: AccessToken;
  /** Resolved with `token`: handed to every caller, so that a hit allocates nothing. */
  readonly promise: Promise<AccessToken>;
  /** Epoch milliseconds at which the token dies. */
  readonly expiresAtMs: number;
  readonly lifeMs: number;
  /** To be told of every use. */
  readonly usage: Usage;
  /** The connection's change mark, as it was when this was read. */
  readonly mark: number;
  /** Which look at the store's change marks has last shown the same mark. */
  confirmedBy: number;
}

/** Tokens in memory, bounded; the one least recently put goes first. */
export class TokenCache {
  readonly #entries = new Map<string, CachedToken>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(name: string): CachedToken | undefined {
    return this.#entries.get(name);
  }

  put(name: string, entry: CachedToken): void {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value ?? name);
  }

  drop(name: string): void {
    this.#entries.delete(name);
  }
}

import type { App } from '../org/apps.ts';
import { BoundedMap } from '../org/bounded-map.ts';
import { opaqueText, type Random } from '../org/opaque-text.ts';
import type { BrowserSession } from './browser-sessions.ts';

/** A valid authorization request on its way through the login and consent pages. */
export interface Transaction {
  readonly app: App;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly forcesConsent: boolean;
  /** Set by the login page. */
  login: BrowserSession | undefined;
}

/** Pending transactions by the unguessable id in the pages' hidden field. */
export class Transactions {
  readonly #pending = new BoundedMap<Transaction>(10_000);
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  begin(transaction: Transaction): string {
    const id = opaqueText(this.#random, 24);
    this.#pending.set(id, transaction);
    return id;
  }

  find(id: string): Transaction | undefined {
    return this.#pending.get(id);
  }

  end(id: string): void {
    this.#pending.delete(id);
  }
}

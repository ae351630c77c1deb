import type { App } from './apps.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Random } from './opaque-text.ts';
import type { User } from './users.ts';

const LIFETIME_MS = 15 * 60_000;

/** What an authorization code stands for. */
export interface AuthorizationCode {
  readonly app: App;
  readonly user: User;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly codeChallenge: string | undefined;
  readonly nonce: string | undefined;
  readonly authenticatedAtMs: number;
  readonly issuedAtMs: number;
  isUsed: boolean;
}

/** Authorization codes: 15 minutes, single use. */
export class Codes {
  readonly #codes = new BoundedMap<AuthorizationCode>(100_000);
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The code's text: `aPrx…==`. */
  issue(code: Omit<AuthorizationCode, 'isUsed'>): string {
    // 49 bytes are one more than a multiple of three, hence the padding that clients must decode exactly once.
    const random = Buffer.from(this.#random(49)).toString('base64').replaceAll('+', '.').replaceAll('/', '_');
    const text = `aPrxEmu.${random}`;
    this.#codes.set(text, { ...code, isUsed: false });
    return text;
  }

  find(text: string): AuthorizationCode | undefined {
    return this.#codes.get(text);
  }
}

export function isSpent(code: AuthorizationCode, nowMs: number): boolean {
  return code.isUsed || nowMs - code.issuedAtMs > LIFETIME_MS;
}

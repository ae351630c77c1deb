import type { App } from './apps.ts';
import { opaqueText, type Random } from './opaque-text.ts';
import type { User } from './users.ts';

/** One approval with offline access: the refresh token of now, and those it replaced. */
export interface RefreshGrant {
  readonly appName: string;
  readonly clientId: string;
  readonly user: User;
  readonly scopes: readonly string[];
  readonly issuedAtMs: number;
  /** Made by the control interface: doesn't count towards the approval limit. */
  readonly isSeeded: boolean;
  lastUsedMs: number;
  currentToken: string;
  isRevoked: boolean;
}

/** The refresh tokens of the org, rotated ones included, so that their re-use is noticed. */
export class RefreshTokens {
  readonly #grants = new Map<string, RefreshGrant>();
  readonly #living = new Map<string, Set<RefreshGrant>>();
  readonly #inProcess = new Set<string>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  issue(app: App, user: User, scopes: readonly string[], nowMs: number, isSeeded = false): RefreshGrant {
    const grant: RefreshGrant = {
      appName: app.name,
      clientId: app.clientId,
      user,
      scopes,
      issuedAtMs: nowMs,
      isSeeded,
      lastUsedMs: nowMs,
      currentToken: this.#newToken(),
      isRevoked: false,
    };
    this.#grants.set(grant.currentToken, grant);
    const key = approvalKey(grant);
    this.#living.set(key, (this.#living.get(key) ?? new Set()).add(grant));
    return grant;
  }

  /** The grant that a token belongs or belonged to. */
  find(token: string): RefreshGrant | undefined {
    return this.#grants.get(token);
  }

  /** Replaces the grant's token; the old one is dead at once. */
  rotate(grant: RefreshGrant): string {
    grant.currentToken = this.#newToken();
    this.#grants.set(grant.currentToken, grant);
    return grant.currentToken;
  }

  /** Takes the token for one request. False while another request has it. */
  begin(token: string): boolean {
    if (this.#inProcess.has(token)) return false;
    this.#inProcess.add(token);
    return true;
  }

  end(token: string): void {
    this.#inProcess.delete(token);
  }

  /** Kills a grant: its refresh tokens, and with them the access tokens that came of it. */
  revoke(grant: RefreshGrant): void {
    grant.isRevoked = true;
    this.#living.get(approvalKey(grant))?.delete(grant);
  }

  /** The living grants of a user to an app, oldest first. */
  living(appName: string, user: User): ReadonlySet<RefreshGrant> {
    return this.#living.get(approvalKey({ appName, user })) ?? new Set();
  }

  /** Every living grant. */
  all(): RefreshGrant[] {
    return [...this.#living.values()].flatMap((grants) => [...grants]);
  }

  #newToken(): string {
    return `5Aep861.Emu_${opaqueText(this.#random, 54)}`;
  }
}

function approvalKey({ appName, user }: Pick<RefreshGrant, 'appName' | 'user'>): string {
  return `${user.id} ${appName}`;
}

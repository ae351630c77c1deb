import { AppUserMap } from './app-user-map.ts';
import type { App } from './apps.ts';
import { BoundedMap } from './bounded-map.ts';
import { opaqueText, type Random } from './opaque-text.ts';
import type { User } from './users.ts';

/** One approval with offline access: the refresh token of now, and those it replaced. */
export interface RefreshGrant {
  readonly appName: string;
  readonly clientId: string;
  readonly user: User;
  readonly scopes: readonly string[];
  readonly issuedAtMs: number;
  /** When the user logged in, for the `auth_time` of ID tokens. */
  readonly authenticatedAtMs: number;
  /** Made by the control interface: doesn't count towards the approval limit. */
  readonly isSeeded: boolean;
  /** Rises with each grant of the org. */
  readonly serial: number;
  lastUsedMs: number;
  currentToken: string;
  isRevoked: boolean;
}

/** Dead tokens beyond this are forgotten, the oldest first: they are refused like any unknown token, without a cascade. */
const DEAD_LIMIT = 100_000;

/** The refresh tokens of the org, rotated ones included, so that their re-use is noticed. */
export class RefreshTokens {
  readonly #current = new Map<string, RefreshGrant>();
  /** By the tokens that were rotated or revoked. */
  readonly #dead = new BoundedMap<RefreshGrant>(DEAD_LIMIT);
  readonly #living = new AppUserMap<RefreshGrant[]>();
  /** Where a grant is among the living ones of its app and user, when it isn't the only one. */
  readonly #slots = new Map<RefreshGrant, number>();
  #serial = 0;
  readonly #inProcess = new Set<string>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  issue(
    app: App,
    user: User,
    scopes: readonly string[],
    nowMs: number,
    { isSeeded = false, authenticatedAtMs = nowMs } = {},
  ): RefreshGrant {
    const grant: RefreshGrant = {
      appName: app.name,
      clientId: app.clientId,
      user,
      scopes,
      issuedAtMs: nowMs,
      authenticatedAtMs,
      isSeeded,
      serial: ++this.#serial,
      lastUsedMs: nowMs,
      currentToken: this.#newToken(),
      isRevoked: false,
    };
    this.#current.set(grant.currentToken, grant);
    const living = this.#living.get(app, user);
    if (living === undefined) this.#living.set(app, user, [grant]);
    else this.#slots.set(grant, living.push(grant) - 1);
    return grant;
  }

  /** The grant that a token belongs or belonged to. */
  find(token: string): RefreshGrant | undefined {
    return this.#current.get(token) ?? this.#dead.get(token);
  }

  /** Replaces the grant's token; the old one is dead at once. */
  rotate(grant: RefreshGrant): string {
    this.#bury(grant);
    grant.currentToken = this.#newToken();
    this.#current.set(grant.currentToken, grant);
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
    if (grant.isRevoked) return;
    grant.isRevoked = true;
    this.#bury(grant);
    const living = this.#living.get({ name: grant.appName }, grant.user) ?? [];
    // The last one takes the place: in a row of a million grants, moving all that follow would take too long.
    const slot = this.#slots.get(grant) ?? 0;
    const last = living.pop();
    this.#slots.delete(grant);
    if (last === undefined || last === grant) return;
    living[slot] = last;
    this.#slots.set(last, slot);
  }

  /** The living grants of a user to an app, oldest first. */
  living(appName: string, user: User): readonly RefreshGrant[] {
    return (this.#living.get({ name: appName }, user) ?? []).toSorted((left, right) => left.serial - right.serial);
  }

  hasLiving(appName: string, user: User): boolean {
    return (this.#living.get({ name: appName }, user)?.length ?? 0) > 0;
  }

  /** Every living grant. */
  all(): RefreshGrant[] {
    return this.#living.values().flat();
  }

  #bury(grant: RefreshGrant): void {
    this.#current.delete(grant.currentToken);
    this.#dead.set(grant.currentToken, grant);
  }

  #newToken(): string {
    return opaqueText(this.#random, 54, '5Aep861.Emu_');
  }
}

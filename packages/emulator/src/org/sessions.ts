import { AppUserMap } from './app-user-map.ts';
import type { App } from './apps.ts';
import { BoundedMap } from './bounded-map.ts';
import { opaqueText, type Random } from './opaque-text.ts';
import type { RefreshGrant } from './refresh-tokens.ts';
import { mayLogIn, type User } from './users.ts';

/** What an access token stands for. */
export interface Session {
  readonly token: string;
  /** A JWT ends when it says so; an opaque token ends when it was idle for its timeout. */
  readonly format: 'opaque' | 'jwt';
  readonly app: App;
  readonly user: User;
  readonly scopes: readonly string[];
  readonly issuedAtMs: number;
  readonly timeoutMs: number;
  /** The approval that the token descends from: when that is revoked, the token dies too. */
  readonly grant: RefreshGrant | null;
  /** Where the token was issued to, for orgs that lock sessions to an address. */
  readonly address: string;
  lastActiveMs: number;
  isRevoked: boolean;
}

/** What is decided before there is a token. */
export type SessionStart = Pick<Session, 'app' | 'user' | 'scopes' | 'issuedAtMs' | 'timeoutMs' | 'grant' | 'address'>;

/** More living tokens than this push out the oldest, as the org's own cap does. */
const SESSION_LIMIT = 200_000;

/** The access tokens of the org. */
export class Sessions {
  readonly #sessions = new BoundedMap<Session>(SESSION_LIMIT);
  readonly #newest = new AppUserMap<Session>();
  readonly #random: Random;
  readonly #prefix: string;

  constructor(organizationId: string, random: Random) {
    this.#prefix = `${organizationId.slice(0, 15)}!AQEmu.`;
    this.#random = random;
  }

  /** A new session; its token is opaque unless a JWT is given. */
  open(start: SessionStart, jwt?: string): Session {
    const { app, user, scopes, issuedAtMs, timeoutMs, grant, address } = start;
    // Written out: an object that is spread from another takes half as much memory again.
    const opened: Session = {
      app,
      user,
      scopes,
      issuedAtMs,
      timeoutMs,
      grant,
      address,
      token: jwt ?? opaqueText(this.#random, 60, this.#prefix),
      format: jwt === undefined ? 'opaque' : 'jwt',
      lastActiveMs: issuedAtMs,
      isRevoked: false,
    };
    this.#sessions.set(opened.token, opened);
    return opened;
  }

  /** The session while it lives. */
  find(token: string, nowMs: number): Session | undefined {
    const session = this.#sessions.get(token);
    if (session === undefined) return undefined;
    if (isAlive(session, nowMs)) return session;
    this.#sessions.delete(token);
    return undefined;
  }

  /**
   * Finds the session and counts this as use. Use in the second half of the window begins the window anew, use in its first
   * half changes nothing: of 30 minutes, a call at minute 14 leaves 16, a call at minute 16 makes it 30 again.
   */
  use(token: string, nowMs: number, extend: boolean): Session | undefined {
    const session = this.find(token, nowMs);
    if (session !== undefined && extend && session.format === 'opaque' && nowMs - session.lastActiveMs > session.timeoutMs / 2) {
      session.lastActiveMs = nowMs;
    }
    return session;
  }

  /** Remembers a session for {@link newest}. */
  share(session: Session): void {
    this.#newest.set(session.app, session.user, session);
  }

  /** The newest shared session of that app and user, if it lives. */
  newest(app: App, user: User, nowMs: number): Session | undefined {
    return this.find(this.#newest.get(app, user)?.token ?? '', nowMs);
  }

  /** Ends every session of a user, for good. */
  endAll(user: User): void {
    for (const token of this.#sessions.keys()) {
      const session = this.#sessions.get(token);
      if (session?.user === user) session.isRevoked = true;
    }
  }

  all(nowMs: number): Session[] {
    return this.#sessions.keys().flatMap((token) => this.find(token, nowMs) ?? []);
  }
}

function isAlive(session: Session, nowMs: number): boolean {
  return !session.isRevoked && session.grant?.isRevoked !== true && mayLogIn(session.user) && nowMs < expiresAtMs(session);
}

/** Epoch milliseconds at which the session ends unless it is used. */
export function expiresAtMs(session: Session): number {
  return session.lastActiveMs + session.timeoutMs;
}

import { BoundedMap } from '../org/bounded-map.ts';
import { opaqueText, type Random } from '../org/opaque-text.ts';
import { mayLogIn, type User } from '../org/users.ts';

const LIFETIME_MS = 2 * 3_600_000;

/** A person who logged in at the login page. */
export interface BrowserSession {
  readonly user: User;
  readonly authenticatedAtMs: number;
}

/** Logins of browsers, found by their cookie: session ids like Salesforce's `sid`, and no OAuth tokens. */
export class BrowserSessions {
  /** With the login host's port: browsers share the cookies of one address among its ports, and emulators run side by side. */
  readonly #cookieName: string;
  readonly #sessions = new BoundedMap<BrowserSession>(10_000);
  readonly #random: Random;
  readonly #prefix: string;

  constructor(organizationId: string, loginUrl: string, random: Random) {
    this.#cookieName = `emulator_sid_${/\d+$/.exec(loginUrl)?.[0] ?? ''}`;
    this.#prefix = `${organizationId.slice(0, 15)}!AQUiEmu.`;
    this.#random = random;
  }

  /** The `Set-Cookie` value of the new login. */
  open(session: BrowserSession): string {
    const id = this.#prefix + opaqueText(this.#random, 24);
    this.#sessions.set(id, session);
    return `${this.#cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }

  find(cookieHeader: string | undefined, nowMs: number): BrowserSession | undefined {
    const prefix = `${this.#cookieName}=`;
    const cookie = cookieHeader?.split(/; */).find((pair) => pair.startsWith(prefix));
    return this.findById(cookie?.slice(prefix.length) ?? '', nowMs);
  }

  findById(id: string, nowMs: number): BrowserSession | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || !mayLogIn(session.user) || nowMs - session.authenticatedAtMs > LIFETIME_MS) {
      return undefined;
    }
    return session;
  }
}

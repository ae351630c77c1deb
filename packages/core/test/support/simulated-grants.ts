/** What one approval of a user gave: a chain of refresh tokens of which the last one works. */
export interface SimulatedGrant {
  /** The newest refresh token. */
  current: string;
  alive: boolean;
  /** Ended on purpose, not by the re-use of a spent token. */
  revoked?: boolean;
  /** The token that `current` took the place of, and when. */
  before?: { readonly token: string; readonly atMs: number };
}

/** The grants of a server, and what presenting a refresh token does to them. */
export class SimulatedGrants {
  /** Re-use of a spent refresh token ends its grant. */
  cascades = true;
  /** For this long the predecessor of a token that was never used is answered with that token again. */
  graceMs = 0;
  newest: SimulatedGrant;
  readonly #byToken = new Map<string, SimulatedGrant>();

  constructor(firstToken: string) {
    this.newest = this.begin(firstToken);
  }

  begin(refreshToken: string): SimulatedGrant {
    this.newest = { current: refreshToken, alive: true };
    this.#byToken.set(refreshToken, this.newest);
    return this.newest;
  }

  /** The grant that a refresh token belongs to, or once did. */
  of(refreshToken: string): SimulatedGrant | undefined {
    return this.#byToken.get(refreshToken);
  }

  revoke(refreshToken: string): void {
    const grant = this.of(refreshToken);
    if (grant === undefined) return;
    grant.alive = false;
    grant.revoked = true;
  }

  /**
   * A refresh token is presented.
   * @param successor what takes its place; `undefined`: the app does not rotate
   * @returns what the answer brings instead of it, if anything; `undefined` when it is refused
   */
  present(refreshToken: string, successor: string | undefined, nowMs: number): { issued: string | undefined } | undefined {
    const grant = this.of(refreshToken);
    if (grant === undefined || !grant.alive) return undefined;
    if (refreshToken !== grant.current) {
      const { before } = grant;
      if (before?.token === refreshToken && nowMs - before.atMs <= this.graceMs) return { issued: grant.current };
      if (this.cascades) grant.alive = false;
      return undefined;
    }
    if (successor === undefined) return { issued: undefined };
    grant.before = { token: refreshToken, atMs: nowMs };
    grant.current = successor;
    this.#byToken.set(successor, grant);
    return { issued: successor };
  }
}

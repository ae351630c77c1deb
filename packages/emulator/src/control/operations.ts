import type { AppConfig, UserSettings } from '../config/config.ts';
import { validateAppSettings, validateSwitches, validateUserSettings } from '../config/config-validation.ts';
import type { Switches } from '../config/switches.ts';
import type { FaultSpec, Faults, WaitingFault } from '../faults/faults.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import type { RequestEntry, RequestLog } from '../ledger/request-log.ts';
import { type AppSettings, createApp } from '../org/apps.ts';
import { requireIpRanges } from '../org/ip-ranges.ts';
import { fingerprint, type Random } from '../org/opaque-text.ts';
import type { Org } from '../org/org.ts';
import { revokeGrant } from '../org/revocation.ts';
import { changeUser, mayLogIn, type User } from '../org/users.ts';
import { describeRows, type RowDescription } from '../rows/describe-rows.ts';
import { validateFault } from './fault-validation.ts';
import { validateGrantSpec, validateRevokeSpec } from './spec-validation.ts';

/** Refresh tokens without a browser: `count` approvals of `app` (its name) by `user` (a username). */
export interface GrantSpec {
  readonly app: string;
  readonly user: string;
  /** Default 1. */
  readonly count?: number;
}

/** What to revoke: everything that matches all the parts given. */
export interface RevokeSpec {
  /** An access or refresh token. */
  readonly token?: string;
  /** The fingerprint of one. */
  readonly fingerprint?: string;
  /** Name of an app. */
  readonly app?: string;
  /** A username. */
  readonly user?: string;
  /** Leave the refresh tokens alone. */
  readonly accessTokensOnly?: boolean;
}

/** The last instant whose date has four digits for the year, as dates in HTTP and JSON have. */
const LAST_YEAR_ENDS_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** What the one who runs the emulator can do to it, in code as over the control interface. */
export class Operations {
  readonly #org: Org;
  readonly #ledger: Ledger;
  readonly #requests: RequestLog;
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #appConfigs: Map<string, AppConfig>;
  readonly #reset: () => void;

  constructor(
    org: Org,
    logs: { readonly ledger: Ledger; readonly requests: RequestLog },
    faults: Faults,
    random: Random,
    apps: Readonly<Record<string, AppConfig>>,
    reset: () => void,
  ) {
    this.#org = org;
    this.#ledger = logs.ledger;
    this.#requests = logs.requests;
    this.#faults = faults;
    this.#random = random;
    this.#appConfigs = new Map(Object.entries(apps));
    this.#reset = reset;
  }

  ledger(afterSeq = 0): LedgerEntry[] {
    return this.#ledger.entries(afterSeq);
  }

  requests(afterSeq = 0): RequestEntry[] {
    return this.#requests.entries(afterSeq);
  }

  fault(spec: FaultSpec): void {
    validateFault(spec);
    this.#faults.add(spec);
  }

  /** The faults that still wait, oldest first. */
  faults(): readonly WaitingFault[] {
    return this.#faults.list();
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Every row that a fault can name, with the texts of this org. */
  rows(): RowDescription[] {
    return describeRows(this.#org.refusals);
  }

  /** Back to the state after the start: the same hosts, keys, apps and users, and nothing else. */
  reset(): void {
    this.#reset();
  }

  advanceClock(seconds: number): void {
    if (!Number.isFinite(seconds) || seconds < 0) throw new TypeError('seconds: expected a number from 0');
    if (this.#org.now() + seconds * 1000 > LAST_YEAR_ENDS_MS) {
      throw new TypeError('seconds: expected less, the clock would pass the year 9999');
    }
    this.#org.clock.advance(seconds);
  }

  grant(spec: GrantSpec): string[] {
    validateGrantSpec(spec);
    const app = this.#app(spec.app);
    const user = this.#user(spec.user);
    if (!app.scopes.includes('refresh_token')) throw new TypeError(`app: ${spec.app} has no refresh_token scope`);
    const issue = (): string =>
      this.#org.refreshTokens.issue(app, user, app.scopes, this.#org.now(), { isSeeded: true }).currentToken;
    return Array.from({ length: spec.count ?? 1 }, issue);
  }

  /** Returns how many access and refresh tokens it revoked. */
  revoke(spec: RevokeSpec): number {
    validateRevokeSpec(spec);
    if (spec.app !== undefined) this.#app(spec.app);
    if (spec.user !== undefined) this.#user(spec.user);
    const isMeant = (token: string, app: string, user: User): boolean =>
      (spec.token === undefined || spec.token === token) &&
      (spec.fingerprint === undefined || spec.fingerprint === fingerprint(token)) &&
      (spec.app === undefined || spec.app === app) &&
      (spec.user === undefined || spec.user.toLowerCase() === user.username.toLowerCase());
    const sessions = this.#org.sessions.all(this.#org.now()).filter(({ token, app, user }) => isMeant(token, app.name, user));
    for (const session of sessions) session.isRevoked = true;
    if (spec.accessTokensOnly) return sessions.length;
    const grants = this.#org.refreshTokens
      .all()
      .filter(({ currentToken, appName, user }) => isMeant(currentToken, appName, user));
    for (const grant of grants) revokeGrant(this.#org, grant);
    if (spec.token === undefined && spec.fingerprint === undefined) this.#withdrawApprovals(spec);
    return sessions.length + grants.length;
  }

  /** Approvals that left no refresh token go too: with the scope or policy that has none, nothing else would show. */
  #withdrawApprovals(spec: RevokeSpec): void {
    const apps = spec.app === undefined ? this.#org.apps.all() : [this.#app(spec.app)];
    const users = spec.user === undefined ? this.#org.users.all() : [this.#user(spec.user)];
    for (const app of apps) for (const user of users) this.#org.approvals.withdraw(app, user);
  }

  setSwitches(switches: Partial<Switches>): void {
    validateSwitches(switches);
    this.#org.switches = { ...this.#org.switches, ...switches };
  }

  switches(): Switches {
    return this.#org.switches;
  }

  /** Changes settings of an app; its consumer key, secret, certificate and tokens stay. */
  configureApp(name: string, settings: AppSettings): void {
    validateAppSettings(settings);
    requireIpRanges(settings.tokenIpRanges, 'settings.tokenIpRanges');
    const app = this.#app(name);
    const config: AppConfig = { scopes: app.scopes, ...this.#appConfigs.get(name), ...settings };
    const changed = createApp(name, config, {
      random: this.#random,
      nowMs: this.#org.now(),
      generatedCertificate: undefined,
    });
    const { clientId, clientSecret, certificate } = app;
    // An app is new once: other settings don't make it unknown again.
    const { activeFromMs } = settings.propagationDelaySeconds === undefined ? app : changed;
    this.#appConfigs.set(name, config);
    this.#org.apps.set({ ...changed, clientId, clientSecret, certificate, activeFromMs });
  }

  /** Deactivates, freezes or restricts a user, or takes that back. */
  configureUser(username: string, settings: UserSettings): void {
    validateUserSettings(settings);
    requireIpRanges(settings.loginIpRanges, 'settings.loginIpRanges');
    const user = this.#user(username);
    changeUser(user, settings);
    if (!mayLogIn(user)) this.#org.sessions.endAll(user);
  }

  /** New keys for ID tokens and JWT access tokens; `/id/keys` lists the old ones as well. */
  rotateSigningKeys(): void {
    this.#org.signingKeys.rotate(this.#org.now());
  }

  #app(name: string) {
    const app = this.#org.apps.named(name);
    if (app !== undefined) return app;
    const known = this.#org.apps.all().map((one) => one.name);
    throw new TypeError(`app: there is no ${name}; there are ${known.join(', ')}`);
  }

  #user(username: string): User {
    const user = this.#org.users.find(username);
    if (user !== undefined) return user;
    const known = this.#org.users.all().map((one) => one.username);
    throw new TypeError(`user: there is no ${username}; there are ${known.join(', ')}`);
  }
}

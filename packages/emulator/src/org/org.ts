import { BrowserSessions } from '../authorize/browser-sessions.ts';
import { FrontdoorPasses } from '../authorize/frontdoor-passes.ts';
import { Transactions } from '../authorize/transactions.ts';
import type { ResolvedConfig } from '../config/config-defaults.ts';
import type { Switches } from '../config/switches.ts';
import { Refusals } from '../oauth/refusals.ts';
import { QueryCursors } from '../rest/query-cursors.ts';
import { Records } from '../rest/records/records.ts';
import type { HostName } from '../server/http-message.ts';
import { Approvals } from './approvals.ts';
import { Apps } from './apps.ts';
import type { Clock } from './clock.ts';
import { Codes } from './codes.ts';
import { toId18 } from './ids.ts';
import { configuredAttempts, LoginHistory } from './login-history.ts';
import { LoginLimit } from './login-limit.ts';
import type { Random } from './opaque-text.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { SeenJwtIds } from './seen-jwt-ids.ts';
import { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import { type User, Users } from './users.ts';

/** What {@link Org} takes from outside. */
export interface OrgEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly origins: Readonly<Record<HostName, string>>;
  readonly signingKeys: SigningKeys;
}

/** The one tenant that the emulator plays: its settings, and everything it remembers. */
export class Org {
  readonly id: string;
  readonly settings: ResolvedConfig['org'];
  readonly audiences: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly origins: Readonly<Record<HostName, string>>;
  /** The origins without their scheme. */
  readonly hosts: Readonly<Record<HostName, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly signingKeys: SigningKeys;
  readonly createdAtMs: number;

  readonly refusals: Refusals;
  readonly users: Users;
  readonly apps = new Apps();
  readonly sessions: Sessions;
  readonly refreshTokens: RefreshTokens;
  readonly codes: Codes;
  readonly approvals = new Approvals();
  readonly browserSessions: BrowserSessions;
  readonly frontdoorPasses: FrontdoorPasses;
  readonly transactions: Transactions;
  readonly seenJwtIds = new SeenJwtIds();
  readonly loginLimit = new LoginLimit();
  readonly loginHistory = new LoginHistory();
  readonly records: Records;
  readonly queryCursors = new QueryCursors();

  switches: Switches;
  apiRequests = 0;

  constructor(config: ResolvedConfig, environment: OrgEnvironment) {
    this.id = toId18(config.org.id);
    this.settings = config.org;
    this.audiences = config.audiences;
    this.corsOrigins = config.corsOrigins;
    this.switches = config.switches;
    this.origins = environment.origins;
    this.hosts = { login: new URL(this.origins.login).host, mydomain: new URL(this.origins.mydomain).host };
    this.clock = environment.clock;
    this.signingKeys = environment.signingKeys;
    this.random = environment.random;
    this.createdAtMs = environment.clock.now();
    this.refusals = new Refusals(config.errorDescriptions, config.errorStatuses);
    this.users = new Users(config.users);
    const attempts = configuredAttempts(config.loginHistory, this.users, this.hosts.login, this.createdAtMs);
    for (const attempt of attempts) this.loginHistory.add(attempt);
    this.records = new Records({
      organizationId: this.id,
      settings: config.org,
      users: this.users,
      accounts: config.accounts,
      contacts: config.contacts,
      apps: this.apps,
      loginHistory: this.loginHistory,
      createdAtMs: this.createdAtMs,
    });
    this.sessions = new Sessions(this.id, environment.random);
    this.refreshTokens = new RefreshTokens(environment.random);
    this.codes = new Codes(environment.random);
    this.browserSessions = new BrowserSessions(this.id, environment.origins.login, environment.random);
    this.frontdoorPasses = new FrontdoorPasses(environment.random);
    this.transactions = new Transactions(environment.random);
  }

  now(): number {
    return this.clock.now();
  }

  /** The user's identity URL: the `id` of token answers and the `sub` of ID tokens. */
  identityUrl(user: User): string {
    return `${this.origins[this.switches.identityHost]}/id/${this.id}/${user.id}`;
  }
}

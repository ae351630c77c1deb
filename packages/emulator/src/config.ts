import type { Switches } from './switches.ts';

/** What `--config` holds. Everything left out has a default; `schema.json` describes the same in JSON Schema. */
export interface EmulatorConfig {
  readonly org?: OrgConfig;
  /** Replaces the default users. */
  readonly users?: readonly UserConfig[];
  /** Replaces the default apps; keyed by a name of your own. */
  readonly apps?: Readonly<Record<string, AppConfig>>;
  /** Names of the Account records that the org begins with. Default: three. */
  readonly accounts?: readonly string[];
  /** The Contact records that the org begins with. Default: one for each default account, none when `accounts` is given. */
  readonly contacts?: readonly ContactConfig[];
  /** Audiences of assertions that are accepted besides the two origins and Salesforce's login hosts. */
  readonly audiences?: readonly string[];
  readonly switches?: Partial<Switches>;
  /** Token requests that the ledger remembers. Default 100000. */
  readonly ledgerLimit?: number;
}

export interface OrgConfig {
  /** 15 or 18 characters, beginning with `00D`. */
  readonly id?: string;
  readonly name?: string;
  readonly instanceName?: string;
  readonly isSandbox?: boolean;
  readonly organizationType?: string;
  /** Session timeout in seconds. Default 7200, Salesforce's own. */
  readonly sessionTimeoutSeconds?: number;
}

export interface UserConfig {
  readonly username: string;
  readonly password: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  /** A user who is not active gets no token. Default true. */
  readonly isActive?: boolean;
}

export interface ContactConfig {
  readonly lastName: string;
  readonly firstName?: string;
  readonly email?: string;
  /** Name of one of the `accounts`. */
  readonly account?: string;
}

/** An app; names follow Salesforce's metadata (ConnectedApp, ExtlClntAppGlobalOauthSettings). */
export interface AppConfig {
  /** Consumer key, 8 to 256 characters. Generated when left out. */
  readonly clientId?: string;
  /** Consumer secret. Generated when left out: a public app has one too, its clients don't know it. */
  readonly clientSecret?: string;
  /** No client of this app holds the secret: both of the `secret…` settings default to "not required". */
  readonly public?: boolean;
  readonly scopes: readonly string[];
  /** Callback URLs, compared exactly; `:*` stands for port 1717 or any from 10000 to 65535. */
  readonly callbackUrls?: readonly string[];
  /** True: key pair and certificate are generated at start. Text: the PEM of a certificate. */
  readonly certificate?: boolean | string;
  readonly isConsumerSecretOptional?: boolean;
  readonly isSecretRequiredForRefreshToken?: boolean;
  readonly isPkceRequired?: boolean;
  readonly isRefreshTokenRotationEnabled?: boolean;
  /** "Admin approved users are pre-authorized"; else users approve the app themselves. Default false. */
  readonly isAdminApproved?: boolean;
  /** Usernames that the admin approved. Default: all. */
  readonly approvedUsers?: readonly string[];
  readonly isClientCredentialEnabled?: boolean;
  /** Username of the run-as user of the client credentials flow. */
  readonly oauthClientCredentialUser?: string;
  readonly isIntrospectAllTokens?: boolean;
  /** `infinite`, `zero`, `specific_lifetime:<n>:HOURS|DAYS|MONTHS`, `specific_inactivity:<n>:…`. Default `infinite`. */
  readonly refreshTokenPolicy?: string;
  /** The 30-day idle limit. Default false. */
  readonly isEnforceRefreshTokenTTL?: boolean;
  /** Session timeout of this app in minutes; default: the org's. */
  readonly sessionTimeoutMinutes?: number;
  /** The app is unknown for so many seconds after the start. Default 0. */
  readonly propagationDelaySeconds?: number;
  /** Username that the ready line offers for this app. Default: the run-as user, else the first user. */
  readonly username?: string;
}

import type { AppKind } from '../org/app-kind.ts';
import type { IpRange } from '../org/ip-ranges.ts';
import type { IpRelaxation } from '../org/ip-rules.ts';
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
  /** The LoginHistory records that the org begins with. Default: none. */
  readonly loginHistory?: readonly LoginHistoryConfig[];
  /** Audiences of assertions that are accepted besides the two origins and Salesforce's login hosts. */
  readonly audiences?: readonly string[];
  readonly switches?: Partial<Switches>;
  /** Other descriptions for rows of the error catalogue: `{ A8: '…' }`; null leaves `error_description` out. */
  readonly errorDescriptions?: Readonly<Record<string, string | null>>;
  /** Other statuses for rows of the error catalogue: `{ T1: 429 }`. Default: 400 for all. */
  readonly errorStatuses?: Readonly<Record<string, number>>;
  /** Origins of web pages that may call, as in the org's CORS list; `https://*.example.com` for all below. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Token requests that the ledger remembers. Default 100000. */
  readonly ledgerLimit?: number;
  /** Requests that the request log remembers; 0 = none. Default 10000. */
  readonly requestLogLimit?: number;
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
  /** A frozen user gets no token, and sessions end. Default false. */
  readonly isFrozen?: boolean;
  /** The permission "API Enabled". Default true. */
  readonly isApiEnabled?: boolean;
  /** The permission "API Only User": no login in a browser. Default false. */
  readonly isApiOnly?: boolean;
  /** The permission "Manage Users": sees everybody's LoginHistory, not only one's own. Default true. */
  readonly canManageUsers?: boolean;
  /** Login IP ranges of the user's profile. Default: none, the user may log in from anywhere. */
  readonly loginIpRanges?: readonly IpRange[];
}

/** What can change about a user while the emulator runs. */
export type UserSettings = Pick<
  UserConfig,
  'isActive' | 'isFrozen' | 'isApiEnabled' | 'isApiOnly' | 'canManageUsers' | 'loginIpRanges'
>;

export interface ContactConfig {
  readonly lastName: string;
  readonly firstName?: string;
  readonly email?: string;
  /** Name of one of the `accounts`. */
  readonly account?: string;
}

/** An attempt to log in. Page: Object Reference, "LoginHistory". */
export interface LoginHistoryConfig {
  /** Username of one of the `users`. */
  readonly username: string;
  /** Such as `Remote Access 2.0` or `Application`. */
  readonly loginType: string;
  /** Such as `OAuth Refresh Token`. Default: none. */
  readonly loginSubType?: string;
  /** Default `N/A`. */
  readonly apiType?: string;
  /** Default `N/A`. */
  readonly application?: string;
  /** A host, such as `login.salesforce.com`. Default: the emulator's login host. */
  readonly loginUrl?: string;
  /** Default `127.0.0.1`. */
  readonly sourceIp?: string;
  /** Default `Success`. */
  readonly status?: string;
  /** How long ago it was when the emulator started. */
  readonly secondsAgo: number;
}

/** An app; names follow Salesforce's metadata (ConnectedApp, ExtlClntAppGlobalOauthSettings). */
export interface AppConfig {
  /** Connected apps are listed in ConnectedApplication; OAuth is the same for both. Default `connected-app`. */
  readonly kind?: AppKind;
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
  /** Access tokens are JWTs. Default false. */
  readonly isNamedUserJwtEnabled?: boolean;
  /** Life of JWT access tokens: 1, 5, 10, 15 or 30 minutes; default: the session timeout. */
  readonly namedUserJwtTimeoutMinutes?: number;
  /** How the login IP ranges of users count for this app. Default `ENFORCE`. */
  readonly ipRelaxation?: IpRelaxation;
  /** The allowlist for refresh tokens: the web server and refresh token flows work from there only. Default: from anywhere. */
  readonly tokenIpRanges?: readonly IpRange[];
  /** Life of ID tokens, 1 to 720 minutes. Default 2. */
  readonly idTokenValidityMinutes?: number;
  /** Audiences of ID tokens besides the consumer key. */
  readonly idTokenAudiences?: readonly string[];
  /** The claims of userinfo are in the ID token too. Default true. */
  readonly idTokenIncludeStandardClaims?: boolean;
  /** The app is unknown for so many seconds after the start. Default 0. */
  readonly propagationDelaySeconds?: number;
  /** Username that the ready line offers for this app. Default: the run-as user, else the first user. */
  readonly username?: string;
}

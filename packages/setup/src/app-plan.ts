import type { OauthScope } from './scopes.ts';

export const APP_KINDS = ['external-client-app', 'connected-app'] as const;
/**
 * `external-client-app`: what Salesforce wants new apps to be. `connected-app`: its predecessor; orgs refuse new ones since Spring ’26 unless an
 * administrator allows them.
 */
export type AppKind = (typeof APP_KINDS)[number];

export const APP_GRANTS = ['jwt-bearer', 'authorization-code', 'refresh-token', 'client-credentials'] as const;
/**
 * How programs get their tokens. `refresh-token` makes the same app as `authorization-code`: a refresh token comes out of an authorization code, and
 * only the one that logs in differs.
 */
export type AppGrant = (typeof APP_GRANTS)[number];

export const PERMITTED_USERS = ['admin-approved', 'self-authorize'] as const;
/** `admin-approved`: only users with a permission set or profile of the app, and nobody is asked. `self-authorize`: everybody, once they have approved it. */
export type PermittedUsers = (typeof PERMITTED_USERS)[number];

export const IP_RELAXATIONS = ['Enforce', 'Bypass', 'Bypass_2factor', 'Enforce_RelaxRefresh'] as const;
/** `ipRelaxationPolicyType` of ExtlClntAppOauthConfigurablePolicies; a connected app has the same in capitals. */
export type IpRelaxation = (typeof IP_RELAXATIONS)[number];

export const VALIDITY_UNITS = ['Hours', 'Days', 'Months'] as const;
export type ValidityUnit = (typeof VALIDITY_UNITS)[number];

/** How long refresh tokens live: until revoked, for no use at all, for a time since they were issued, or since they were used last. */
export type RefreshTokenPolicy =
  | { readonly type: 'Infinite' }
  | { readonly type: 'Zero' }
  | { readonly type: 'SpecificLifetime' | 'SpecificInactivity'; readonly period: number; readonly unit: ValidityUnit };

/**
 * An app, with everything decided and checked. {@link planApp} makes it. Holds a secret where `consumerSecret` is given.
 * Sources: Salesforce’s Metadata API, ConnectedApp and ExternalClientApplication with its ExtlClntApp… types.
 */
export interface AppPlan {
  /** API name: letters, digits and single underscores; at most 80 characters, 53 for an external client app. Default: from `label`, see {@link apiName}. */
  readonly name: string;
  /** What people see: 1 to 80 characters. */
  readonly label: string;
  /** Whom Salesforce writes to about the app. */
  readonly contactEmail: string;
  readonly kind: AppKind;
  readonly grant: AppGrant;
  /**
   * `client_id`: 8 to 256 letters and digits, which no app of any org has; {@link newConsumerKey} makes one. It can be chosen only when the app is created.
   * Default: Salesforce makes one, and somebody has to copy it from Setup.
   */
  readonly consumerKey?: string;
  /** `client_secret`: 8 to 256 letters and digits. Secret. Only when the app is created. Default: Salesforce makes one. */
  readonly consumerSecret?: string;
  /** PEM of the certificate whose key signs assertions; at most 4096 bytes. For `jwt-bearer`, which it switches on, and only for that. */
  readonly certificatePem?: string;
  /**
   * Where a login may come back to; together at most 2000 characters. Default for grants without a login: Salesforce’s own page that says “success”,
   * because no app may be without.
   */
  readonly callbackUrls: readonly string[];
  /** Default: `Api`, `RefreshToken`; for `client-credentials` `Api`. */
  readonly scopes: readonly OauthScope[];
  /** A login must use PKCE. Default `true` for `authorization-code` and `refresh-token`. */
  readonly pkce: boolean;
  /** Every refresh gives a new refresh token and ends the old one. Default `true` for `authorization-code` and `refresh-token`. */
  readonly rotation: boolean;
  /** Refresh tokens that nobody used for 30 days end, whatever `refreshTokenPolicy` says. Default: as `rotation`. */
  readonly idleLimit: boolean;
  /** Default with `rotation`: 30 days without use; else `Infinite`, which the JWT bearer flow needs for its approvals to stay. */
  readonly refreshTokenPolicy: RefreshTokenPolicy;
  /** Default: `admin-approved` for `jwt-bearer` and `client-credentials`, else `self-authorize`. */
  readonly permittedUsers: PermittedUsers;
  /** API name of a new permission set, which opens the app and nothing else. For `admin-approved`. Default: none. */
  readonly permissionSet?: string;
  /** Names of existing profiles that may use the app, as the org’s language has them. For `admin-approved`. Default: none. */
  readonly profiles: readonly string[];
  /** Whether the network ranges of the org and of profiles hold for the app too. Default `Enforce`. */
  readonly ipRelaxation: IpRelaxation;
  /** Whose tokens `client-credentials` gives: a user with the permission API Only User. Default: somebody chooses one in Setup. */
  readonly runAsUsername?: string;
  /** How long an unused access token lives: 1 to 1440 minutes. Default: as the user’s profile or the org has it. */
  readonly sessionTimeoutMinutes?: number;
  /** Metadata API version: `60.0` or later. Default `66.0`. */
  readonly apiVersion: string;
}

type AlwaysGiven = 'label' | 'contactEmail' | 'kind' | 'grant';

/** What {@link planApp} takes: an {@link AppPlan} of which only label, email, kind and grant must be given. */
export type AppInput = Pick<AppPlan, AlwaysGiven> & {
  readonly [Field in Exclude<keyof AppPlan, AlwaysGiven>]?: AppPlan[Field] | undefined;
};

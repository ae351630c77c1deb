import { isErrorRow } from '../oauth/error-catalogue.ts';
import { APP_KINDS } from '../org/app-kind.ts';
import type { AppSettings } from '../org/apps.ts';
import { requireIpRanges } from '../org/ip-ranges.ts';
import { IP_RELAXATIONS } from '../org/ip-rules.ts';
import { parseRefreshTokenPolicy } from '../org/refresh-token-policy.ts';
import { ROWS, similarRows } from '../rows/catalogue.ts';
import type { EmulatorConfig, LoginHistoryConfig, UserSettings } from './config.ts';
import type { ResolvedConfig } from './config-defaults.ts';
import { SWITCH_CHOICES, type Switches } from './switches.ts';
import {
  anyOf,
  asObject,
  type Check,
  hasShape,
  isArrayOf,
  isBoolean,
  isInteger,
  isIntegerOf,
  isOneOf,
  isRecordOf,
  isText,
  matches,
} from './validation.ts';

const isAnId: Check = matches(/^00D[A-Za-z0-9]{12}([A-Z0-5]{3})?$/, '15 or 18 characters beginning with 00D');
const isConsumerKey: Check = matches(/^[A-Za-z0-9._]{8,256}$/, '8 to 256 characters of A-Z a-z 0-9 . _');
const isScope: Check = matches(/^[a-z][a-z0-9_]*$/, 'a scope such as api or refresh_token');
// What stands here goes into a Location header, and a fragment would swallow the query that is appended.
const isCallbackUrl: Check = matches(
  /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+$/,
  'a URL with its scheme, in ASCII, without blanks and without a fragment',
);
const isCertificate: Check = matches(/^-----BEGIN CERTIFICATE-----/, 'true, false or the PEM of a certificate');
const isPolicy: Check = (value, place) => {
  if (typeof value !== 'string' || parseRefreshTokenPolicy(value, false) === undefined) {
    throw new TypeError(
      `${place}: expected infinite, zero, specific_lifetime:<n>:HOURS|DAYS|MONTHS or specific_inactivity:<n>:…, found ${JSON.stringify(value)}`,
    );
  }
};
const isAddressText: Check = matches(/^[0-9A-Fa-f:.]{2,45}$/, 'an IP address');
const isIpRanges: Check = isArrayOf(hasShape({ start: isAddressText, end: isAddressText }, ['start', 'end']));
const isCount = isInteger(0, 1_000_000_000);
const isOrigin: Check = matches(
  /^https?:\/\/(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$/,
  'an origin such as https://app.example or https://*.app.example',
);
const isDescription: Check = (value, place) => {
  if (value !== null) isText(value, place);
};

/** Keyed by rows of the error catalogue that are an `error` with a description. */
function isErrorRowRecord(check: Check): Check {
  return (value, place) => {
    isRecordOf(check)(value, place);
    const unknown = Object.keys(asObject(value, place)).find((row) => !isErrorRow(row));
    if (unknown === undefined) return;
    const reason = ROWS.has(unknown)
      ? 'has no error_description'
      : `is no row of the error catalogue; there are ${similarRows(unknown)}`;
    throw new TypeError(`${place}.${unknown}: ${unknown} ${reason}`);
  };
}

export const SWITCHES_SHAPE: Readonly<Record<keyof Switches, Check>> = {
  reuseCascade: isBoolean,
  concurrentRefresh: isOneOf(SWITCH_CHOICES.concurrentRefresh),
  processingMs: isInteger(0, 600_000),
  sameSession: isBoolean,
  approvalLimit: isCount,
  loginLimitPerHour: isCount,
  jtiReplayCheck: isBoolean,
  acceptAudienceArray: isBoolean,
  maxAssertionLifetimeSeconds: isCount,
  refuseExpiredCertificate: isBoolean,
  myDomainRequired: isBoolean,
  pkceRequired: isBoolean,
  identityHost: isOneOf(SWITCH_CHOICES.identityHost),
  extendSessions: isBoolean,
  lockSessionsToIp: isBoolean,
  introspectionAlwaysInactive: isBoolean,
};

const APP_SETTINGS_SHAPE: Readonly<Record<keyof AppSettings, Check>> = {
  kind: isOneOf(APP_KINDS),
  scopes: isArrayOf(isScope),
  callbackUrls: isArrayOf(isCallbackUrl),
  isConsumerSecretOptional: isBoolean,
  isSecretRequiredForRefreshToken: isBoolean,
  isPkceRequired: isBoolean,
  isRefreshTokenRotationEnabled: isBoolean,
  isAdminApproved: isBoolean,
  approvedUsers: isArrayOf(isText),
  isClientCredentialEnabled: isBoolean,
  oauthClientCredentialUser: isText,
  isIntrospectAllTokens: isBoolean,
  refreshTokenPolicy: isPolicy,
  isEnforceRefreshTokenTTL: isBoolean,
  sessionTimeoutMinutes: isInteger(1, 1440),
  isNamedUserJwtEnabled: isBoolean,
  namedUserJwtTimeoutMinutes: isIntegerOf([1, 5, 10, 15, 30]),
  ipRelaxation: isOneOf(IP_RELAXATIONS),
  tokenIpRanges: isIpRanges,
  idTokenValidityMinutes: isInteger(1, 720),
  idTokenAudiences: isArrayOf(isText),
  idTokenIncludeStandardClaims: isBoolean,
  propagationDelaySeconds: isCount,
};

export const APP_SHAPE: Readonly<Record<string, Check>> = {
  ...APP_SETTINGS_SHAPE,
  clientId: isConsumerKey,
  clientSecret: isText,
  public: isBoolean,
  certificate: anyOf(isBoolean, isCertificate),
  username: isText,
};

const USER_SETTINGS_SHAPE: Readonly<Record<keyof UserSettings, Check>> = {
  isActive: isBoolean,
  isFrozen: isBoolean,
  isApiEnabled: isBoolean,
  isApiOnly: isBoolean,
  canManageUsers: isBoolean,
  loginIpRanges: isIpRanges,
};

export const USER_SHAPE: Readonly<Record<string, Check>> = {
  ...USER_SETTINGS_SHAPE,
  username: isText,
  password: isText,
  firstName: isText,
  lastName: isText,
  email: isText,
};

export const ORG_SHAPE: Readonly<Record<string, Check>> = {
  id: isAnId,
  name: isText,
  instanceName: isText,
  isSandbox: isBoolean,
  organizationType: isText,
  sessionTimeoutSeconds: isInteger(1, 86_400),
};

export const CONTACT_SHAPE: Readonly<Record<string, Check>> = {
  lastName: isText,
  firstName: isText,
  email: isText,
  account: isText,
};

export const LOGIN_HISTORY_SHAPE: Readonly<Record<keyof LoginHistoryConfig, Check>> = {
  username: isText,
  loginType: isText,
  loginSubType: isText,
  apiType: isText,
  application: isText,
  loginUrl: isText,
  sourceIp: isText,
  status: isText,
  secondsAgo: isCount,
};

export const CONFIG_SHAPE: Readonly<Record<string, Check>> = {
  org: hasShape(ORG_SHAPE),
  users: isArrayOf(hasShape(USER_SHAPE, ['username', 'password'])),
  apps: isRecordOf(hasShape(APP_SHAPE, ['scopes'])),
  accounts: isArrayOf(isText),
  contacts: isArrayOf(hasShape(CONTACT_SHAPE, ['lastName'])),
  loginHistory: isArrayOf(hasShape(LOGIN_HISTORY_SHAPE, ['username', 'loginType', 'secondsAgo'])),
  audiences: isArrayOf(isText),
  switches: hasShape(SWITCHES_SHAPE),
  errorDescriptions: isErrorRowRecord(isDescription),
  errorStatuses: isErrorRowRecord(isInteger(400, 599)),
  corsOrigins: isArrayOf(isOrigin),
  ledgerLimit: isInteger(1, 10_000_000),
  requestLogLimit: isInteger(0, 1_000_000),
  $schema: isText,
};

/** Throws a `TypeError` that names the first wrong place, such as `config.apps.web.scopes[1]`. */
export function validateConfig(config: unknown): asserts config is EmulatorConfig {
  hasShape(CONFIG_SHAPE)(config, 'config');
}

/** Throws a `TypeError` when a user or app of the config refers to another that isn't there, or two collide. */
export function validateReferences(config: ResolvedConfig): void {
  const usernames = new Set<string>();
  for (const [index, { username, loginIpRanges }] of config.users.entries()) {
    requireIpRanges(loginIpRanges, `config.users[${index}].loginIpRanges`);
    if (usernames.has(username.toLowerCase())) throw new TypeError(`config.users[${index}].username: ${username} is there twice`);
    usernames.add(username.toLowerCase());
  }
  for (const [index, { account }] of config.contacts.entries()) {
    if (account !== undefined && !config.accounts.includes(account)) {
      throw new TypeError(`config.contacts[${index}].account: ${account} is not among the accounts`);
    }
  }
  for (const [index, { username }] of config.loginHistory.entries()) {
    if (!usernames.has(username.toLowerCase())) {
      throw new TypeError(`config.loginHistory[${index}].username: ${username} is not among the users`);
    }
  }
  const clientIds = new Set<string>();
  for (const [name, app] of Object.entries(config.apps)) {
    requireIpRanges(app.tokenIpRanges, `config.apps.${name}.tokenIpRanges`);
    if (app.clientId !== undefined && clientIds.has(app.clientId)) {
      throw new TypeError(`config.apps.${name}.clientId: another app has the same`);
    }
    clientIds.add(app.clientId ?? '');
    for (const username of [app.oauthClientCredentialUser, app.username, ...(app.approvedUsers ?? [])]) {
      if (username !== undefined && !usernames.has(username.toLowerCase())) {
        throw new TypeError(`config.apps.${name}: ${username} is not among the users`);
      }
    }
  }
}

/** Throws a `TypeError` unless these are settings that {@link AppSettings} has. */
export function validateAppSettings(settings: unknown): asserts settings is AppSettings {
  hasShape(APP_SETTINGS_SHAPE)(settings, 'settings');
}

/** Throws a `TypeError` unless these are settings that {@link UserSettings} has. */
export function validateUserSettings(settings: unknown): asserts settings is UserSettings {
  hasShape(USER_SETTINGS_SHAPE)(settings, 'settings');
}

/** Throws a `TypeError` unless these are switches. */
export function validateSwitches(switches: unknown): asserts switches is Partial<Switches> {
  hasShape(SWITCHES_SHAPE)(switches, 'switches');
}

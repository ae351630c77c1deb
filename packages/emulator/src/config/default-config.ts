import type { AppConfig, ContactConfig, UserConfig } from './config.ts';

export const DEFAULT_ORG = {
  id: '00D000000000EMU',
  name: 'Forcemint Emulator',
  instanceName: 'EMU1',
  isSandbox: false,
  organizationType: 'Developer Edition',
  sessionTimeoutSeconds: 7200,
} as const;

const ADMIN = 'admin@emulator.example';
const INTEGRATION = 'integration@emulator.example';

export const DEFAULT_USERS: readonly UserConfig[] = [
  { username: ADMIN, password: 'emulator-password-1', firstName: 'Ada', lastName: 'Admin' },
  { username: INTEGRATION, password: 'emulator-password-2', firstName: 'Ines', lastName: 'Integration' },
  { username: 'user@emulator.example', password: 'emulator-password-3', firstName: 'Uma', lastName: 'User' },
];

export const DEFAULT_ACCOUNTS: readonly string[] = ['Emulated Account 1', 'Emulated Account 2', 'Emulated Account 3'];

export const DEFAULT_CONTACTS: readonly ContactConfig[] = [
  { firstName: 'Cleo', lastName: 'Contact', email: 'cleo@customer.example', account: 'Emulated Account 1' },
  { firstName: 'Carl', lastName: 'Contact', email: 'carl@customer.example', account: 'Emulated Account 2' },
  { firstName: 'Cora', lastName: 'Contact', email: 'cora@customer.example', account: 'Emulated Account 3' },
];

/** Where a loopback client may listen: the Salesforce CLI's own callback, and three paths on every port of the documented range. */
export const LOOPBACK_CALLBACK_URLS: readonly string[] = [
  'http://localhost:1717/OauthRedirect',
  ...['localhost', '127.0.0.1'].flatMap((host) =>
    ['', '/', '/callback', '/OauthRedirect'].map((path) => `http://${host}:*${path}`),
  ),
];

const WEB_SCOPES = ['api', 'web', 'refresh_token', 'openid', 'id', 'profile', 'email'];

export const DEFAULT_APPS: Readonly<Record<string, AppConfig>> = {
  jwt: {
    scopes: ['api', 'refresh_token'],
    certificate: true,
    isAdminApproved: true,
    username: INTEGRATION,
  },
  web: {
    scopes: WEB_SCOPES,
    callbackUrls: LOOPBACK_CALLBACK_URLS,
    username: ADMIN,
  },
  rotating: {
    public: true,
    scopes: ['api', 'web', 'refresh_token', 'id'],
    callbackUrls: LOOPBACK_CALLBACK_URLS,
    isPkceRequired: true,
    isRefreshTokenRotationEnabled: true,
    username: ADMIN,
  },
  clientCredentials: {
    scopes: ['api', 'id', 'full', 'refresh_token'],
    isClientCredentialEnabled: true,
    oauthClientCredentialUser: INTEGRATION,
  },
  all: {
    scopes: WEB_SCOPES,
    callbackUrls: LOOPBACK_CALLBACK_URLS,
    certificate: true,
    isAdminApproved: true,
    isClientCredentialEnabled: true,
    oauthClientCredentialUser: INTEGRATION,
    username: INTEGRATION,
  },
  PlatformCLI: {
    clientId: 'PlatformCLI',
    public: true,
    scopes: ['api', 'web', 'refresh_token', 'id'],
    callbackUrls: LOOPBACK_CALLBACK_URLS,
    username: ADMIN,
  },
};

import { everywhere, TOKEN_ERROR_CODE_ROWS } from './token-error-code-rows.ts';
import type { TokenErrorRow } from './token-errors.ts';

const LOGIN_HISTORY = 'Look at the same attempt in the org: Setup → Login History shows a clearer status.';

const BEING_PROCESSED = {
  errorClass: 'busy',
  cause: 'Another request with the same refresh token is being processed: a second program uses this grant.',
  fix: ['Make sure that only this store renews the grant; give other programs a connection of their own.'],
  who: 'operator',
} as const;

const DEAD = {
  errorClass: 'dead',
  cause:
    'The refresh token is dead: revoked, expired by the app’s refresh token policy, pushed out by a sixth approval, or rotated by another program that used it.',
  fix: [
    'Authorize again: forcemint login NAME (or connect again with a new refresh token).',
    'If this repeats, look at the app’s refresh token policy, and whether another program uses the same grant.',
  ],
  who: 'user',
} as const;

const WRONG_AUDIENCE = {
  errorClass: 'setup',
  cause: 'The audience of the assertion names another environment than the one that was asked.',
  fix: [
    'Sandbox and scratch orgs: forcemint update NAME --login-url https://test.salesforce.com --private-key-file K (or the My Domain of the sandbox; a new host wants the key again).',
    'Set it by hand where that does not help: forcemint update NAME --audience URL --private-key-file K',
  ],
  who: 'developer',
} as const;

/** Refusals of the token endpoint, most specific first. */
export const TOKEN_ERROR_ROWS: readonly TokenErrorRow[] = [
  { ids: { 'refresh-token': 'R2' }, descriptions: ['already being processed'], ...BEING_PROCESSED },
  { ids: { 'refresh-token': 'R3' }, descriptions: ['expired authorization code'], ...BEING_PROCESSED },
  {
    ids: { 'refresh-token': 'R1' },
    error: 'invalid_grant',
    descriptions: ['expired access/refresh token', 'expired refresh token'],
    ...DEAD,
  },
  { ids: { 'refresh-token': 'R9' }, error: 'invalid_grant', descriptions: ['token validity expired'], ...DEAD },
  {
    ids: everywhere('R8'),
    descriptions: ['data not available', 'data not found'],
    errorClass: 'setup',
    cause: 'The org is gone: deleted, expired (scratch or trial org), locked, or moved.',
    fix: ['Remove the connection and connect the new org: forcemint remove NAME'],
    who: 'salesforce-admin',
  },
  {
    ids: { 'refresh-token': 'R6' },
    error: 'invalid_grant',
    descriptions: ['inactive user'],
    errorClass: 'dead',
    cause: 'The user who authorized this connection is frozen or deactivated.',
    fix: ['Reactivate the user (Setup → Users), then authorize again: forcemint login NAME'],
    who: 'salesforce-admin',
  },
  {
    ids: { ...everywhere('J8'), 'refresh-token': 'R6' },
    descriptions: ['inactive user'],
    errorClass: 'setup',
    cause: 'The user is frozen or deactivated.',
    fix: ['Reactivate the user (Setup → Users) or choose another one: forcemint update NAME --username USER'],
    who: 'salesforce-admin',
  },
  {
    ids: { 'jwt-bearer': 'J7' },
    descriptions: ['ip restricted', 'login hours'],
    errorClass: 'setup',
    cause: 'This machine’s IP address, or the hour, is outside what the user’s profile allows.',
    fix: ['Add the outgoing IP address to the profile’s Login IP Ranges; the app’s IP Relaxation does not count for JWT bearer.'],
    who: 'salesforce-admin',
  },
  {
    ids: { ...everywhere('J7'), 'authorization-code': 'A11', 'refresh-token': 'R7' },
    descriptions: ['ip restricted', 'login hours'],
    errorClass: 'setup',
    cause: 'This machine’s IP address, or the hour, is outside what the user’s profile or the app allows.',
    fix: [
      'Add the outgoing IP address to the profile’s Login IP Ranges, or to the refresh token IP allowlist of the app.',
      'Or relax it for this app: app policies → IP Relaxation.',
    ],
    who: 'salesforce-admin',
  },
  {
    ids: everywhere('J1'),
    descriptions: ["user hasn't approved this consumer", 'user hasn’t approved this consumer'],
    errorClass: 'setup',
    cause: 'The user is not pre-authorized for this app, or the username does not belong to the org behind this login URL.',
    fix: [
      'App policies → Permitted Users → “Admin approved users are pre-authorized”, then assign a permission set or profile of the user.',
      'Check the username, and that the login URL is the right one (sandbox: test.salesforce.com or its My Domain).',
    ],
    who: 'salesforce-admin',
  },
  {
    ids: everywhere('J10'),
    descriptions: ['user is not admin approved'],
    errorClass: 'setup',
    cause: 'The app admits only users that an admin approved, and this user’s profile and permission sets are not among them.',
    fix: ['Assign to the user a permission set that is assigned to the app: Setup → the app → Policies.'],
    who: 'salesforce-admin',
  },
  {
    ids: { 'jwt-bearer': 'J5' },
    descriptions: ['expired authorization code'],
    errorClass: 'clock',
    cause: 'The assertion had expired when Salesforce looked at it: this machine’s clock is more than three minutes behind.',
    fix: ['Set the clock (NTP: `timedatectl set-ntp true`), then try again.'],
    who: 'operator',
  },
  {
    ids: { 'authorization-code': 'A1' },
    descriptions: ['expired authorization code'],
    errorClass: 'dead',
    cause: 'The authorization code is more than 15 minutes old, or was used already; each code works once.',
    fix: ['Start again: forcemint login NAME'],
    who: 'user',
  },
  {
    ids: { 'authorization-code': 'A2' },
    descriptions: ['invalid authorization code'],
    errorClass: 'dead',
    cause: 'The authorization code is cut off, was decoded twice, or belongs to another app or host.',
    fix: ['Start again and paste the whole address that the browser ended at: forcemint login NAME --paste'],
    who: 'user',
  },
  {
    ids: { 'authorization-code': 'A8' },
    descriptions: ['code verifier'],
    errorClass: 'dead',
    cause: 'The code was issued for another login attempt: its PKCE challenge does not fit.',
    fix: ['Start again and use the code of this attempt: forcemint login NAME'],
    who: 'user',
  },
  {
    ids: { 'jwt-bearer': 'J2' },
    descriptions: ['invalid assertion'],
    errorClass: 'setup',
    cause: 'The signature does not match the certificate of the app: another key, or a certificate that is not active yet.',
    fix: [
      'Compare key and certificate: forcemint update NAME --private-key-file K --certificate-file C checks that they belong together.',
      'Upload that certificate to the app (“Use digital signatures”); a new one takes 2 to 10 minutes to work.',
    ],
    who: 'developer',
  },
  { ids: { 'jwt-bearer': 'J4' }, descriptions: ['audience validation failed', 'invalid audience'], ...WRONG_AUDIENCE },
  { ids: { 'jwt-bearer': 'J3' }, descriptions: ['audience'], ...WRONG_AUDIENCE },
  {
    ids: { 'jwt-bearer': 'J14' },
    descriptions: ["couldn't validate jwt"],
    errorClass: 'setup',
    cause: 'The claims of the assertion are malformed.',
    fix: ['Check client id, username and audience: forcemint show NAME'],
    who: 'developer',
  },
  {
    ids: { 'client-credentials': 'K1' },
    descriptions: ['not supported on this domain'],
    errorClass: 'setup',
    cause: 'This grant is not offered at login.salesforce.com and test.salesforce.com.',
    fix: [
      'Use the My Domain of the org, and give the secret again: forcemint update NAME --login-url https://ACME.my.salesforce.com --client-secret-file F',
    ],
    who: 'developer',
  },
  {
    ids: { 'jwt-bearer': 'J18', 'authorization-code': 'J18', 'refresh-token': 'J18' },
    descriptions: ['not supported on this domain'],
    errorClass: 'setup',
    cause: 'The org, or the app, does not take this grant at this host, but at the org’s own My Domain.',
    fix: [
      'Use the My Domain, and give the secrets again: forcemint update NAME --login-url https://ACME.my.salesforce.com --private-key-file K',
    ],
    who: 'developer',
  },
  {
    ids: everywhere('K2'),
    descriptions: ['no client credentials user enabled'],
    errorClass: 'setup',
    cause: 'The client credentials flow has no run-as user, or that user is inactive or has no API access.',
    fix: ['App policies → Client Credentials Flow → Run As: choose an active user with API access.'],
    who: 'salesforce-admin',
  },
  {
    ids: everywhere('K3'),
    descriptions: ['client credentials flow not enabled'],
    errorClass: 'setup',
    cause: 'The client credentials flow is off for this app, or on in only one of settings and policies.',
    fix: ['Turn “Enable Client Credentials Flow” on in the app’s OAuth settings and in its policies.'],
    who: 'salesforce-admin',
  },
  {
    ids: everywhere('K4'),
    descriptions: ['no valid scopes'],
    errorClass: 'setup',
    cause: 'The app has only scopes that this grant never gets (full, web, refresh_token).',
    fix: ['Add the scope “Manage user data via APIs (api)” to the app.'],
    who: 'salesforce-admin',
  },
  {
    ids: everywhere('K7'),
    descriptions: ['invalid user credentials'],
    errorClass: 'setup',
    cause: 'The run-as user may not use the API, or is frozen.',
    fix: ['Give the user “API Enabled”, and unfreeze it.', LOGIN_HISTORY],
    who: 'salesforce-admin',
  },
  {
    ids: { ...everywhere('J16'), 'authorization-code': 'A12' },
    descriptions: ['app must be installed'],
    errorClass: 'setup',
    cause: 'The app is not installed in this org; since September 2025 uninstalled apps are refused.',
    fix: ['An admin installs the app: Setup → Connected Apps OAuth Usage → Install.'],
    who: 'salesforce-admin',
  },
  {
    ids: everywhere('J11'),
    descriptions: ['refresh_token scope is required'],
    errorClass: 'setup',
    cause: 'The app lacks the scope refresh_token (offline_access), which this grant needs although no refresh token is issued.',
    fix: ['Add “Perform requests at any time (refresh_token, offline_access)” to the app’s scopes.'],
    who: 'salesforce-admin',
  },
  ...TOKEN_ERROR_CODE_ROWS,
];

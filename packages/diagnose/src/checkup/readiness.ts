import type { ConnectionStatus } from '@forcemint/core/administration/status';
import type { AppKind } from '@forcemint/core/connections/connection';
import { usesRefreshToken } from '@forcemint/core/connections/state';
import { type Finding, good, skipped, warning } from './finding.ts';
import { hostKind } from './settings.ts';
import { wayToLogIn } from './tokens.ts';

/** @param methods of the discovery document; `undefined`: it does not say */
export function judgePkce({ connection }: ConnectionStatus, methods: readonly string[] | undefined): Finding {
  if (connection.settings.grant !== 'authorization-code') return skipped('pkce', 'the grant has no login');
  if (methods !== undefined && !methods.includes('S256')) {
    return warning('pkce', `the login host offers ${methods.join(', ') || 'none'}, and not S256`, {
      fix: ['Every login here uses S256; look at what answers for the login host'],
    });
  }
  return good('pkce', 'every login uses it (S256): the app may require it');
}

export function judgeRotation({ connection, rotation, version }: ConnectionStatus): Finding {
  const { settings } = connection;
  if (!usesRefreshToken(settings)) return skipped('rotation', 'the grant has no refresh token');
  if (settings.sharedWith !== undefined && rotation !== 'no') {
    return warning('rotation', `${settings.sharedWith} has the same refresh token`, {
      why: 'Where the app rotates, a renewal by one of the two ends the grant of the other.',
      fix: ['Stop using it there', `Or give the connection a grant of its own: ${wayToLogIn(settings)}`],
    });
  }
  if (rotation === 'yes') return good('rotation', `the app rotates, and Forcemint keeps up with it (version ${version})`);
  if (rotation === 'no') {
    return warning('rotation', 'the app does not rotate refresh tokens', {
      why: 'Salesforce asks partners’ apps for it since May 2026; Forcemint survives rotation, so it can be switched on.',
      fix: ['Setup → External Client App Manager → the app → Settings → OAuth Settings → “Enable Refresh Token Rotation”'],
    });
  }
  return good('rotation', 'not seen yet: every renewal is done as if the app rotated');
}

/** What the org’s records say of the app of the last login; `undefined`: they could not be read. */
export type AppKindFacts = { readonly app: string; readonly isConnectedApp: boolean } | undefined;

/** @param kind as `setup` made it; `undefined`: it was made otherwise */
export function judgeAppKind(kind: AppKind | undefined, clientId: string, facts: AppKindFacts): Finding {
  if (clientId === 'PlatformCLI') {
    return warning('app-kind', 'the Salesforce CLI’s own app', {
      why: 'It is a connected app of Salesforce’s, for people at a terminal; its policies are not yours.',
      fix: ['An app of your own: forcemint setup NAME2'],
    });
  }
  if (kind === 'external-client-app') return good('app-kind', 'an External Client App');
  if (kind === 'connected-app' || facts?.isConnectedApp === true) {
    const name = facts === undefined ? '' : `: ${facts.app}`;
    return warning('app-kind', `a connected app${name}`, {
      why: 'It goes on working; since Spring ’26 no new ones can be made, and username-password and SOAP logins of its kind are ending.',
      fix: ['For a new one: forcemint setup NAME2 (an External Client App)'],
    });
  }
  if (facts !== undefined) return good('app-kind', `${facts.app} is not among the connected apps of the org`);
  return skipped('app-kind', 'Salesforce does not tell this user; new ones are External Client Apps', [
    'Look: Setup → External Client App Manager, or Manage Connected Apps',
  ]);
}

/** @param used hosts that logins of the user went to, as the Login History has them; `undefined`: not known */
export function judgeLegacyHosts({ connection, token }: ConnectionStatus, used: readonly string[] | undefined): Finding {
  const own = [connection.settings.loginUrl, token?.instanceUrl].filter((url) => url !== undefined);
  const legacy = [...own.map((url) => new URL(url).host), ...(used ?? [])].filter(isLegacy);
  const [first] = legacy;
  if (first === undefined) {
    return good(
      'legacy-hosts',
      used === undefined ? 'none in the connection' : 'none in the connection, none in the logins of its user',
    );
  }
  return warning('legacy-hosts', [...new Set(legacy)].join(', '), {
    why: 'Salesforce ends the redirections of old instance and site hosts.',
    fix: ['Use the My Domain, and the site URL under my.site.com'],
  });
}

/** `na12.salesforce.com`, `acme.force.com`; not `acme.my.salesforce.com`, nor a host of the user interface. */
function isLegacy(host: string): boolean {
  return hostKind(`https://${host}`) === 'legacy' || /^[^.]+\.force\.com$/.test(host);
}

/** One row of the Login History. */
export interface LoginRecord {
  readonly loginType: string;
  readonly loginSubType: string;
  readonly apiType: string;
  readonly application: string;
  readonly loginUrl: string;
}

/** @param logins of the user, those of the last 30 days; `undefined`: they could not be read */
export function judgeOldLogins(logins: readonly LoginRecord[] | undefined): Finding {
  if (logins === undefined) {
    return skipped('old-logins', 'the Login History could not be read', [
      'Setup → Login History: look for SOAP under API Type, and for username-password under Login Subtype',
    ]);
  }
  const soap = logins.filter(({ apiType }) => /^soap/i.test(apiType));
  const password = logins.filter(({ loginSubType }) => /password/i.test(loginSubType));
  const found = [said('by SOAP', soap), said('by username and password', password)].filter((text) => text !== undefined);
  if (found.length === 0)
    return good('old-logins', `none by SOAP or username-password among ${counted(logins)} of the user in 30 days`);
  return warning('old-logins', `the same user logs in ${found.join(', and ')}`, {
    why: 'Salesforce ends the username-password flow and SOAP logins; programs that use them will stop.',
    fix: ['Move those programs to forcemint token, forcemint exec or a grant of their own'],
  });
}

function said(how: string, logins: readonly LoginRecord[]): string | undefined {
  if (logins.length === 0) return undefined;
  const programs = [...new Set(logins.map(({ application }) => application))].slice(0, 3).join(', ');
  return `${how} (${counted(logins)} in 30 days: ${programs})`;
}

function counted({ length }: readonly LoginRecord[]): string {
  return length === 1 ? '1 login' : `${length} logins`;
}

import { ConfigurationError, type ReleasedGrant } from '@forcemint/core';
import { salesforceEndpoints } from '@forcemint/core/salesforce/endpoints';
import { isSfdxAuthUrl } from '../import/sfdx-auth-url.ts';

/** How a grant is written down for its new owner. */
export type GrantFormat = 'json' | 'raw' | 'sfdx-auth-url';

export const GRANT_FORMATS: readonly GrantFormat[] = ['json', 'raw', 'sfdx-auth-url'];

/**
 * A grant as text, with a line end. `json`: under the names of OAuth and Salesforce. `raw`: the refresh token alone. `sfdx-auth-url`: what
 * `sf org login sfdx-url` reads.
 * @throws ConfigurationError where an sfdxAuthUrl cannot hold it
 */
export function formatGrant(grant: ReleasedGrant, format: GrantFormat, withClientSecret: boolean): string {
  const clientSecret = withClientSecret ? grant.clientSecret : undefined;
  switch (format) {
    case 'json':
      return `${JSON.stringify(grantJson(grant, clientSecret), undefined, 2)}\n`;
    case 'raw':
      return `${grant.refreshToken}\n`;
    case 'sfdx-auth-url':
      return `${sfdxAuthUrl(grant, clientSecret)}\n`;
  }
}

function grantJson(grant: ReleasedGrant, clientSecret: string | undefined): Readonly<Record<string, string | undefined>> {
  return {
    connection: grant.connection,
    login_url: grant.loginUrl,
    token_endpoint: salesforceEndpoints(grant.loginUrl).token,
    client_id: grant.clientId,
    client_secret: clientSecret,
    refresh_token: grant.refreshToken,
    instance_url: grant.instanceUrl,
    scope: grant.scope,
    rotates: grant.rotates,
  };
}

function sfdxAuthUrl({ loginUrl, clientId, refreshToken }: ReleasedGrant, clientSecret = ''): string {
  const { host, pathname } = new URL(loginUrl);
  const url = `force://${clientId}:${clientSecret}:${refreshToken}@${host}`;
  if (pathname === '/' && isSfdxAuthUrl(url)) return url;
  throw new ConfigurationError('invalid_setting', 'An sfdxAuthUrl cannot hold this client or its tokens.', {
    diagnosis: {
      cause: 'It takes letters, digits, dots, hyphens and underscores only, and a login URL without a path.',
      fix: ['--format json'],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

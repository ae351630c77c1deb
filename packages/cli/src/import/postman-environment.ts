import { CLIENT_AUTH_METHODS, GRANT_NAMES, type GrantName, jwtAudience } from '@forcemint/core';
import { type ImportedConnection, suggestedName } from './imported-connection.ts';
import { invalidImport, isRecord } from './invalid-import.ts';

/** Names that may be shown of an environment. */
export const POSTMAN_NAMES: ReadonlySet<string> = new Set(['name', 'values', 'key', 'value', 'enabled', 'type', 'id']);

/** Hosts that belong to no org. */
const SHARED_HOST = /^https:\/\/(?:login|test)\.salesforce\.com$/;

/**
 * A Postman environment as it is exported, with the variables of Salesforce’s own collection: `url`, `clientId`, `clientSecret`, `redirectUrl`, `username`,
 * `version`, `_endpoint`, `_refreshToken`; and with those that `forcemint export` adds: `grant`, `clientAuth`, `audience`, `privateKey`. `undefined`: something else.
 * @throws ConfigurationError `invalid_import`
 */
export function readPostmanEnvironment(parsed: unknown, what: string): ImportedConnection | undefined {
  if (!isRecord(parsed) || !Array.isArray(parsed['values'])) return undefined;
  const variables = variablesOf(parsed['values']);
  if (variables === undefined) return undefined;
  const text = (key: string): string | undefined => {
    const value = variables.get(key)?.trim() ?? '';
    return value === '' || /^<.*>$|^\{\{.*\}\}$/.test(value) ? undefined : value;
  };
  const [clientId, clientSecret, refreshToken, redirectUrl] = ['clientId', 'clientSecret', '_refreshToken', 'redirectUrl'].map(
    text,
  );
  const [privateKey, username, audience] = ['privateKey', 'username', 'audience'].map(text);
  if (clientId === undefined) {
    throw invalidImport(`${what} is a Postman environment without clientId.`, 'No grant can do without the consumer key.', [
      'Fill in clientId and export the environment again, with its current values.',
    ]);
  }
  const url = text('url')?.replace(/\/+$/, '');
  const endpoint = text('_endpoint')?.replace(/\/+$/, '');
  const myDomain = [url, endpoint].find((candidate) => candidate !== undefined && !SHARED_HOST.test(candidate));
  const grant =
    refreshToken !== undefined
      ? 'refresh-token'
      : (statedGrant(text('grant')) ??
        (privateKey !== undefined && username !== undefined
          ? 'jwt-bearer'
          : clientSecret !== undefined && myDomain !== undefined
            ? 'client-credentials'
            : 'authorization-code'));
  const isSigned = grant === 'jwt-bearer';
  const loginUrl = grant === 'client-credentials' ? myDomain : (url ?? myDomain);
  const clientAuth = CLIENT_AUTH_METHODS.find((method) => method === text('clientAuth'));
  const version = text('version')?.replace(/^v/i, '');
  return {
    format: 'Postman environment',
    suggestedName: suggestedName(myDomain ?? url, text('username')),
    settings: {
      grant,
      loginUrl,
      clientId,
      ...(clientAuth !== undefined && { clientAuth }),
      ...(isSigned && username !== undefined && { username }),
      ...(isSigned && audience !== undefined && audience !== impliedAudience(loginUrl) && { audience }),
      ...(grant === 'authorization-code' && redirectUrl !== undefined && { redirectUris: [redirectUrl] }),
      ...(version !== undefined && { apiVersion: /\./.test(version) ? version : `${version}.0` }),
    },
    secrets: { ...(clientSecret !== undefined && { clientSecret }), ...(privateKey !== undefined && { privateKey }) },
    ...(refreshToken !== undefined && { refreshToken, sharedWith: 'Postman' }),
    ...(text('password') !== undefined && {
      note: 'the password in it is not used: Salesforce is ending the username-password flow, and none of the four grants needs it',
    }),
  };
}

/** As `forcemint export --format postman` writes it. A refresh token that is not there is adopted by nobody. */
function statedGrant(stated: string | undefined): GrantName | undefined {
  return GRANT_NAMES.find((grant) => grant === stated && grant !== 'refresh-token');
}

/** What Forcemint sends without being told; an emulator takes its own origin. */
function impliedAudience(loginUrl = 'https://login.salesforce.com'): string {
  if (!URL.canParse(loginUrl)) return loginUrl;
  const { origin, hostname } = new URL(loginUrl);
  const isSalesforce = /\.(?:salesforce\.com|salesforce\.mil|site\.com)$/.test(hostname);
  return isSalesforce ? jwtAudience(loginUrl, { extraOrigins: [], sovereign: true }) : origin;
}

/** Those that are switched on. */
function variablesOf(values: readonly unknown[]): ReadonlyMap<string, string> | undefined {
  const variables = new Map<string, string>();
  for (const variable of values) {
    if (!isRecord(variable) || typeof variable['key'] !== 'string') return undefined;
    if (variable['enabled'] !== false && typeof variable['value'] === 'string') variables.set(variable['key'], variable['value']);
  }
  return variables;
}

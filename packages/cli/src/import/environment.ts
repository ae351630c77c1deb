import { parseEnv } from 'node:util';
import { type ImportedConnection, suggestedName } from './imported-connection.ts';
import { invalidImport } from './invalid-import.ts';
import { readSfdxAuthUrl } from './sfdx-auth-url.ts';

/** What programs call these things in their environment, without the prefix. The first that is set counts. */
const NAMES = {
  clientId: ['CLIENT_ID', 'CONSUMER_KEY'],
  clientSecret: ['CLIENT_SECRET', 'CONSUMER_SECRET'],
  username: ['USERNAME', 'USER'],
  privateKey: ['PRIVATE_KEY', 'JWT_PRIVATE_KEY'],
  privateKeyFile: ['PRIVATE_KEY_FILE', 'PRIVATE_KEY_PATH', 'JWT_KEY_FILE', 'KEY_FILE'],
  refreshToken: ['REFRESH_TOKEN'],
  loginUrl: ['LOGIN_URL', 'AUTH_URL', 'MY_DOMAIN_URL', 'INSTANCE_URL'],
  redirectUri: ['REDIRECT_URI', 'REDIRECT_URL', 'CALLBACK_URL'],
  audience: ['AUDIENCE_URL', 'AUDIENCE'],
  apiVersion: ['API_VERSION'],
  sfdxAuthUrl: ['SFDX_AUTH_URL'],
  password: ['PASSWORD'],
} as const;

const PREFIXES = ['SF_', 'SALESFORCE_', 'SFDC_'];

type Known = { readonly [Name in keyof typeof NAMES]?: string };

/** Whether text has the form of a `.env` file that speaks of Salesforce. */
export function isEnvironment(text: string): boolean {
  return new RegExp(`^(?:export[ \\t]+)?(?:${PREFIXES.join('|')})[A-Z_]+[ \\t]*=`, 'm').test(text);
}

/**
 * The connection of a `.env` file: variables that begin with `SF_`, `SALESFORCE_` or `SFDC_`. All others are left alone.
 * @throws ConfigurationError `invalid_import`
 */
export function readEnvironment(text: string, what: string): ImportedConnection {
  const known = knownIn(parseEnv(text), what);
  if (known.sfdxAuthUrl !== undefined) return { ...readSfdxAuthUrl(known.sfdxAuthUrl), sharedWith: 'program of this .env file' };
  const { clientId, clientSecret, username, privateKey, privateKeyFile, refreshToken, loginUrl, redirectUri } = known;
  if (clientId === undefined) {
    throw invalidImport(`${what} has no consumer key.`, 'Nothing is set that ends in CLIENT_ID or CONSUMER_KEY.', [
      'SF_CLIENT_ID=3MVG9…',
    ]);
  }
  const grant = grantOf(known);
  return {
    format: '.env file',
    suggestedName: suggestedName(loginUrl, username),
    settings: {
      grant,
      loginUrl,
      clientId,
      ...(grant !== 'client-credentials' && username !== undefined && { username }),
      ...(grant === 'authorization-code' && redirectUri !== undefined && { redirectUris: [redirectUri] }),
      ...(grant === 'jwt-bearer' && known.audience !== undefined && { audience: known.audience }),
      ...(known.apiVersion !== undefined && { apiVersion: known.apiVersion.replace(/^v/i, '') }),
    },
    secrets: {
      ...(clientSecret !== undefined && { clientSecret }),
      ...(grant === 'jwt-bearer' && privateKey !== undefined && { privateKey: privateKey.replaceAll('\\n', '\n') }),
    },
    ...(grant === 'jwt-bearer' && privateKey === undefined && privateKeyFile !== undefined && { privateKeyFile }),
    ...(grant === 'refresh-token' && refreshToken !== undefined && { refreshToken, sharedWith: 'program of this .env file' }),
    ...(known.password !== undefined && {
      note: 'the password in it is not used: Salesforce is ending the username-password flow, and none of the four grants needs it',
    }),
  };
}

function grantOf({ refreshToken, privateKey, privateKeyFile, username, clientSecret, redirectUri }: Known): string {
  if (refreshToken !== undefined) return 'refresh-token';
  if ((privateKey ?? privateKeyFile) !== undefined && username !== undefined) return 'jwt-bearer';
  return clientSecret !== undefined && redirectUri === undefined ? 'client-credentials' : 'authorization-code';
}

/** @throws ConfigurationError where two variables say different things of one */
function knownIn(variables: Readonly<Record<string, string | undefined>>, what: string): Known {
  const entries = Object.entries(NAMES).flatMap(([name, suffixes]) => {
    for (const suffix of suffixes) {
      const set = PREFIXES.map((prefix) => `${prefix}${suffix}`).filter((variable) => (variables[variable] ?? '').trim() !== '');
      const values = new Set(set.map((variable) => variables[variable]?.trim()));
      if (values.size > 1) {
        throw invalidImport(`${set.join(' and ')} in ${what} are not the same.`, 'They mean one thing.', [
          'Leave one of them out.',
        ]);
      }
      const [value] = values;
      if (value !== undefined) return [[name, value]];
    }
    return [];
  });
  return Object.fromEntries(entries) as Known;
}

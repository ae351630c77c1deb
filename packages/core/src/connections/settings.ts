import { ConfigurationError } from '../errors.ts';
import { DEFAULT_SESSION_TIMEOUT_SECONDS } from '../salesforce/expiry.ts';
import { type HostPolicy, isSharedLoginHost, loginUrl } from '../salesforce/hosts.ts';
import {
  APP_KINDS,
  type AppKind,
  CLIENT_AUTH_METHODS,
  type ClientAuthMethod,
  type ConnectionSecrets,
  type ConnectionSettings,
  GRANT_NAMES,
  type GrantName,
  type RotatesSetting,
} from './connection.ts';

/** Default REST API version: Spring '26. */
export const DEFAULT_API_VERSION = '66.0';

/** What a person says of a connection; what is missing gets a default or is an error. */
export interface ConnectionInput {
  readonly grant: string;
  /** Default `https://login.salesforce.com`; client credentials need the My Domain. */
  readonly loginUrl?: string;
  readonly clientId?: string;
  /** Default: `post` with a client secret, else `private-key-jwt` where only a key is given to a grant that needs the client to prove itself, else `none`. */
  readonly clientAuth?: string;
  readonly username?: string;
  readonly audience?: string;
  readonly scope?: string;
  readonly redirectUris?: readonly string[];
  readonly rotates?: string;
  readonly introspect?: string;
  readonly sessionTimeoutSeconds?: number;
  readonly apiVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly certificate?: string;
  /** Of the next private key. */
  readonly nextCertificate?: string;
  readonly sharedWith?: string;
  readonly appKind?: string;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** @throws ConfigurationError `invalid_name` */
export function checkConnectionName(name: string): void {
  if (NAME.test(name)) return;
  throw new ConfigurationError('invalid_name', `${JSON.stringify(name.slice(0, 80))} cannot be a connection's name.`, {
    diagnosis: {
      cause:
        'Names have 1 to 63 characters: lower-case letters, digits, dot, underscore and hyphen, beginning with a letter or digit.',
      fix: [`Use for instance ${suggestName(name)}`],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

function suggestName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
  return plain === '' ? 'acme' : plain;
}

/**
 * Complete, checked settings.
 * @throws ConfigurationError `missing_setting`, `invalid_setting`, `my_domain_required`, or about the login URL
 */
export function connectionSettings(input: ConnectionInput, secrets: ConnectionSecrets, policy: HostPolicy): ConnectionSettings {
  const grant = oneOf('grant', input.grant, GRANT_NAMES, '--grant');
  const clientId = required(input.clientId, 'client id (consumer key)', '--client-id ID');
  const url = loginUrl(input.loginUrl ?? 'https://login.salesforce.com', policy);
  if (grant === 'client-credentials' && isSharedLoginHost(url)) throw myDomainRequired(url);
  const clientAuth = clientAuthOf(input.clientAuth, grant, secrets);
  checkGrantNeeds(grant, input, secrets);
  if (clientAuth === 'none' && grant === 'client-credentials')
    throw missing('client secret or private key', '--client-secret-file F');
  if (input.certificate !== undefined && secrets.privateKey === undefined && secrets.nextPrivateKey === undefined) {
    throw missing('private key that belongs to the certificate', '--private-key-file F');
  }
  if (clientAuth === 'private-key-jwt' && secrets.privateKey === undefined) throw missing('private key', '--private-key-file F');
  if ((clientAuth === 'post' || clientAuth === 'basic') && secrets.clientSecret === undefined) {
    throw missing('client secret', '--client-secret-file F');
  }
  return {
    grant,
    loginUrl: url,
    clientId,
    clientAuth,
    username: input.username,
    audience: input.audience,
    scope: input.scope,
    redirectUris: grant === 'authorization-code' ? redirectUris(input.redirectUris) : undefined,
    rotates: oneOf<RotatesSetting>('rotates', input.rotates ?? 'auto', ['auto', 'yes', 'no'], '--rotates'),
    introspect: oneOf<'auto' | 'off'>('introspect', input.introspect ?? 'auto', ['auto', 'off'], '--introspect'),
    sessionTimeoutSeconds: sessionTimeout(input.sessionTimeoutSeconds ?? DEFAULT_SESSION_TIMEOUT_SECONDS),
    apiVersion: apiVersion(input.apiVersion ?? DEFAULT_API_VERSION),
    labels: input.labels ?? {},
    certificate: input.certificate,
    nextCertificate: secrets.nextPrivateKey === undefined ? undefined : input.nextCertificate,
    sharedWith: input.sharedWith,
    appKind: input.appKind === undefined ? undefined : oneOf<AppKind>('kind of app', input.appKind, APP_KINDS, '--app'),
  };
}

function clientAuthOf(given: string | undefined, grant: GrantName, secrets: ConnectionSecrets): ClientAuthMethod {
  if (given !== undefined) return oneOf('client authentication', given, CLIENT_AUTH_METHODS, '--client-auth');
  if (secrets.clientSecret !== undefined && grant !== 'jwt-bearer') return 'post';
  if (grant === 'jwt-bearer' || secrets.privateKey === undefined) {
    if (grant === 'client-credentials') throw missing('client secret or private key', '--client-secret-file F');
    return 'none';
  }
  return 'private-key-jwt';
}

function checkGrantNeeds(grant: GrantName, input: ConnectionInput, secrets: ConnectionSecrets): void {
  if (grant === 'jwt-bearer') {
    required(input.username, 'username', '--username U');
    required(secrets.privateKey, 'private key', '--private-key-file F');
  }
}

/** Where a login comes back to unless the connection says otherwise: what Salesforce's own command line registers. */
export const DEFAULT_REDIRECT_URI = 'http://localhost:1717/OauthRedirect';

/** Schemes that a browser runs or reads instead of handing them to a program. */
const NO_CALLBACK: readonly string[] = ['javascript:', 'data:', 'file:', 'blob:', 'about:', 'vbscript:'];

function redirectUris(given: readonly string[] | undefined): readonly string[] {
  const uris = given === undefined || given.length === 0 ? [DEFAULT_REDIRECT_URI] : given;
  for (const uri of uris) {
    const url = URL.canParse(uri) ? new URL(uri) : undefined;
    const loopback = url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url !== undefined && url.hash === '' && (loopback || (url.protocol !== 'http:' && !NO_CALLBACK.includes(url.protocol))))
      continue;
    throw new ConfigurationError('invalid_setting', `Not a callback URL: ${JSON.stringify(uri.slice(0, 120))}`, {
      diagnosis: {
        cause: 'Callback URLs are https, a custom scheme, or http on localhost; they have no fragment.',
        fix: [`Use the one that is registered at the app, for instance ${DEFAULT_REDIRECT_URI}`],
        who: 'developer',
        retry: 'fix-first',
      },
    });
  }
  return uris;
}

function sessionTimeout(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 60 && seconds <= 86_400) return seconds;
  throw invalid(
    'session timeout',
    String(seconds),
    'It lies between 1 minute and 24 hours; the org’s own stands in Setup → Session Settings.',
    '--session-timeout 2h',
  );
}

function apiVersion(text: string): string {
  const match = /^v?([0-9]{2,3})(?:\.0)?$/.exec(text);
  if (match !== null) return `${match[1]}.0`;
  throw invalid('API version', text, 'It looks like 66.0.', '--api-version 66.0');
}

function oneOf<T extends string>(what: string, given: string, allowed: readonly T[], flag: string): T {
  const found = allowed.find((value) => value === given);
  if (found !== undefined) return found;
  throw invalid(what, given, `It is one of ${allowed.join(', ')}.`, `${flag} ${allowed[0]}`);
}

function required<T>(value: T | undefined, what: string, flag: string): T {
  if (value === undefined || value === '') throw missing(what, flag);
  return value;
}

function invalid(what: string, given: string, cause: string, fix: string): ConfigurationError {
  return new ConfigurationError('invalid_setting', `${JSON.stringify(given.slice(0, 80))} is no ${what}.`, {
    diagnosis: { cause, fix: [fix], who: 'developer', retry: 'fix-first' },
  });
}

function missing(what: string, flag: string): ConfigurationError {
  return new ConfigurationError('missing_setting', `The ${what} is missing.`, {
    diagnosis: { cause: 'The grant cannot do without it.', fix: [flag], who: 'developer', retry: 'fix-first' },
  });
}

/** Client credentials are refused at the shared login hosts. */
function myDomainRequired(url: string): ConfigurationError {
  return new ConfigurationError('my_domain_required', `Salesforce does not offer client credentials at ${url}.`, {
    diagnosis: {
      id: 'K1',
      cause: 'The client credentials grant works only at the org’s My Domain.',
      fix: ['--login-url https://ACME.my.salesforce.com (Setup → My Domain → Current My Domain URL)'],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

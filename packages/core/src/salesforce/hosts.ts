import { ConfigurationError } from '../errors.ts';

const LOGIN_HOSTS: readonly string[] = ['login.salesforce.com', 'test.salesforce.com'];
const MY_DOMAIN_SUFFIXES: readonly string[] = ['.my.salesforce.com', '.my.site.com'];
/** Government, US military and China hosts, by opt-in. */
const SOVEREIGN_SUFFIXES: readonly string[] = ['.my.salesforce.mil', '.my.sfcrmproducts.cn'];
const LIGHTNING_SUFFIXES: readonly string[] = [
  '.lightning.force.com',
  '.lightning.crmforce.mil',
  '.my-lightning.com',
  '.lightning.sfcrmapps.cn',
  '.salesforce-setup.com',
];
const LEGACY_INSTANCE = /^[a-z]{2,3}[0-9]{1,4}\.salesforce\.com$/;

/** Which hosts may be trusted with secrets. */
export interface HostPolicy {
  /** Exact origins beyond Salesforce's own, from the environment or configuration of the process; may be http and loopback. */
  readonly extraOrigins: readonly string[];
  /** Government and China domains are allowed. Default `false`. */
  readonly sovereign: boolean;
}

/**
 * Reads `FORCEMINT_EXTRA_HOSTS`: comma-separated exact origins.
 * @throws ConfigurationError `invalid_url` for an entry that is not an origin
 */
export function parseExtraHosts(text: string | undefined): readonly string[] {
  const entries = (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.map((entry) => {
    const url = URL.canParse(entry) ? new URL(entry) : undefined;
    const isOrigin =
      url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') && url.href === `${url.origin}/`;
    if (!isOrigin) {
      throw new ConfigurationError(
        'invalid_url',
        `FORCEMINT_EXTRA_HOSTS has an entry that is not an origin: ${printable(entry)}`,
        {
          diagnosis: {
            cause: 'Each entry must be an exact origin: scheme, host and, where it is not the default, port.',
            fix: ['Write it like https://salesforce-proxy.example:8443, entries separated by commas.'],
            who: 'operator',
            retry: 'fix-first',
          },
        },
      );
    }
    return url.origin;
  });
}

/** Where a trusted URL stands. `legacy`: an instance host such as na12.salesforce.com, which Salesforce is retiring. */
export type TrustedHost = 'salesforce' | 'legacy' | 'extra';

/** Whether secrets may go to this URL's host, or an answer may name it; `undefined`: no. Looks at the parsed host only. */
export function trustedHost(url: URL, policy: HostPolicy): TrustedHost | undefined {
  if (url.username !== '' || url.password !== '') return undefined;
  if (policy.extraOrigins.includes(url.origin)) return 'extra';
  if (url.protocol !== 'https:' || url.port !== '') return undefined;
  const host = url.hostname;
  const suffixes = policy.sovereign ? [...MY_DOMAIN_SUFFIXES, ...SOVEREIGN_SUFFIXES] : MY_DOMAIN_SUFFIXES;
  if (LOGIN_HOSTS.includes(host) || suffixes.some((suffix) => host.endsWith(suffix) && host.length > suffix.length))
    return 'salesforce';
  return LEGACY_INSTANCE.test(host) ? 'legacy' : undefined;
}

/**
 * Checks and normalises a login URL: `https://acme.my.salesforce.com`, without trailing slash; Experience Cloud sites keep their path.
 * A bare host is taken as https.
 * @throws ConfigurationError `invalid_url`, `insecure_url`, `lightning_url`, `host_not_allowed`
 */
export function loginUrl(text: string, policy: HostPolicy): string {
  const candidate = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(candidate)) throw badUrl(text, 'It cannot be read as a URL.');
  const url = new URL(candidate);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw badUrl(url.origin, 'A login URL has no user, no password, no query and no fragment.');
  }
  const lightning = myDomainForLightning(url);
  if (lightning !== undefined) {
    throw new ConfigurationError('lightning_url', `${url.origin} is a Lightning URL, which is never a login URL.`, {
      diagnosis: {
        cause: 'Lightning hosts serve the user interface; tokens are issued by the login host or the My Domain.',
        fix: [`Use ${lightning}`],
        who: 'developer',
        retry: 'fix-first',
      },
    });
  }
  const trusted = trustedHost(url, policy);
  if (trusted === undefined && url.protocol !== 'https:') throw insecure(url);
  if (trusted === undefined || trusted === 'legacy') throw notAllowed(url, trusted === 'legacy');
  const path = url.pathname.replace(/\/+$/, '');
  if (path !== '' && !url.hostname.endsWith('.my.site.com') && trusted !== 'extra') {
    throw badUrl(`${url.origin}${url.pathname}`, `A login URL has no path; use ${url.origin}`);
  }
  return `${url.origin}${path}`;
}

/** The My Domain behind a Lightning URL, `undefined` for any other URL. */
function myDomainForLightning(url: URL): string | undefined {
  const suffix = LIGHTNING_SUFFIXES.find((end) => url.hostname.endsWith(end));
  if (suffix === undefined) return undefined;
  const myDomain = url.hostname.slice(0, -suffix.length).replace(/\.(?:my|lightning)$/, '');
  return `https://${myDomain}.my.salesforce.${suffix.endsWith('.mil') ? 'mil' : 'com'}`;
}

/** `true` for login.salesforce.com and test.salesforce.com, where some grants are not offered. */
export function isSharedLoginHost(loginUrlText: string): boolean {
  return LOGIN_HOSTS.includes(new URL(loginUrlText).hostname);
}

/**
 * The `aud` of a JWT bearer assertion for a login URL (RFC 7523 §3): `https://test.salesforce.com` for sandbox and scratch hosts, the site's URL for
 * sites, the origin itself for extra hosts, else `https://login.salesforce.com`.
 */
export function jwtAudience(loginUrlText: string, policy: HostPolicy): string {
  const url = new URL(loginUrlText);
  if (trustedHost(url, policy) === 'extra') return url.origin;
  if (url.hostname.endsWith('.my.site.com')) return loginUrlText;
  const sandbox =
    url.hostname === 'test.salesforce.com' || /\.(?:sandbox|scratch)\.my\.salesforce\.(?:com|mil)$/.test(url.hostname);
  return sandbox ? 'https://test.salesforce.com' : 'https://login.salesforce.com';
}

function badUrl(shown: string, why: string): ConfigurationError {
  return new ConfigurationError('invalid_url', `Not a login URL: ${printable(shown)}`, {
    diagnosis: {
      cause: why,
      fix: ['Give the My Domain (https://ACME.my.salesforce.com), https://login.salesforce.com or https://test.salesforce.com.'],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

function insecure(url: URL): ConfigurationError {
  return new ConfigurationError('insecure_url', `${url.origin} is not https; secrets are not sent over it.`, {
    diagnosis: {
      cause: 'Secrets go over https only.',
      fix: [
        `Use https://${url.host}`,
        `For a local emulator or a test server, allow its exact origin: FORCEMINT_EXTRA_HOSTS=${url.origin}`,
      ],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

function notAllowed(url: URL, legacy: boolean): ConfigurationError {
  return new ConfigurationError('host_not_allowed', `${url.origin} is not a Salesforce login host; secrets are not sent to it.`, {
    diagnosis: {
      cause: legacy
        ? 'Instance hosts such as na12.salesforce.com are being retired by Salesforce and cannot be logged in to.'
        : 'Only login.salesforce.com, test.salesforce.com, *.my.salesforce.com and *.my.site.com are trusted with secrets.',
      fix: [
        'Use the My Domain of the org: Setup → My Domain → Current My Domain URL.',
        `If this really is a server of yours (proxy, emulator), allow its exact origin: FORCEMINT_EXTRA_HOSTS=${url.origin}`,
      ],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

function printable(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

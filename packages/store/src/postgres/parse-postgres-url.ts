import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { ConfigurationError } from '@forcemint/core/errors';

/** Where a PostgreSQL server is, and how it is spoken to. */
export interface PostgresAddress {
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `undefined`: without TLS. */
  readonly tls: ConnectionOptions | undefined;
  /** For people: never with a password. */
  readonly safeUrl: string;
}

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/** What may stand behind the question mark; `application_name` and `connect_timeout` mean nothing here and are let through. */
const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'port', 'user', 'application_name', 'connect_timeout'];

/**
 * Reads a connection URI as libpq does (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING), with two differences: the default of
 * `sslmode` is `verify-full`, except on the loopback and Unix sockets, where it is `disable`; and `allow` and `prefer`, which give in to whoever can cut a
 * connection, are refused.
 * @throws ConfigurationError `invalid_url`, `insecure_url` for `allow` and `prefer`, `invalid_certificate` for a certificate file that can't be read
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  const url = parse(text);
  const parameter = (name: string) => url.searchParams.get(name) ?? undefined;
  // Not named: it may be the rest of a password that has a question mark in it.
  if ([...url.searchParams.keys()].some((name) => !PARAMETERS.includes(name))) {
    throw invalid(`it has another parameter than ${PARAMETERS.join(', ')}.`);
  }
  const host = parameter('host') ?? (decode(url.hostname).replace(/^\[|\]$/g, '') || 'localhost');
  const port = Number(parameter('port') ?? (url.port || 5432));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid('its port is no port number.');
  const user = parameter('user') ?? (decode(url.username) || undefined);
  const database = decode(url.pathname.slice(1)) || user;
  if (database === undefined) throw invalid('it names no database.');
  const mode = sslMode(parameter('sslmode'), host);
  const safe = new URL(url);
  safe.password = '';
  return {
    host,
    port,
    database,
    user,
    password: decode(url.password) || undefined,
    tls: mode === 'disable' ? undefined : tlsOptions(mode, host, parameter),
    safeUrl: safe.href,
  };
}

function parse(text: string): URL {
  let url: URL;
  if (/^[^/]*\/\/[^/?#]*[/?#].*@/s.test(text))
    throw invalid('it has an @ behind the host. In a password, / ? # @ must be percent-encoded.');
  try {
    // libpq allows a user without a host, which then stands among the parameters; the URL standard doesn't.
    url = new URL(text.replace(/^(postgres(?:ql)?:\/\/[^/@]*@)\//, '$1localhost/'));
  } catch {
    throw invalid('it could not be read. In user name and password, characters such as @ : / # % must be percent-encoded.');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw invalid('it does not begin with postgres://.');
  if (url.hash !== '') throw invalid('it has a # in it; as part of a password it must be written as %23.');
  return url;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('a % in it is not followed by two hexadecimal digits.');
  }
}

function sslMode(given: string | undefined, host: string): SslMode {
  if (given === undefined) return isLocal(host) ? 'disable' : 'verify-full';
  const known = SSL_MODES.find((mode) => mode === given);
  if (known !== undefined) return known;
  if (given !== 'allow' && given !== 'prefer') throw invalid(`its sslmode is none of ${SSL_MODES.join(', ')}.`);
  throw new ConfigurationError(
    'insecure_url',
    `sslmode=${given} would go on without encryption when somebody cuts the first try.`,
    {
      diagnosis: {
        cause: 'This mode protects against nobody who can interfere with the connection.',
        fix: ['Use sslmode=verify-full, or sslmode=disable where the network is trusted.'],
        who: 'operator',
        retry: 'fix-first',
      },
    },
  );
}

/** Nothing leaves the machine on the way to this host. */
function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function tlsOptions(mode: SslMode, host: string, parameter: (name: string) => string | undefined): ConnectionOptions {
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => {
    const path = parameter(name);
    return path === undefined || path === 'system' ? undefined : fileOf(name, path);
  });
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: mode !== 'require',
    // The driver says nothing of a host that is an address, and Node.js would then compare with "localhost".
    checkServerIdentity: (_name, certificate) => (mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined),
  };
}

function fileOf(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigurationError('invalid_certificate', `The file that ${parameter} names could not be read: ${path}.`, {
      cause,
      diagnosis: {
        cause: 'The path in the database URL is wrong, or this user may not read the file.',
        fix: [`Correct ${parameter} in the database URL, or the permissions of the file.`],
        who: 'operator',
        retry: 'fix-first',
      },
    });
  }
}

/** Never quotes the URL: it may hold a password. */
function invalid(why: string): ConfigurationError {
  return new ConfigurationError('invalid_url', `The database URL is not usable: ${why}`, {
    diagnosis: {
      cause: 'It does not have the form that is expected.',
      fix: ['Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

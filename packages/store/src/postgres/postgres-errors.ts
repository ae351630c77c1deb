import { StoreError, type StoreErrorCode } from '@forcemint/core/errors';
import { forOperator, type Meaning, meaningOf } from '../meaning.ts';

/** `SQLSTATE` of an error that the server reported (https://www.postgresql.org/docs/current/errcodes-appendix.html); `undefined` for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** The connection did not live to see the end of the statement: whether it was committed is not known. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut';
}

/**
 * The connection is of no use any more. What a driver or a socket reports has no SQLSTATE; of the server's own errors it is those of class 08 and those by
 * which a connection is ended from outside (57P01 to 57P05).
 */
export function isConnectionCut(error: unknown): boolean {
  if (error instanceof StoreError || error instanceof TypeError || error instanceof RangeError) return false;
  const state = sqlState(error);
  return state === undefined || state.startsWith('08') || /^57P0[1-5]$/.test(state);
}

/** The server has undone the statement because of others that ran at the same time: the same statement may succeed at once. */
export function isRepeatable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/** A value of one row was refused (classes 22 and 23); another statement without that row is not. */
export function isOfOneRow(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? '');
}

/** A row of the same key is there already. */
export function isDuplicate(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** What an error of the server or the driver means to the caller. Decided by SQLSTATE and error codes, never by text. */
export function asStoreError(error: unknown, safeUrl: string): unknown {
  if (error instanceof StoreError || error instanceof TypeError || error instanceof RangeError) return error;
  const state = sqlState(error);
  if (state === undefined) return unreachable(error, safeUrl);
  if (state.startsWith('23')) {
    return new TypeError('The store refused a row that breaks a rule of its tables.', { cause: withoutValues(error) });
  }
  const meaning = MEANINGS.get(state) ?? MEANINGS.get(state.slice(0, 2)) ?? OTHERWISE;
  return meaningOf(meaning, `${safeUrl}; SQLSTATE ${state}`, withoutValues(error));
}

/** The server could not be asked, or the connection ended before its answer. */
export function unreachable(error: unknown, safeUrl: string): StoreError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const tls = code !== undefined && TLS_TROUBLE.has(code);
  const message = tls ? 'The certificate of the database server is not trusted' : 'The database server could not be reached';
  const fix = tls
    ? [
        'Name the certificate authority of the server with sslrootcert in the database URL, and use the host name that its certificate was made for.',
      ]
    : [
        'Check that the server runs, and that host, port and sslmode of the database URL are right.',
        'If the server speaks no TLS and the network between is trusted, say sslmode=disable.',
      ];
  const where = code === undefined ? safeUrl : `${safeUrl}; ${code}`;
  return meaningOf({ code: 'store_unavailable', message, fix, retryable: !tls }, where, withoutValues(error));
}

/** All connections that this process may have were in use for as long as a caller waits. */
export function poolExhausted(safeUrl: string, size: number, waitedMs: number): StoreError {
  const message = `All ${size} database connections of this process were in use for ${Math.round(waitedMs / 1000)} s`;
  const fix = ['Try again; if it stays so, look for slow queries at the server, or raise the size of the pool.'];
  return new StoreError('store_unavailable', `${message} (${safeUrl}).`, {
    retryable: true,
    diagnosis: forOperator(message, fix, true),
  });
}

/** A refusal with a cause and a cure, beyond what a SQLSTATE says. */
export function refusal(code: StoreErrorCode, message: string, cause: string, fix: readonly string[]): StoreError {
  return new StoreError(code, message, { diagnosis: forOperator(cause, fix, false) });
}

/** The server quotes rows and parameters in its errors: of those only the codes go on. */
function withoutValues(error: unknown): Error {
  const state = sqlState(error);
  if (state !== undefined) return Object.assign(new Error(`PostgreSQL error ${state}`), { severity: 'ERROR', code: state });
  if (error instanceof ConnectionCut) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return new Error(code === undefined ? 'the connection ended' : `connection error ${code}`);
}

const TLS_TROUBLE: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const OTHERWISE: Meaning = {
  code: 'store_unavailable',
  message: 'The database could not do what was asked',
  fix: ['Look at the log of the database server.'],
  retryable: true,
};

const AUTHENTICATION: Meaning = {
  code: 'store_no_rights',
  message: 'The database server refused the role or its password',
  fix: ['Correct user and password of the database URL, or allow the role in pg_hba.conf.'],
  retryable: false,
};

const DAMAGED: Meaning = {
  code: 'store_corrupt',
  message: 'The database reports damaged files',
  fix: ['Look at the log of the database server, and restore from a backup or fail over to a standby.'],
  retryable: false,
};

const TOO_MANY: Meaning = {
  code: 'store_unavailable',
  message: 'The database server takes no more connections',
  fix: ['Try again; if it stays so, raise max_connections, make the pools smaller, or put PgBouncer between.'],
  retryable: true,
};

/** By SQLSTATE, or by its class (two characters). */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['28', AUTHENTICATION],
  [
    '3D',
    {
      code: 'store_unavailable',
      message: 'There is no database of that name on the server',
      fix: ['Create it (`createdb --encoding=UTF8`), or correct the database URL.'],
      retryable: false,
    },
  ],
  [
    '42501',
    {
      code: 'store_no_rights',
      message: 'The role lacks a right in the database',
      fix: ['Let an administrator run what `forcemint store migrate --print` prints: it grants what the role needs.'],
      retryable: false,
    },
  ],
  [
    '42',
    {
      code: 'store_corrupt',
      message: 'The tables of the store are not those that this program made',
      fix: ['Bring the schema up to date with `forcemint store migrate`, or restore it from a backup.'],
      retryable: false,
    },
  ],
  [
    '25006',
    {
      code: 'store_read_only',
      message: 'The database takes no writes',
      fix: [
        'Point the database URL to the primary: this is a standby, or default_transaction_read_only is on for the role or database.',
      ],
      retryable: true,
    },
  ],
  [
    '53100',
    {
      code: 'store_full',
      message: 'The disk of the database server is full',
      fix: ['Free space on it; nothing that was stored is lost.'],
      retryable: true,
    },
  ],
  ['53300', TOO_MANY],
  ['53', { ...TOO_MANY, message: 'The database server lacks resources' }],
  ['55P03', { code: 'store_locked', message: 'A table of the store is locked by others', fix: ['Try again.'], retryable: true }],
  [
    '57014',
    {
      code: 'store_unavailable',
      message: 'The database server cancelled a statement',
      fix: ['Raise statement_timeout of the role or database to 30 seconds or more, and lock_timeout likewise.'],
      retryable: true,
    },
  ],
  [
    '57P03',
    {
      code: 'store_unavailable',
      message: 'The database server is starting up or shutting down',
      fix: ['Try again.'],
      retryable: true,
    },
  ],
  ['XX001', DAMAGED],
  ['XX002', DAMAGED],
]);

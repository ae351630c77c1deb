import type { ConnectionRow, ConnectionSettings } from '../connections/connection.ts';
import {
  type AuthError,
  ConfigurationError,
  type ConfigurationErrorCode,
  type MalformedResponseCode,
  MalformedResponseError,
  OAuthResponseError,
  type ReauthorizationCode,
  ReauthorizationRequired,
  StoreError,
  type StoreErrorCode,
  TransportError,
  type TransportErrorCode,
} from '../errors.ts';
import type { Refusal } from '../oauth/answer.ts';
import { type RequestKind, readTokenError } from '../salesforce/token-errors.ts';
import type { Failure } from './exchange.ts';

const GRANT_IN_WORDS: Readonly<Record<RequestKind, string>> = {
  'jwt-bearer': 'JWT bearer',
  'authorization-code': 'authorization code',
  'refresh-token': 'refresh token',
  'client-credentials': 'client credentials',
};

/** Which request renews a connection: who once used a code renews with the refresh token it brought. */
export function renewalRequest(settings: ConnectionSettings): RequestKind {
  return settings.grant === 'authorization-code' ? 'refresh-token' : settings.grant;
}

/** A refusal as an error that says which request it was, what it means and what to do. */
export function refusalError(connection: string, request: RequestKind, refusal: Refusal, note = ''): OAuthResponseError {
  const { errorClass, diagnosis } = readTokenError(request, refusal.error, refusal.errorDescription);
  const words = refusal.errorDescription === undefined ? refusal.error : `${refusal.error} (${refusal.errorDescription})`;
  return new OAuthResponseError(
    `Salesforce refused the ${GRANT_IN_WORDS[request]} request of ${connection}: ${words}.${note}`,
    { ...refusal, errorClass },
    { diagnosis: named(diagnosis, connection), retryable: errorClass === 'busy' || errorClass === 'passing' },
  );
}

/** Fixes speak of this connection, not of NAME. */
function named<T extends { readonly fix: readonly string[] }>(diagnosis: T, connection: string): T {
  return { ...diagnosis, fix: diagnosis.fix.map((line) => line.replace(/\bNAME\b/g, connection)) };
}

const REAUTHORIZATION: Readonly<Record<ReauthorizationCode, { what: string; cause: string }>> = {
  refresh_token_dead: {
    what: 'Salesforce no longer accepts the refresh token',
    cause: 'It was revoked, expired by policy, pushed out by a sixth approval, or used by another program.',
  },
  refresh_token_lost: {
    what: 'the answer to a renewal never arrived, and its refresh token is lost',
    cause: 'The app rotates refresh tokens; the request left, its answer did not come, and one careful repetition did not help.',
  },
  never_authorized: { what: 'nobody has logged in yet', cause: 'The connection was made, its first login is still to come.' },
  no_refresh_token: {
    what: 'Salesforce gave no refresh token',
    cause: 'The app lacks the scope refresh_token (offline_access), or its policy is “Immediately expire refresh token”.',
  },
  handed_over: {
    what: 'its refresh token was handed over, and another product renews it now',
    cause: 'Somebody exported it with --hand-over; two owners of one grant would end it.',
  },
  authorization_denied: { what: 'access was denied in the browser', cause: 'Somebody pressed Deny.' },
  state_mismatch: { what: 'the callback belongs to another login', cause: 'Its state is not the one of this attempt.' },
  login_timeout: { what: 'nobody finished the login in time', cause: 'No callback arrived.' },
  code_refused: {
    what: 'Salesforce refused the authorization code',
    cause: 'It is too old, was used already, or is incomplete.',
  },
};

/** How a human authorizes a connection again. */
export function wayToAuthorize({ name, settings }: ConnectionRow): string {
  return settings.grant === 'refresh-token' ? `forcemint update ${name} --refresh-token-file F` : `forcemint login ${name}`;
}

/** A human must authorize again; `refusal` is what Salesforce said, where it said something. */
export function reauthorizationRequired(
  connection: ConnectionRow,
  code: ReauthorizationCode,
  refusal?: OAuthResponseError,
): ReauthorizationRequired {
  const { what, cause } = REAUTHORIZATION[code];
  const said =
    refusal === undefined
      ? ''
      : ` (${[refusal.error, refusal.errorDescription].filter((text) => text !== undefined).join(': ')})`;
  const known = refusal?.diagnosis;
  const others = (known?.fix ?? []).filter((line) => !line.includes('forcemint login'));
  return new ReauthorizationRequired(code, `${connection.name} must be authorized again: ${what}${said}.`, {
    cause: refusal,
    diagnosis: {
      id: known?.id,
      cause: known?.cause ?? cause,
      fix: [...others, wayToAuthorize(connection)],
      who: known?.who ?? 'user',
      retry: 'reauthorize',
    },
  });
}

/** What is kept of an error for whoever waited on the attempt, and for `status`. */
export function failureFrom(error: AuthError, atMs: number): Omit<Failure, 'seq'> {
  const { code: errorCode, message, retryable, retryAt, diagnosis } = error;
  const common = { atMs, code: errorCode, message, retryable, retryAt, diagnosis };
  if (error instanceof OAuthResponseError) {
    const { error: code, errorDescription, status, errorClass } = error;
    return { ...common, kind: 'oauth', error: code, errorDescription, status, errorClass };
  }
  if (error instanceof MalformedResponseError) return { ...common, kind: 'malformed', status: error.status };
  if (error instanceof TransportError) return { ...common, kind: 'transport', sent: error.sent };
  if (error instanceof ReauthorizationRequired) return { ...common, kind: 'reauthorization' };
  if (error instanceof StoreError) return { ...common, kind: 'store' };
  return { ...common, kind: 'configuration' };
}

/** The error that a stored failure stands for: what a waiter throws when the attempt it waited on failed. */
export function errorFrom(failure: Failure): AuthError {
  const { message, retryable, retryAt, diagnosis, code, status = 0 } = failure;
  const options = { retryable, retryAt, diagnosis };
  switch (failure.kind) {
    case 'oauth': {
      const { error = 'unknown_error', errorDescription, errorClass = 'unrecognized' } = failure;
      return new OAuthResponseError(message, { error, errorDescription, status, errorClass }, options);
    }
    case 'malformed':
      return new MalformedResponseError(code as MalformedResponseCode, status, message, options);
    case 'transport':
      return new TransportError(code as TransportErrorCode, failure.sent ?? 'maybe', message, options);
    case 'reauthorization':
      return new ReauthorizationRequired(code as ReauthorizationCode, message, options);
    case 'store':
      return new StoreError(code as StoreErrorCode, message, options);
    case 'configuration':
      return new ConfigurationError(code as ConfigurationErrorCode, message, options);
  }
}

/** An answer failed validation: kept, not used. */
export function answerHeld({ name, settings }: ConnectionRow, problems: readonly string[]): ConfigurationError {
  const fix = [
    'If the host is right, allow it: FORCEMINT_EXTRA_HOSTS=ORIGIN; the held answer is then used as it is.',
    `If the secret was wrong, give the right one: forcemint update ${name} --client-secret-file F`,
    settings.grant === 'authorization-code'
      ? `If another user or org logged in, log in again: forcemint login ${name}`
      : `If the user or org is another one on purpose, make the connection anew: forcemint connect ${name} --replace …`,
  ];
  return new ConfigurationError('answer_held', `The token answer for ${name} is held and not used: ${problems.join('; ')}.`, {
    diagnosis: {
      cause:
        'The answer names a host, org or user that this connection does not trust, or its signature is wrong. Nothing in it was dropped.',
      fix,
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

/** There is no such connection. */
export function notFound(name: string): ConfigurationError {
  return new ConfigurationError('connection_not_found', `There is no connection ${JSON.stringify(name)}.`, {
    diagnosis: {
      cause: 'It was never made in this store, or was removed.',
      fix: [
        'See what there is: forcemint list',
        `Make it: forcemint connect ${/^[a-z0-9]/.test(name) ? name : 'NAME'} --grant …`,
      ],
      who: 'developer',
      retry: 'fix-first',
    },
  });
}

/** The server returned the token that was reported invalid. */
export function tokenUnchanged(name: string): MalformedResponseError {
  return new MalformedResponseError(
    'token_unchanged',
    200,
    `Salesforce returned the token of ${name} that was reported invalid, twice.`,
    {
      diagnosis: {
        cause:
          'The session exists for Salesforce’s OAuth server; the 401 has another reason: wrong instance URL, missing scope “api”, or an IP-bound session.',
        fix: ['Call the instance URL that comes with the token.', 'Check the app’s scopes and session policies.'],
        who: 'salesforce-admin',
        retry: 'fix-first',
      },
    },
  );
}

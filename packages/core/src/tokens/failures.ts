import type { ConnectionRow, ConnectionSettings } from '../connections/connection.ts';
import {
  type AuthError,
  ConfigurationError,
  type MalformedResponseCode,
  MalformedResponseError,
  OAuthResponseError,
  type ReauthorizationCode,
  ReauthorizationRequired,
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
  authorization_denied: { what: 'access was denied in the browser', cause: 'Somebody pressed Deny.' },
  state_mismatch: { what: 'the callback belongs to another login', cause: 'Its state is not the one of this attempt.' },
  login_timeout: { what: 'nobody finished the login in time', cause: 'No callback arrived.' },
  code_refused: {
    what: 'Salesforce refused the authorization code',
    cause: 'It is too old, was used already, or is incomplete.',
  },
};

/** A human must authorize again. */
export function reauthorizationRequired(
  connection: ConnectionRow,
  code: ReauthorizationCode,
  cause?: unknown,
): ReauthorizationRequired {
  const { what, cause: why } = REAUTHORIZATION[code];
  const adopted = connection.settings.grant === 'refresh-token';
  const fix = adopted ? `forcemint update ${connection.name} --refresh-token-file F` : `forcemint login ${connection.name}`;
  return new ReauthorizationRequired(code, `${connection.name} must be authorized again: ${what}.`, {
    cause,
    diagnosis: { cause: why, fix: [fix], who: 'user', retry: 'reauthorize' },
  });
}

/** What is kept of an error for whoever waited on the attempt, and for `status`. */
export function failureFrom(error: AuthError, atMs: number): Omit<Failure, 'seq'> {
  const common = { atMs, code: error.code, message: error.message, retryable: error.retryable };
  if (error instanceof OAuthResponseError) {
    const { error: code, errorDescription, status, errorClass } = error;
    return { ...common, kind: 'oauth', error: code, errorDescription, status, errorClass };
  }
  if (error instanceof MalformedResponseError) return { ...common, kind: 'malformed', status: error.status };
  if (error instanceof TransportError) return { ...common, kind: 'transport', sent: error.sent };
  if (error instanceof ReauthorizationRequired) return { ...common, kind: 'reauthorization' };
  return { ...common, kind: 'configuration' };
}

/** The error that a stored failure stands for: what a waiter throws when the attempt it waited on failed. */
export function errorFrom(connection: ConnectionRow, failure: Failure): AuthError {
  const { message, retryable } = failure;
  switch (failure.kind) {
    case 'oauth': {
      const { error = 'unknown_error', errorDescription, status = 400, errorClass = 'unrecognized' } = failure;
      const { diagnosis } = readTokenError(renewalRequest(connection.settings), error, errorDescription);
      return new OAuthResponseError(
        message,
        { error, errorDescription, status, errorClass },
        { retryable, diagnosis: named(diagnosis, connection.name) },
      );
    }
    case 'malformed':
      return new MalformedResponseError(failure.code as MalformedResponseCode, failure.status ?? 0, message, { retryable });
    case 'transport':
      return new TransportError(failure.code as TransportErrorCode, failure.sent ?? 'maybe', message, { retryable });
    case 'reauthorization':
      return reauthorizationRequired(connection, failure.code as ReauthorizationCode);
    case 'configuration':
      return new ConfigurationError('answer_held', message, { retryable, diagnosis: heldDiagnosis(connection.name) });
  }
}

/** An answer failed validation: kept, not used. */
export function answerHeld(connection: string, problems: readonly string[]): ConfigurationError {
  return new ConfigurationError(
    'answer_held',
    `The token answer for ${connection} is held and not used: ${problems.join('; ')}.`,
    {
      diagnosis: heldDiagnosis(connection),
    },
  );
}

function heldDiagnosis(connection: string): { cause: string; fix: string[]; who: 'operator'; retry: 'fix-first' } {
  return {
    cause:
      'The answer names a host, org or user that this connection does not trust, or its signature is wrong. Nothing in it was dropped.',
    fix: [
      'If the host is right, allow it: FORCEMINT_EXTRA_HOSTS=ORIGIN; the held answer is then used as it is.',
      `If the secret was wrong, give the right one: forcemint update ${connection} --client-secret-file F`,
      `If another user or org logged in, log in again: forcemint login ${connection}`,
    ],
    who: 'operator',
    retry: 'fix-first',
  };
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

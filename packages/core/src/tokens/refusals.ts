import type { ConnectionRow } from '../connections/connection.ts';
import { type AuthError, TransportError } from '../errors.ts';
import type { Decision } from './exchange.ts';
import { errorFrom, notFound, reauthorizationRequired, wayToAuthorize } from './failures.ts';

/** Why no request may leave now, and what to do. */
export function refusalOf(connection: ConnectionRow, decision: Exclude<Decision, { do: 'post' }>): AuthError {
  const { record } = decision;
  if (decision.do === 'refuse') {
    switch (decision.why) {
      case 'reauthorization-required':
        return record.failure?.kind === 'reauthorization'
          ? errorFrom(record.failure)
          : reauthorizationRequired(connection, record.reauthorization ?? 'refresh_token_dead');
      case 'held':
        return record.heldFailure === undefined ? notFound(connection.name) : errorFrom(record.heldFailure);
      case 'handed-over':
        return reauthorizationRequired(connection, 'handed_over');
      case 'deleted':
        return notFound(connection.name);
    }
  }
  const retryAt = Math.ceil(decision.untilMs / 1000);
  const when = new Date(retryAt * 1000).toISOString();
  if (decision.why === 'unknown') {
    return new TransportError(
      'outcome_unknown',
      'maybe',
      `The last renewal of ${connection.name} left and no answer came; it is not repeated before ${when}.`,
      {
        retryAt,
        diagnosis: {
          cause:
            'The app may have rotated the refresh token; presenting the old one while that request could still be processed would revoke the grant.',
          fix: ['Wait: one careful repetition follows by itself.', `Or authorize again now: ${wayToAuthorize(connection)}`],
          who: 'nobody',
          retry: 'wait',
        },
      },
    );
  }
  const budget = decision.why === 'budget';
  return new TransportError(
    'budget_exhausted',
    'no',
    budget
      ? `${connection.name} has used its budget of token requests; the next may leave at ${when}.`
      : `${connection.name} was renewed by force a moment ago; the next forced renewal may leave at ${when}.`,
    {
      retryAt,
      diagnosis: {
        cause: budget
          ? 'At most 4 token requests a minute leave for one connection, so that no loop can exhaust the org’s login limit.'
          : 'Forced renewals are at least 30 seconds apart.',
        fix: ['Wait; or use the token that there is: forcemint token NAME'.replace('NAME', connection.name)],
        who: 'nobody',
        retry: 'wait',
      },
    },
  );
}

/** The budget ended between a staged credential and the one that is in use. */
export function budgetEnded(name: string): TransportError {
  return new TransportError(
    'budget_exhausted',
    'no',
    `${name} has used its budget of token requests; only what is staged was tried.`,
    {
      diagnosis: {
        cause:
          'At most 4 token requests a minute leave for one connection, and the staged credential was refused with the last of them.',
        fix: [`Wait; or use the token that there is: forcemint token ${name}`],
        who: 'nobody',
        retry: 'wait',
      },
    },
  );
}

/** The user of this connection has no logins left. */
export function userBudgetExhausted({ name }: ConnectionRow, untilMs: number): TransportError {
  const retryAt = Math.ceil(untilMs / 1000);
  const when = new Date(retryAt * 1000).toISOString();
  return new TransportError(
    'budget_exhausted',
    'no',
    `The Salesforce user of ${name} has used up this process’s share of logins; the next may leave at ${when}.`,
    {
      retryAt,
      diagnosis: {
        cause: 'Salesforce takes 3,600 logins an hour for each user; beyond that it refuses the user everywhere.',
        fix: [
          'Share one connection instead of many for the same user.',
          'Look for what asks for tokens in a loop: forcemint events NAME'.replace('NAME', name),
        ],
        who: 'operator',
        retry: 'wait',
      },
    },
  );
}

/** Whoever holds the lock neither finishes nor dies. */
export function heldForTooLong(name: string): TransportError {
  return new TransportError('renewal_in_progress', 'maybe', `Another process has been renewing ${name} for too long.`, {
    diagnosis: {
      cause: 'The process that holds the exchange lock neither finishes nor dies; it may be stopped (SIGSTOP) or hang.',
      fix: ['Find it and end it: the lock is freed by the kernel at once.'],
      who: 'operator',
      retry: 'wait',
    },
  });
}

/** This process is ending: it begins no exchange any more. */
export function shuttingDown(name: string): TransportError {
  return new TransportError('shutting_down', 'no', `${name} is not renewed: this process is shutting down.`, {
    diagnosis: {
      cause: 'It finishes the exchanges that are under way, and begins no others.',
      fix: ['Ask another process, or this one after its restart.'],
      who: 'nobody',
      retry: 'wait',
    },
  });
}

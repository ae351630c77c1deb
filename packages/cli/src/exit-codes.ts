import {
  ConfigurationError,
  MalformedResponseError,
  OAuthResponseError,
  ReauthorizationRequired,
  StoreError,
  TransportError,
} from '@forcemint/core';
import { Interrupted } from './interrupts.ts';
import { NotedError } from './noted-error.ts';
import { UsageError } from './usage-error.ts';

/** What a process that ran `forcemint` can tell from its exit code. */
export const EXIT = {
  done: 0,
  unexpected: 1,
  usage: 2,
  reauthorize: 3,
  refused: 4,
  passing: 5,
  notFound: 6,
} as const;

const CONFIGURATION_EXITS: Readonly<Partial<Record<ConfigurationError['code'], number>>> = {
  connection_not_found: EXIT.notFound,
  connection_changed: EXIT.passing,
  login_required: EXIT.reauthorize,
  answer_held: EXIT.refused,
  not_revocable: EXIT.refused,
};

/** The exit code for anything that was thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof NotedError) return exitCodeOf(error.cause);
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ReauthorizationRequired) return EXIT.reauthorize;
  if (error instanceof ConfigurationError) return CONFIGURATION_EXITS[error.code] ?? EXIT.usage;
  if (error instanceof StoreError) return error.retryable ? EXIT.passing : EXIT.unexpected;
  if (error instanceof OAuthResponseError || error instanceof MalformedResponseError || error instanceof TransportError) {
    return error.retryable ? EXIT.passing : EXIT.refused;
  }
  return EXIT.unexpected;
}

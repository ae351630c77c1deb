import { AuthError } from '@forcemint/core';
import { Interrupted } from '../interrupts.ts';
import { NotedError } from '../noted-error.ts';
import { UsageError } from '../usage-error.ts';
import type { Output } from './output.ts';
import type { Style } from './paint.ts';
import { oneLine } from './printable.ts';
import { timeOfDay } from './time.ts';
import { wrapped } from './wrap.ts';

/** The error as `--json` shows it, on stderr. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    /** What happened. */
    readonly message: string;
    /** Why. */
    readonly cause?: string;
    /** What to do next, most likely cure first. */
    readonly fix: readonly string[];
    readonly retry: 'no' | 'wait' | 'reauthorize' | 'fix-first';
    /** Epoch seconds. */
    readonly retry_at?: number;
    /** Row of the error catalogue. */
    readonly id?: string;
  };
}

/** Everything that is told of an error. */
export function errorDocument(thrown: unknown): ErrorDocument {
  if (thrown instanceof NotedError) return { error: { ...errorDocument(thrown.cause).error, fix: thrown.fix } };
  if (thrown instanceof AuthError) return { error: authErrorFacts(thrown) };
  if (thrown instanceof UsageError) {
    const { code, message, why, fix } = thrown;
    return { error: { code, message, ...(why === undefined ? {} : { cause: why }), fix, retry: 'fix-first' } };
  }
  if (thrown instanceof Interrupted) return { error: { code: thrown.code, message: thrown.message, fix: [], retry: 'wait' } };
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'Something that is not an error was thrown.';
  return { error: { code: 'unexpected', message, fix: ['See where: run it again with FORCEMINT_DEBUG=1'], retry: 'no' } };
}

function authErrorFacts({ code, message, diagnosis, retryAt, retryable }: AuthError): ErrorDocument['error'] {
  return {
    code,
    message,
    ...(diagnosis === undefined ? {} : { cause: diagnosis.cause }),
    fix: diagnosis?.fix ?? [],
    retry: diagnosis?.retry ?? (retryable ? 'wait' : 'no'),
    ...(retryAt === undefined ? {} : { retry_at: retryAt }),
    ...(diagnosis?.id === undefined ? {} : { id: diagnosis.id }),
  };
}

/** Tells an error to a person, or as one JSON document to a program. */
export function reportError(output: Output, thrown: unknown, options: { readonly json: boolean; readonly debug: boolean }): void {
  if (options.json) output.note(JSON.stringify(errorDocument(thrown)));
  else if (thrown instanceof Interrupted) return;
  else for (const line of errorLines(output, thrown)) output.note(line);
  if (options.debug && thrown instanceof Error) output.note(stackOf(thrown));
}

const LABEL_WIDTH = 7;

function errorLines(output: Output, thrown: unknown): readonly string[] {
  const { error } = errorDocument(thrown);
  const { paintNote: paint, stderr } = output;
  const line = (style: Style, label: string, text: string): string =>
    `${paint(style, label)}${' '.repeat(LABEL_WIDTH - label.length)}${wrapped(oneLine(text), LABEL_WIDTH, stderr.columns)}`;
  return [
    line('red', 'error:', error.message),
    ...(error.cause === undefined || error.message.includes(error.cause) ? [] : [line('dim', 'why:', error.cause)]),
    ...error.fix.map((text) => line('green', 'do:', text)),
    ...(error.retry_at === undefined ? [] : [line('dim', 'retry:', `after ${timeOfDay(error.retry_at)}`)]),
    ...(error.id === undefined ? [] : [line('dim', 'more:', `forcemint why ${error.id}`)]),
  ];
}

/** Where it was thrown: frames only, since the text of an unknown error's cause could quote anything. */
function stackOf(thrown: Error): string {
  const error = thrown instanceof NotedError ? thrown.cause : thrown;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.name} was thrown`, ...frames].join('\n');
}

import { ConfigurationError } from '@forcemint/core';
import { findJsonSyntaxProblem } from './json-syntax.ts';

/** A file that cannot be imported. */
export function invalidImport(message: string, cause: string, fix: readonly string[]): ConfigurationError {
  return new ConfigurationError('invalid_import', message, { diagnosis: { cause, fix, who: 'developer', retry: 'fix-first' } });
}

/**
 * Parses JSON; an error says line and column, and shows nothing of the values.
 * @param what how to call the text, such as `settings.json`
 * @throws ConfigurationError `invalid_import`
 */
export function parseJson(text: string, what: string, known: ReadonlySet<string>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const found = findJsonSyntaxProblem(text, known);
    if (found === undefined) throw invalidImport(`${what} cannot be read as JSON.`, 'It is too large or nested too deeply.', []);
    const { line, column, problem, hint, snippet } = found;
    throw invalidImport(
      `${what} is no JSON: line ${line}, column ${column}. ${problem}`,
      `Here (values are masked): ${snippet}`,
      [hint ?? `Mend line ${line} at column ${column}.`],
    );
  }
}

/** An object with named members, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

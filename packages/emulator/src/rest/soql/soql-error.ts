/** A query that is refused, and where in its text. */
export class SoqlError extends Error {
  /** Salesforce's, such as `MALFORMED_QUERY`. */
  readonly errorCode: string;
  /** Characters before the place; undefined when Salesforce names none. */
  readonly at: number | undefined;

  constructor(errorCode: string, at: number | undefined, message: string) {
    super(message);
    this.name = 'SoqlError';
    this.errorCode = errorCode;
    this.at = at;
  }
}

export class SoqlSyntaxError extends SoqlError {
  constructor(at: number, message: string) {
    super('MALFORMED_QUERY', at, message);
    this.name = 'SoqlSyntaxError';
  }
}

const SHOWN_BEFORE = 34;
const SHOWN_AFTER = 40;

/** The message as Salesforce gives it: the place in the query, a caret below, row and column, what is wrong. */
export function describeSoqlError(source: string, { at, message }: SoqlError): string {
  if (at === undefined) return message;
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = source.indexOf('\n', at);
  const start = Math.max(lineStart, at - SHOWN_BEFORE);
  const shown = source.slice(start, Math.min(lineEnd < 0 ? source.length : lineEnd, at + SHOWN_AFTER));
  const row = source.slice(0, lineStart).split('\n').length;
  return `\n${shown}\n${' '.repeat(at - start)}^\nERROR at Row:${row}:Column:${at - lineStart + 1}\n${message}`;
}

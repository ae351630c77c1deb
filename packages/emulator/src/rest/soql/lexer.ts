import { toDatetime } from '../records/org-record.ts';
import { SoqlSyntaxError } from './soql-error.ts';
import { findWrongEscape } from './text.ts';

export type TokenKind = 'name' | 'string' | 'number' | 'date' | 'datetime' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** A string's text between the quotes as it is written; a datetime in UTC; anything else as it is written. */
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

const TOKEN = new RegExp(
  [
    '(?<datetime>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:?\\d\\d))',
    '(?<date>\\d{4}-\\d\\d-\\d\\d)',
    '(?<number>[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+))',
    '(?<name>[A-Za-z][A-Za-z0-9_]*)',
    "'(?<string>(?:[^'\\\\]|\\\\.)*)'",
    '(?<symbol>!=|<>|<=|>=|[=<>,().:])',
  ].join('|'),
  'isy',
);
const SPACE = /\s*/y;

/** The tokens of a query, an `end` last. @throws {SoqlSyntaxError} */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = skipSpace(source, 0);
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(source)?.groups;
    const found = Object.entries(groups ?? {}).find(([, text]) => text !== undefined);
    if (found === undefined) throw new SoqlSyntaxError(at, `unexpected token: '${source.charAt(at)}'`);
    tokens.push(toToken(found[0], found[1], at));
    at = skipSpace(source, TOKEN.lastIndex);
  }
  return [...tokens, { kind: 'end', text: '<EOF>', at: source.length }];
}

function skipSpace(source: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.exec(source);
  return Math.max(from, SPACE.lastIndex);
}

function toToken(kind: string, text: string, at: number): Token {
  switch (kind) {
    case 'string':
      return { kind, text: checkEscapes(text, at), at };
    case 'date':
      return { kind, text: checkDate(text, at), at };
    case 'datetime':
      return { kind, text: normalizeDatetime(text, at), at };
    case 'number':
    case 'name':
      return { kind, text, at };
    default:
      return { kind: 'symbol', text, at };
  }
}

function checkEscapes(text: string, at: number): string {
  const wrong = findWrongEscape(text);
  if (wrong === undefined) return text;
  const sequence = text.slice(wrong, wrong + 2);
  throw new SoqlSyntaxError(
    at + 1 + wrong,
    `Invalid string literal '${text}'. Illegal character sequence '${sequence}' in string literal.`,
  );
}

/** A day that the calendar has: `Date` would make the 1st of March of the 30th of February. */
function checkDate(text: string, at: number): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    throw new SoqlSyntaxError(at, `invalid date: ${text}`);
  return text;
}

function normalizeDatetime(text: string, at: number): string {
  checkDate(text.slice(0, 10), at);
  const epochMs = Date.parse(text.toUpperCase().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  const datetime = Number.isNaN(epochMs) ? '' : toDatetime(epochMs);
  if (!/^\d{4}-/.test(datetime)) throw new SoqlSyntaxError(at, `invalid date: ${text}`);
  return datetime;
}

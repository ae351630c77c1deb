import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { UsageError } from '../../usage-error.ts';
import { isRecord, parseJson } from '../invalid-import.ts';
import { COLUMNS, columnName, type Row, unknownColumns } from './columns.ts';

/** How many connections are written down in a file. */
export type ManyFormat = { readonly kind: 'csv'; readonly delimiter: string } | { readonly kind: 'json' | 'json-lines' };

/** A row and where it stands. */
export interface PlacedRow {
  /** From 1; in a JSON array the number of the member. */
  readonly line: number;
  readonly row: Row;
  /** How far the file has been read, in bytes. */
  readonly bytes: number;
}

/** Which format with many connections a file is in, from its beginning; `undefined`: it holds one connection, or something else. */
export function manyFormat(beginning: string): ManyFormat | undefined {
  const text = beginning.replace(/^\ufeff/, '').trimStart();
  const [first = ''] = text.split(/\r?\n/, 1);
  if (text.startsWith('[')) {
    return /^\[\s*\{\s*"(?:name|connection|grant|login_?url)"/i.test(text) ? { kind: 'json' } : undefined;
  }
  if (text.startsWith('{')) return isLine(first) ? { kind: 'json-lines' } : undefined;
  const delimiter = DELIMITERS.toSorted((a, b) => first.split(b).length - first.split(a).length)[0] ?? ',';
  const columns = first.split(delimiter).map((cell) => columnName(cell.replace(/^"|"$/g, '')));
  return areColumns(columns) ? { kind: 'csv', delimiter } : undefined;
}

/** Spreadsheets write the second where the comma is in their numbers. */
const DELIMITERS = [',', ';', '\t'];

/** Two names that are known: one could be by chance. */
function areColumns(columns: readonly string[]): boolean {
  return columns.filter((column) => COLUMNS.includes(column) || column === 'connection').length > 1;
}

function isLine(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && ('name' in value || 'connection' in value) && areColumns(Object.keys(value).map(columnName));
  } catch {
    return false;
  }
}

/**
 * The rows of a file, as they come: only a JSON array is read whole first.
 * @throws UsageError for a column that is not known; ConfigurationError `invalid_import` where the file breaks off or is malformed
 */
export function rowsOf(source: Readable, format: ManyFormat, what: string): AsyncIterable<PlacedRow> {
  if (format.kind === 'csv') return csvRows(source, format.delimiter, what);
  return format.kind === 'json' ? jsonRows(source, what) : jsonLines(source, what);
}

export function openFile(path: string): Readable {
  return createReadStream(path);
}

async function* csvRows(source: Readable, delimiter: string, what: string): AsyncGenerator<PlacedRow> {
  const { CsvError, parse } = await import('csv-parse');
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checked(header.map(columnName), what),
    delimiter,
    info: true,
    relax_column_count_less: true,
    skip_empty_lines: true,
    trim: true,
  });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info } of parser) yield { line: info.lines, row: record, bytes: info.bytes };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(`${what} is no CSV from line ${String(error['lines'] ?? '?')} on (${error.code}).`, {
      fix: ['Put cells with commas, quotes or line breaks in double quotes, and double the quotes in them.'],
    });
  }
}

async function* jsonRows(source: Readable, what: string): AsyncGenerator<PlacedRow> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const rows = parseJson(bytes.toString('utf8').replace(/^\ufeff/, ''), what, new Set(COLUMNS));
  if (!Array.isArray(rows)) throw new UsageError(`${what} is no list of connections.`);
  for (const [index, row] of rows.entries()) {
    yield { line: index + 1, row: named(row, what, index + 1), bytes: Math.round((bytes.length * (index + 1)) / rows.length) };
  }
}

async function* jsonLines(source: Readable, what: string): AsyncGenerator<PlacedRow> {
  let [line, bytes] = [0, 0];
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    bytes += Buffer.byteLength(text) + 1;
    if (text.trim() === '') continue;
    yield {
      line,
      row: named(parseJson(text.replace(/^\ufeff/, ''), `Line ${line} of ${what}`, new Set(COLUMNS)), what, line),
      bytes,
    };
  }
}

function named(row: unknown, what: string, line: number): Row {
  if (!isRecord(row)) throw new UsageError(`Entry ${line} of ${what} is no object.`);
  const entries = Object.entries(row).map(([name, value]) => [columnName(name), value] as const);
  checked(
    entries.map(([name]) => name),
    what,
  );
  return Object.fromEntries(entries);
}

function checked(columns: string[], what: string): string[] {
  const unknown = unknownColumns(columns);
  if (unknown.length > 0) {
    throw new UsageError(
      `${what} has a column that is not known: ${unknown.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')}.`,
      {
        why: 'A misspelt column would be left out without a word.',
        fix: [`Known are: ${COLUMNS.join(', ')}`],
      },
    );
  }
  const twice = columns.find((column, index) => column !== '' && columns.indexOf(column) !== index);
  if (twice !== undefined) throw new UsageError(`${what} has the column ${twice} twice.`);
  return columns;
}

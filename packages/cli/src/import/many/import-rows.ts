import { AuthError, type BulkImport, ConfigurationError } from '@forcemint/core';
import { UsageError } from '../../usage-error.ts';
import { connectionOf } from './columns.ts';
import type { PlacedRow } from './read-rows.ts';

/** Why a row was refused; repeats no secret. */
export interface RefusedRow {
  readonly line: number;
  readonly name: string | undefined;
  readonly code: string;
  readonly reason: string;
  readonly fix: readonly string[];
}

export interface Imported {
  readonly made: number;
  /** An earlier run had made them. */
  readonly wereThere: number;
  readonly refused: readonly RefusedRow[];
}

export interface ImportOptions {
  /** Where relative paths in the rows begin. */
  readonly folder: string;
  readonly loginUrl?: string;
  readonly report: (bytes: number, rows: number) => void;
  /** Aborted: no row is begun any more. */
  readonly stopped: AbortSignal;
}

/** So many are on their way to the disk together: they share its flushes. */
const AT_ONCE = 128;

/**
 * Makes the connections of the rows. Each is made whole or not at all; a row that is refused does not stop the others.
 * @throws StoreError where the store fails: what was made by then stays, and another run goes on behind it
 */
export async function importRows(rows: AsyncIterable<PlacedRow>, bulk: BulkImport, options: ImportOptions): Promise<Imported> {
  const iterator = rows[Symbol.asyncIterator]();
  const seen = new Map<string, number>();
  const refused: RefusedRow[] = [];
  const counts = { made: 0, 'was-there': 0 };
  let failure: unknown;
  let done = 0;

  async function one({ line, row, bytes }: PlacedRow): Promise<void> {
    let name: string | undefined;
    try {
      const read = await connectionOf(row, options.folder, options.loginUrl === undefined ? {} : { loginUrl: options.loginUrl });
      name = read.name;
      const before = seen.get(name);
      if (before !== undefined) throw new UsageError(`The name stands in line ${before} already.`);
      seen.set(name, line);
      counts[await bulk.connect(name, read.connection)] += 1;
    } catch (error) {
      refused.push(refusedRow(line, name ?? textOf(row['name'] ?? row['connection']), error));
    }
    done += 1;
    options.report(bytes, done);
  }

  /** Rows are taken one after the other, whoever is free. */
  async function lane(): Promise<void> {
    try {
      while (failure === undefined && !options.stopped.aborted) {
        const next = await iterator.next();
        if (next.done === true) return;
        await one(next.value);
      }
    } catch (error) {
      failure ??= error;
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (failure !== undefined) throw failure;
  return { made: counts.made, wereThere: counts['was-there'], refused: refused.toSorted((a, b) => a.line - b.line) };
}

/** @throws what is not about the row */
function refusedRow(line: number, name: string | undefined, error: unknown): RefusedRow {
  if (error instanceof UsageError) return { line, name, code: error.code, reason: error.message, fix: error.fix };
  if (!(error instanceof ConfigurationError)) throw error;
  return {
    line,
    name,
    code: error.code,
    reason: error.message,
    fix: error instanceof AuthError ? (error.diagnosis?.fix ?? []) : [],
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 80) : undefined;
}

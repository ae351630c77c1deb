import { open } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { readAll } from '../secret-input.ts';
import { UsageError } from '../usage-error.ts';

/** Twenty thousand rows, which is what Setup gives at most, take a tenth of it. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * The rows of an exported Login History: CSV as Setup downloads it, or JSON as `sf data query --json` and the REST API print it.
 * @throws UsageError when the file cannot be read, or is neither
 */
export async function readHistoryFile(context: Context, path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = (path === '-' ? await readAll(context.stdin, LARGEST_BYTES) : await fromFile(path)).replace(/^\ufeff/, '');
  const isJson = /^\s*[[{]/.test(text);
  const records = isJson ? fromJson(text) : await fromCsv(text);
  if (records === undefined) {
    throw new UsageError(`${path === '-' ? 'stdin' : path} is neither CSV with a line of column names nor JSON.`, {
      fix: ['Download it: Setup → Login History → Download Now (CSV)'],
    });
  }
  return records;
}

async function fromFile(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > LARGEST_BYTES) throw new UsageError(`${path} is larger than ${LARGEST_BYTES / 1024 / 1024} MiB.`);
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new UsageError(`${path} cannot be read (${code}).`, { fix: ['forcemint why --login-history FILE'] });
  }
}

async function fromCsv(text: string): Promise<readonly Record<string, unknown>[] | undefined> {
  const { parse } = await import('csv-parse/sync');
  try {
    return parse(text, { columns: true, skip_empty_lines: true, relax_column_count: true, trim: true });
  } catch {
    return undefined;
  }
}

/** `[…]`, `{records: […]}`, or `{result: {records: […]}}`. */
function fromJson(text: string): readonly Record<string, unknown>[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const records = [value, member(value, 'records'), member(member(value, 'result'), 'records')].find((each) =>
    Array.isArray(each),
  );
  return Array.isArray(records) ? records.filter((each) => typeof each === 'object' && each !== null) : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

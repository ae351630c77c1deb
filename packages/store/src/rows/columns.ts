import type { SQLOutputValue } from 'node:sqlite';
import { StoreError } from '@forcemint/core/errors';

/** A row as either database gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** @throws StoreError `store_corrupt`, as all readers here, when the column holds something else */
export function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : unexpected(column);
}

export function optionalText(row: Row | undefined, column: string): string | undefined {
  return row?.[column] === null ? undefined : text(row, column);
}

export function integer(row: Row | undefined, column: string): number {
  const value = row?.[column];
  return typeof value === 'number' ? value : unexpected(column);
}

export function blob(row: Row | undefined, column: string): Uint8Array {
  return optionalBlob(row, column) ?? unexpected(column);
}

export function optionalBlob(row: Row | undefined, column: string): Uint8Array | undefined {
  const value = row?.[column];
  if (value === null) return undefined;
  return value instanceof Uint8Array ? value : unexpected(column);
}

/** A value that this program wrote as JSON. */
export function json<T extends object>(row: Row | undefined, column: string): T {
  let value: T | null;
  try {
    value = JSON.parse(text(row, column));
  } catch {
    return unexpected(column);
  }
  return typeof value === 'object' && value !== null ? value : unexpected(column);
}

function unexpected(column: string): never {
  throw new StoreError('store_corrupt', `The store holds an unexpected value in the column ${column}.`, {
    diagnosis: {
      cause: 'The store is damaged, or another program has written it.',
      fix: ['Restore the store from a backup.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import { readAll, reasonOf, warnIfOthersRead } from '../../secret-input.ts';
import { UsageError } from '../../usage-error.ts';
import { type ManyFormat, manyFormat, openFile } from './read-rows.ts';

/** Enough to tell what a file is. */
const BEGINNING_BYTES = 64 * 1024;
const STDIN_LIMIT_BYTES = 256 * 1024 * 1024;

/** A list of connections. */
export interface ManyConnections {
  readonly format: ManyFormat;
  readonly source: Readable;
  /** Bytes, for the progress. */
  readonly size: number;
  /** Where relative paths in it begin. */
  readonly folder: string;
  /** How it is called in errors. */
  readonly what: string;
}

/**
 * The list that a file holds. Where it holds one connection, or something else: of stdin, which cannot be read twice, its text; else `undefined`.
 * @throws UsageError when the file cannot be read
 */
export async function findMany(context: Context, path: string): Promise<ManyConnections | { readonly text: string } | undefined> {
  if (path === '-') return context.stdin.isTTY === true ? undefined : fromStdin(context);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new UsageError(`The file of the import, ${path}, ${reasonOf(error)}.`, {
      fix: ['forcemint import FILE, or - for stdin'],
    });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    const beginning = Buffer.alloc(Math.min(BEGINNING_BYTES, stat.size));
    await file.read(beginning, 0, beginning.length, 0);
    const format = manyFormat(beginning.toString('utf8'));
    if (format === undefined) return undefined;
    warnIfOthersRead(context, path, stat);
    return { format, source: openFile(path), size: stat.size, folder: dirname(path), what: path };
  } finally {
    await file.close();
  }
}

async function fromStdin(context: Context): Promise<ManyConnections | { readonly text: string }> {
  const text = await readAll(context.stdin, STDIN_LIMIT_BYTES);
  const format = manyFormat(text.slice(0, BEGINNING_BYTES));
  if (format === undefined) return { text };
  return { format, source: Readable.from([text]), size: Buffer.byteLength(text), folder: '.', what: 'The text on stdin' };
}

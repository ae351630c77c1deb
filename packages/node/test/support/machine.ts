import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What these helpers need of a test's context. */
export interface Ending {
  after(done: () => unknown): void;
}

/** A directory that is gone when the test ends. */
export function temporaryDirectory(t: Ending): string {
  const directory = mkdtempSync(join(tmpdir(), 'forcemint-node-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Fails for `undefined`, so that a test says what was missing. */
export function present<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('a value was expected');
  return value;
}

/** The error that `run` throws or rejects with. */
export async function failure(run: () => unknown): Promise<Error & { readonly code?: unknown; readonly diagnosis?: unknown }> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('an error was expected');
}

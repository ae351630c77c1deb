import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Random } from '@forcemint/core/ports';
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '../../src/sqlite/sqlite-store.ts';

export const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }),
  rest: (durationMs, signal) => sleep(durationMs, undefined, { signal, ref: false }),
};

export const random: Random = { bytes: (length) => randomBytes(length) };

/** A directory that is gone when the test ends. */
export function temporaryDirectory(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'forcemint-store-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a store that is closed when the test ends. */
export async function open(
  t: Pick<TestContext, 'after'>,
  path: string,
  options: Partial<SqliteStoreOptions> = {},
): Promise<SqliteStore> {
  const store = await openSqliteStore({ path, clock, random, ...options });
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

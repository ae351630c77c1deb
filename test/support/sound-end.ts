import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthError } from '@forcemint/core';
import type { Emulator } from '@forcemint/emulator';
import type { Forcemint } from '@forcemint/node';
import { historyOf, violations } from './ledger-history.ts';
import { readStoredRow, type StoreHome } from './stored-row.ts';
import { until } from './until.ts';

/** A rotating connection whose end is judged. */
export interface Judged {
  readonly emulator: Emulator;
  /** The home of an SQLite store, or where a machine opens a database. */
  readonly home: string | StoreHome;
  readonly name: string;
  /** Fingerprint of the refresh token that it began with. */
  readonly adopted: string;
  /** Milliseconds between a request without an answer and its one repetition, at the least. */
  readonly leastWaitMs: number;
}

/** How a connection came out of a fault: the newest token issued is stored, or its loss is named. */
export type End = 'newest-stored' | 'loss-named';

/**
 * Judged by the emulator's ledger: no refresh token was presented but as the newest or as the one late repetition, and the newest issued is stored, or the
 * connection says that a human is needed because the server has used its token up.
 */
export async function soundEnd({ emulator, home, name, adopted, leastWaitMs }: Judged): Promise<End> {
  const history = historyOf(emulator.ledger(), adopted);
  assert.deepEqual(violations(history, leastWaitMs), [], name);
  const stored = await readStoredRow(home, name);
  const { phase, reauthorization } = stored.row.exchange;
  const newest = history.issued.at(-1);
  if (phase === 'reauthorization-required') {
    assert.match(reauthorization ?? '', /^refresh_token_(dead|lost)$/, `${name} says why`);
    return 'loss-named';
  }
  assert.equal(phase, 'idle', `${name} has come to rest`);
  assert.equal(stored.refreshToken, newest, `${name} has the newest refresh token`);
  return 'newest-stored';
}

/** Between two tries; each costs a lock and a look at the store. */
const TRY_EVERY_MS = 100;

/** Renews until there is a token, whose value is given, or an error that waiting does not mend, whose code is given. */
export function renewedOrVerdict(forcemint: Forcemint, name: string): Promise<{ token: string } | { code: string }> {
  return until(`an outcome of ${name}`, async () => {
    try {
      return { token: (await forcemint.renew(name)).value };
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      if (!error.retryable) return { code: String(error.code) };
      await sleep(TRY_EVERY_MS);
      return undefined;
    }
  });
}

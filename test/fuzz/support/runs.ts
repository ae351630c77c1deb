import type fc from 'fast-check';
import { seededRandom } from '../../support/seeded-random.ts';

/** From `FORCEMINT_TEST_SEED`, so that a failure can be repeated; it stands in the name of every test. */
export const seed: number = Number(process.env['FORCEMINT_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** For the whole test, so that a request without an answer ends it; far more than a slow machine needs. */
export const DEADLINE: { readonly timeout: number } = { timeout: 600_000 };

const askedRuns = Number(process.env['FORCEMINT_TEST_RUNS'] ?? 0) || 0;

/** As many cases as the test says at least, or `FORCEMINT_TEST_RUNS` where that is more. */
export function parameters<T>(atLeast: number): fc.Parameters<T> {
  return { seed, numRuns: Math.max(atLeast, askedRuns) };
}

/** Bytes that follow from the seed: consumer keys, secrets and tokens of a repeated run are the same. */
export function seededBytes(): (count: number) => Uint8Array {
  const random = seededRandom(seed);
  return (count) => Uint8Array.from({ length: count }, () => random() * 256);
}

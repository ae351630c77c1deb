import { randomBytes } from 'node:crypto';
import type { Random } from '@forcemint/core/ports';

/** The operating system's randomness. */
export const systemRandom: Random = { bytes: (length) => randomBytes(length) };

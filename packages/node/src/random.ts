import { randomFillSync } from 'node:crypto';
import type { Random } from '@forcemint/core/ports';

/** Asked for at once: the call costs more than the bytes. */
const POOL_BYTES = 2_048;

const pool = new Uint8Array(POOL_BYTES);
let usedBytes = POOL_BYTES;

/** The operating system's randomness. What was given is kept nowhere else. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > POOL_BYTES) return randomFillSync(new Uint8Array(length));
    if (length > POOL_BYTES - usedBytes) {
      randomFillSync(pool);
      usedBytes = 0;
    }
    const end = usedBytes + length;
    const given = pool.slice(usedBytes, end);
    pool.fill(0, usedBytes, end);
    usedBytes = end;
    return given;
  },
};

import { hash, randomFillSync } from 'node:crypto';

/** `n` unpredictable bytes. */
export type Random = (n: number) => Uint8Array;

/** Random bytes from node:crypto, drawn 8 KiB at a time because one draw for each token costs more than the token. */
export function pooledRandom(): Random {
  const pool = Buffer.allocUnsafe(8192);
  let used = pool.length;
  return (n) => {
    if (n > pool.length) return randomFillSync(new Uint8Array(n));
    if (used + n > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += n;
    return pool.subarray(used - n, used);
  };
}

/** Text of `bytes` random bytes in Salesforce's token alphabet `[A-Za-z0-9._]`, after a prefix. */
export function opaqueText(random: Random, bytes: number, prefix = ''): string {
  const text = Buffer.from(random(bytes)).toString('base64url').replaceAll('-', '.');
  // Joined, not added: a sum of texts stays in memory beside the text that it becomes.
  return [prefix, text].join('');
}

/** First 16 hex digits of the SHA-256 of a token. */
export function fingerprint(token: string): string {
  // Not the hex text cut short: such a slice keeps the whole text alive.
  return hash('sha256', token, 'buffer').toString('hex', 0, 8);
}

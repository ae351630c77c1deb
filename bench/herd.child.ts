import { once } from 'node:events';
import { openForcemint } from '@forcemint/node';

/** What a process of the herd tells when all its callers are served. */
export interface Served {
  /** Different tokens that they got. */
  readonly tokens: number;
  /** When the last of them got it, epoch milliseconds with fraction. */
  readonly lastAtMs: number;
}

await using forcemint = await openForcemint();
process.send?.('ready');
await once(process, 'message');
const calls = Array.from({ length: Number(process.argv[2]) }, () => forcemint.getToken('acme'));
const values = new Set((await Promise.all(calls)).map(({ value }) => value));
const served: Served = { tokens: values.size, lastAtMs: performance.timeOrigin + performance.now() };
process.send?.(served);
process.disconnect();

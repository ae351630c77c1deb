import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openUnlimited } from './rotating-connections.ts';

/** What a process and its store take up, at rest, after so many exchanges. */
export interface Footprint {
  readonly exchanges: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly openFiles: number;
  /** Store, its log, lock files, spool. */
  readonly fileBytes: readonly [number, number, number, number];
}

/** Renews its connections, all at once, until all the marks are reached; prints the footprint at each, as JSON. Needs `--expose-gc`. */
const [home = '', hosts = '', connections = '', ...marks] = process.argv.slice(2);
if (globalThis.gc === undefined) throw new TypeError('run this with --expose-gc');
await using forcemint = await openUnlimited(home, hosts.split(','));
let exchanges = 0;
for (const mark of marks.map(Number)) {
  const lane = async (_: unknown, index: number): Promise<void> => {
    while (exchanges < mark) {
      exchanges += 1;
      await forcemint.renew(`c${index}`);
    }
  };
  await Promise.all(Array.from({ length: Number(connections) }, lane));
  await forcemint.idle();
  console.log(JSON.stringify(footprint()));
}

function footprint(): Footprint {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const store = join(home, 'forcemint.db');
  return {
    exchanges,
    heapBytes: heapUsed,
    residentBytes: rss,
    openFiles: readdirSync('/proc/self/fd').length,
    fileBytes: [size(store), size(`${store}-wal`), folderSize(`${store}.locks`), folderSize(`${store}.spool`)],
  };
}

function size(path: string): number {
  return statSync(path).size;
}

function folderSize(path: string): number {
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0);
}

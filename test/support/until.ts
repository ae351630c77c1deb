import { setTimeout as sleep } from 'node:timers/promises';

const GIVE_UP_MS = 60_000;

/** Looks until there is something, and gives it; fails loudly when nothing comes for a minute. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const giveUpAtMs = performance.now() + GIVE_UP_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > giveUpAtMs) throw new Error(`waited a minute in vain: ${what}`);
    await sleep(3);
  }
}

import type { TokenStore } from '../ports.ts';
import type { StoreMaintenance } from '../store-maintenance.ts';

/** A store as its users and its operator see it. */
export type WholeStore = TokenStore & StoreMaintenance;

/** Rows that are read at a time. */
export const PAGE = 512;

/** Everything, page by page; the next one is asked for while this one is worked on. @param next the page behind an element */
export async function* paged<T>(next: (after: T | undefined) => Promise<readonly T[]>): AsyncGenerator<readonly T[]> {
  for (let page = await next(undefined); page.length > 0; ) {
    const ahead = next(page.at(-1));
    // Thrown when it is its turn, if it ever is.
    ahead.catch(() => undefined);
    yield page;
    page = await ahead;
  }
}

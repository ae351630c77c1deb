import type { MaintainedStore, MaintenanceOptions } from '@forcemint/node/open-maintenance';
import { parseStoreLocation, type StoreLocation, urlIn } from '@forcemint/node/store-location';
import type { Context } from './context.ts';
import { UsageError } from './usage-error.ts';

/** Opens a store for its operator, for `work`. */
export async function withStore<T>(
  { env, output }: Context,
  work: (store: MaintainedStore) => Promise<T>,
  options: Partial<MaintenanceOptions> = {},
): Promise<T> {
  const { openMaintenance } = await import('@forcemint/node/open-maintenance');
  await using store = await openMaintenance({ env, warn: (text) => output.warn(text), ...options });
  return await work(store);
}

/**
 * A store as it is named on the command line: `sqlite:PATH`, `postgres://USER@HOST/DATABASE`, or `@FILE`, a file that holds either.
 * @throws UsageError, StoreError `store_unavailable` for a file that can't be read
 */
export function storeArgument(text: string, named: string): StoreLocation {
  const known = text.startsWith('@') ? urlIn(text.slice(1), named) : text;
  if (!/^(sqlite:.|postgres(ql)?:\/\/)/i.test(known)) {
    throw new UsageError(`${named} is no store.`, {
      why: 'A store is named by its kind and its place.',
      fix: [
        'A file: sqlite:PATH',
        'A database: postgres://USER@HOST/DATABASE',
        'One whose URL holds a password: @FILE, a file with the URL',
      ],
    });
  }
  return parseStoreLocation(known, named);
}

/** A label of the environment, for messages. */
export function labelOf({ env }: Context): string | undefined {
  return env.FORCEMINT_STORE_LABEL || undefined;
}

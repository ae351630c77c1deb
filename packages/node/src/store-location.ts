import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { StoreError } from '@forcemint/core/errors';

/** Which store, as its URL says. */
export type StoreLocation =
  | { readonly is: 'sqlite'; readonly path: string }
  /** The URL may hold a password. */
  | { readonly is: 'postgres'; readonly url: string };

const SQLITE = 'sqlite:';

/**
 * Reads `sqlite:PATH`, or a URL of PostgreSQL.
 * @param named what the text was given as, for the error; the text itself may hold a password and is never quoted
 * @throws StoreError `store_unavailable`
 */
export function parseStoreLocation(text: string, named: string): StoreLocation {
  if (text.startsWith(SQLITE) && text.length > SQLITE.length) return { is: 'sqlite', path: resolve(text.slice(SQLITE.length)) };
  if (/^postgres(ql)?:\/\//i.test(text)) return { is: 'postgres', url: text };
  throw new StoreError('store_unavailable', `${named} must be sqlite:PATH or postgres://USER@HOST/DATABASE.`, {
    diagnosis: {
      cause: `The value of ${named} is not one that Forcemint understands.`,
      fix: [
        `For a file: ${named}=sqlite:/var/lib/forcemint/store.db`,
        `For PostgreSQL: ${named}=postgres://forcemint@db.example.com/forcemint, its password in FORCEMINT_STORE_FILE or PGPASSFILE`,
      ],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

/**
 * The store that the environment names: `FORCEMINT_STORE_FILE` (a file that holds the URL, for URLs with a password), else `FORCEMINT_STORE`.
 * @returns `undefined` where it names none
 * @throws StoreError `store_unavailable`
 */
export function storeFromEnvironment(env: Readonly<NodeJS.ProcessEnv>): StoreLocation | undefined {
  const file = env['FORCEMINT_STORE_FILE'];
  if (file) return parseStoreLocation(urlIn(file, 'FORCEMINT_STORE_FILE'), 'FORCEMINT_STORE_FILE');
  const text = env['FORCEMINT_STORE'];
  return text ? parseStoreLocation(text, 'FORCEMINT_STORE') : undefined;
}

/** The one line of a file that holds a URL. @throws StoreError `store_unavailable` */
export function urlIn(file: string, named: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new StoreError('store_unavailable', `${named} names ${file}, which could not be read.`, {
      cause,
      diagnosis: {
        cause: 'The file is missing, or this user may not read it.',
        fix: [`Put the URL of the store into ${file} (chmod 600).`],
        who: 'operator',
        retry: 'fix-first',
      },
    });
  }
}

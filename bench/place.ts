import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const URL_FILE = 'store-url';
const KEY_FILE = 'given.key';

/** Lets the store of this home be a database; everything else of it stays in the home. */
export async function placeInDatabase(home: string, url: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(join(home, URL_FILE), url, { mode: 0o600 });
  await writeFile(join(home, KEY_FILE), randomBytes(32).toString('base64'), { mode: 0o600 });
}

/** The environment that opens the store of this home. */
export function environmentOf(home: string): Record<string, string> {
  if (!existsSync(join(home, URL_FILE))) return {};
  return { FORCEMINT_STORE_FILE: join(home, URL_FILE), FORCEMINT_MASTER_KEY_FILE: join(home, KEY_FILE) };
}

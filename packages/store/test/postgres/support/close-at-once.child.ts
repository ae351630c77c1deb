import { openPostgresStore } from '../../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../../src/postgres/parse-postgres-url.ts';
import { clock, random } from '../../support/machine.ts';

/** Opens a store, begins to listen and closes it in the next moment, so many times; nothing else keeps this process alive. */
const url = parsePostgresUrl(process.env['STORE_URL'] ?? '');
for (let times = 0; times < Number(process.argv[2]); times += 1) {
  const store = await openPostgresStore({ url, clock, random });
  store.onHint(() => undefined);
  for (let turns = 0; turns < times % 8; turns += 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await store[Symbol.asyncDispose]();
  process.stdout.write('closed\n');
}

import { openPostgresStore } from '../../../src/postgres/open-postgres-store.ts';
import { parsePostgresUrl } from '../../../src/postgres/parse-postgres-url.ts';
import { clock, random } from '../../support/machine.ts';

/** Opens the store of FORCEMINT_TEST_DATABASE, hears the first word that it listens, and does nothing more. */
const store = await openPostgresStore({ url: parsePostgresUrl(process.env['FORCEMINT_TEST_DATABASE'] ?? ''), clock, random });
const { promise, resolve } = Promise.withResolvers<void>();
const alive = setInterval(() => {}, 1_000);
store.onHint(resolve);
await promise;
clearInterval(alive);

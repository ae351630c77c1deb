import { openSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { storeContract } from './contract.ts';
import { clock, random, temporaryDirectory } from './support/machine.ts';

storeContract('SQLite', (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  return { connect: () => openSqliteStore({ path, clock, random }) };
});

import { openSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { storeContract } from './contract.ts';
import { keysContract } from './keys-contract.ts';
import { maintenanceContract } from './maintenance-contract.ts';
import { renewalContract } from './renewal-contract.ts';
import { clock, random, temporaryDirectory } from './support/machine.ts';
import type { MakePlace } from './support/promises.ts';

const place: MakePlace = (t) => {
  const path = `${temporaryDirectory(t)}/store.db`;
  return { connect: () => openSqliteStore({ path, clock, random }) };
};

storeContract('SQLite', place);
renewalContract('SQLite', place);
maintenanceContract('SQLite', place);
keysContract('SQLite', place);

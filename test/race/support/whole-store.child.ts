import { adoptStore } from '@forcemint/core/maintenance/adopt-store';
import { copyStore } from '@forcemint/core/maintenance/copy-store';
import type { Report } from '@forcemint/core/maintenance/progress';
import { rotateKeys } from '@forcemint/core/maintenance/rotate-keys';
import { systemClock as clock } from '@forcemint/node/clock';
import { openMaintenance } from '@forcemint/node/open-maintenance';
import { systemRandom as random } from '@forcemint/node/random';
import { parseStoreLocation } from '@forcemint/node/store-location';

/**
 * whole-store.child.ts rotate HOME [NEW_KEY_HEX]   rotates the data key, or the master key too
 * whole-store.child.ts copy HOME URL               copies the home's store into that one
 * whole-store.child.ts restored|clone HOME         adopts the home's store
 *
 * FORCEMINT_STORE names the store where it is not that of the home. Says each step of progress on a line of its own, and `done` at the end.
 */
const [command, home = '', third = ''] = process.argv.slice(2);
const report: Report = ({ step, done }) => process.stdout.write(`step ${step} ${done}\n`);
const env = { FORCEMINT_HOME: home, FORCEMINT_STORE: process.env['FORCEMINT_STORE'] };
const options = { env, warn: () => undefined, alone: true };
await using store = await openMaintenance(options);

if (command === 'rotate') {
  // Nobody else is there, whatever replicas were heard of.
  const othersUseStore = async () => false;
  await rotateKeys({
    ...store,
    othersUseStore,
    newMasterKey: third === '' ? undefined : Buffer.from(third, 'hex'),
    clock,
    random,
    report,
  });
} else if (command === 'copy') {
  await using to = await openMaintenance({ ...options, location: parseStoreLocation(third, 'URL'), mayCreate: true });
  await copyStore({ from: store, to, clock, settle: (names) => store.settle(names), report });
} else if (command === 'restored' || command === 'clone') {
  await adoptStore({ store: store.store, spool: store.spool, clock, random, report }, command);
} else {
  throw new TypeError(`unknown command ${command}`);
}
process.stdout.write('done\n');

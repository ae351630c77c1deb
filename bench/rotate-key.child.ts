import { copyStore } from '@forcemint/core/maintenance/copy-store';
import { rotateKeys } from '@forcemint/core/maintenance/rotate-keys';
import { systemClock as clock } from '@forcemint/node/clock';
import { openMaintenance } from '@forcemint/node/open-maintenance';
import { systemRandom as random } from '@forcemint/node/random';
import { parseStoreLocation } from '@forcemint/node/store-location';
import { environmentOf } from './place.ts';

/** rotate-key.child.ts rotate HOME | copy HOME URL: does it once. */
const [command, home = '', target = ''] = process.argv.slice(2);
const options = { env: { FORCEMINT_HOME: home, ...environmentOf(home) }, warn: () => undefined, alone: true };
const report = () => undefined;
await using store = await openMaintenance(options);
if (command === 'rotate') {
  // What is measured is the work, not the wait for processes that might not have heard of the new key.
  await rotateKeys({ ...store, clock, random, report, othersUseStore: async () => false });
} else {
  await using to = await openMaintenance({ ...options, location: parseStoreLocation(target, 'TARGET'), mayCreate: true });
  await copyStore({ from: store, to, clock, settle: (names) => store.settle(names), report });
}

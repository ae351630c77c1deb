import { assembleForcemint } from './assemble.ts';
import { drainOnSignal } from './drain-on-signal.ts';
import type { Forcemint, OpenOptions } from './forcemint.ts';
import { openPorts } from './open-ports.ts';

/**
 * Opens the store and everything around it; makes store and master key where there are none yet.
 * @throws StoreError when the store, its key or its files do not work; ConfigurationError for a bad entry in `FORCEMINT_EXTRA_HOSTS`; TypeError for
 * durations that break their order
 */
export async function openForcemint(options: OpenOptions = {}): Promise<Forcemint> {
  const { ports, close } = await openPorts(options);
  const { drainOn = [], renewAhead = true } = options;
  const forcemint = assembleForcemint({
    ports,
    renewAhead,
    async close() {
      listening[Symbol.dispose]();
      await close();
    },
  });
  const listening = drainOnSignal(() => forcemint.drain(), drainOn, process);
  return forcemint;
}

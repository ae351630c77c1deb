import { assembleForcemint } from './assemble.ts';
import { drainOnSignal } from './drain-on-signal.ts';
import type { Forcemint, OpenOptions } from './forcemint.ts';
import { openPorts } from './open-ports.ts';
import { ReplicaDuties } from './replica-duties.ts';
import { Upkeep } from './upkeep.ts';

/**
 * Opens the store and everything around it; makes store and master key where there are none yet. A replica takes up what its spool holds before it serves.
 * @throws StoreError when the store, its key or its files do not work; ConfigurationError for a bad entry in `FORCEMINT_EXTRA_HOSTS`, or a database URL
 * that can't be used; TypeError for durations that break their order
 */
export async function openForcemint(options: OpenOptions = {}): Promise<Forcemint> {
  const { ports, opened, guard, keys, close } = await openPorts(options);
  const { drainOn = [], renewAhead = true } = options;
  const forcemint = assembleForcemint({
    ports,
    renewAhead,
    async close() {
      listening[Symbol.dispose]();
      await upkeep.stop();
      await close();
    },
  });
  const duties = new ReplicaDuties({ opened, guard, keys, replaySpool: () => forcemint.replaySpool() });
  // What a dead process of this machine left is for this machine to take up, whether it renews ahead of time or not: the others wait for it.
  const beat =
    opened.beat &&
    (async () => {
      await duties.beat();
      await forcemint.takeUpOwn();
    });
  const hourly = async (): Promise<void> => {
    await guard.raise();
    if (ports.replicas !== undefined) await forcemint.sweepSpool();
  };
  const upkeep = new Upkeep(ports.clock, { hourly, ...(beat && { beat }) }, ports.warn);
  const listening = drainOnSignal(() => forcemint.drain(), drainOn, process);
  try {
    await beat?.();
    upkeep.start();
    return forcemint;
  } catch (error) {
    await forcemint[Symbol.asyncDispose]();
    throw error;
  }
}

import { createEmulator } from '@forcemint/emulator';

/** One emulator for the whole run. Jest loads this file by itself, so that ES modules need no flag here. */
export default async function startEmulator() {
  globalThis.emulator = await createEmulator();
  // The workers that run the tests inherit the environment, and nothing else.
  process.env.SALESFORCE = JSON.stringify(globalThis.emulator.ready);
}

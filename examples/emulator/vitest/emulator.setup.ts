import { createEmulator, type ReadyLine } from '@forcemint/emulator';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    salesforce: ReadyLine;
  }
}

/** One emulator for the whole run; every test finds it by `inject('salesforce')`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const emulator = await createEmulator();
  project.provide('salesforce', emulator.ready);
  return () => emulator.close();
}

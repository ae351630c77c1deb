import assert from 'node:assert/strict';
import { createEmulator, type EmulatorOptions } from '../src/index.ts';

/** The emulator must not start, and the error must be like that. One that starts all the same is closed, so that the test ends. */
export async function refusedStart(
  options: EmulatorOptions,
  error: object | RegExp | ((thrown: unknown) => true),
): Promise<void> {
  const attempt = createEmulator(options);
  attempt.then(
    (emulator) => emulator.close(),
    () => undefined,
  );
  await assert.rejects(attempt, error);
}

import assert from 'node:assert/strict';
import { AuthError } from '../../src/errors.ts';
import type { World } from './world.ts';

/** The error that a call fails with, time moving on as it has to. */
export async function fails(world: World, promise: Promise<unknown>): Promise<AuthError> {
  const error: unknown = await world.clock.settle(promise).then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AuthError, String(error));
  return error;
}

import type { Environment } from './context.ts';

/** How to start this program again: as the person did, alone or through npm. */
export function ownCommand(env: Environment): string {
  return env.npm_lifecycle_event === undefined ? 'forcemint' : 'npx forcemint';
}

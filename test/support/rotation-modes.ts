import type { Emulator } from '@forcemint/emulator';
import { emulatedSalesforce } from './emulated-salesforce.ts';
import type { Ending } from './temporary-home.ts';

/** What an app does with refresh tokens that were used. */
export interface RotationMode {
  readonly name: string;
  /** One of the emulator's public apps. */
  readonly app: 'PlatformCLI' | 'rotating';
  readonly rotates: boolean;
  /** Re-use of a rotated refresh token ends the grant and its access tokens. */
  readonly reuseCascade: boolean;
}

export const ROTATION_MODES: readonly RotationMode[] = [
  { name: 'rotation off', app: 'PlatformCLI', rotates: false, reuseCascade: true },
  { name: 'rotation on', app: 'rotating', rotates: true, reuseCascade: false },
  { name: 'rotation on, with cascade', app: 'rotating', rotates: true, reuseCascade: true },
];

/** An emulator that ends with the test, with a user of its own for each of these names. */
export function emulatedMode(t: Ending, { reuseCascade }: RotationMode, names: readonly string[]): Promise<Emulator> {
  const users = names.map((name) => ({ username: usernameOf(name), password: 'synthetic' }));
  return emulatedSalesforce(t, { config: { users, apps: APPS, switches: { reuseCascade, processingMs: 10 } } });
}

const SCOPES = ['api', 'web', 'refresh_token', 'id'];
/** As the emulator has them by itself. Apps of its own with users of its own would name users that are not there. */
const APPS = {
  PlatformCLI: { clientId: 'PlatformCLI', public: true, scopes: SCOPES },
  rotating: { public: true, scopes: SCOPES, isRefreshTokenRotationEnabled: true },
};

export function usernameOf(name: string): string {
  return `${name}@emulator.example`;
}

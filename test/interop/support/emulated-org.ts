import { readFileSync } from 'node:fs';
import type { Emulator, ReadyApp, ReadyUser } from '@forcemint/emulator';

/** Where the Salesforce CLI listens; nothing of the sort runs here, codes are read off the redirect. */
export const CALLBACK = 'http://localhost:1717/OauthRedirect';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export function appOf(emulator: Emulator, name: string): ReadyApp {
  const app = emulator.ready.apps[name];
  if (app === undefined) throw new TypeError(`the emulator has no app ${name}`);
  return app;
}

export function privateKeyOf(emulator: Emulator, app: string): string {
  return readFileSync(appOf(emulator, app).privateKeyFile ?? '', 'utf8');
}

/** The first user: the admin, who logs in at the browser. */
export function adminOf(emulator: Emulator): ReadyUser {
  const [user] = emulator.ready.users;
  if (user === undefined) throw new TypeError('the emulator has no user');
  return user;
}

/** A refresh token of the admin, made without a browser. */
export function newRefreshToken(emulator: Emulator, app: string): string {
  return emulator.grant({ app, user: adminOf(emulator).username })[0] ?? '';
}

/** What the emulator made of the token requests of one grant, oldest first: `ok`, or the `error_description`. */
export function outcomesOf(emulator: Emulator, grantType: string): string[] {
  return emulator
    .ledger()
    .filter((entry) => entry.grantType === grantType)
    .map(({ outcome, description }) => description ?? outcome);
}

/** The same of refresh token requests alone. */
export function refreshesOf(emulator: Emulator): string[] {
  return outcomesOf(emulator, 'refresh_token');
}

import { readFileSync } from 'node:fs';
import type { ConnectionInput, Durations, NewConnection } from '@forcemint/core';
import { createEmulator, type Emulator, type EmulatorOptions } from '@forcemint/emulator';
import type { Ending } from './temporary-home.ts';

/** The protocol's durations, their order kept, so short that unknown outcomes can be lived through. Budgets are out of the way. */
export const QUICK: Partial<Durations> = {
  callerWaitMs: 300,
  exchangeDeadlineMs: 600,
  unknownWaitMs: 700,
  leaseMs: 900,
  shortLeaseMs: 900,
  probeWindowMs: 86_400_000,
  pollMs: 20,
  cacheTrustMs: 1,
  forcedIntervalMs: 1,
  budgetWindowMs: 1_000,
  budgetRequests: 1_000,
  userBudgetRequests: 1_000_000,
  // Looks once, when it is opened: tests that count requests ask for each themselves.
  renewalTickMs: 86_400_000,
  busyDelayMs: 10,
};

/** As QUICK, with time for a request that a busy machine is slow with. */
export const BRISK = {
  ...QUICK,
  callerWaitMs: 1_400,
  exchangeDeadlineMs: 1_500,
  unknownWaitMs: 1_600,
  leaseMs: 1_800,
} satisfies Partial<Durations>;

/** As QUICK, but nothing runs into a deadline: for what is about something else, on a machine however busy. */
export const PATIENT: Partial<Durations> = {
  ...QUICK,
  callerWaitMs: 20_000,
  exchangeDeadlineMs: 30_000,
  unknownWaitMs: 30_000,
  leaseMs: 40_000,
};

/** An emulator that ends with the test. */
export async function emulatedSalesforce(t: Ending, options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await createEmulator(options);
  t.after(() => emulator.close());
  return emulator;
}

export function extraHosts({ loginUrl, myDomainUrl }: Emulator): readonly string[] {
  return [loginUrl, myDomainUrl];
}

function app(emulator: Emulator, name: string) {
  const found = emulator.ready.apps[name];
  if (found === undefined) throw new TypeError(`the emulator has no app ${name}`);
  return found;
}

function firstUser(emulator: Emulator): string {
  return emulator.ready.users[0]?.username ?? '';
}

/** A grant, made without a browser. */
export function newRefreshToken(emulator: Emulator, appName: string, username = firstUser(emulator)): string {
  return emulator.grant({ app: appName, user: username })[0] ?? '';
}

/** Adopts a refresh token of this app; the app's secret goes with it where it has one. */
export function refreshTokenConnection(
  emulator: Emulator,
  appName = 'rotating',
  settings: Partial<ConnectionInput> = {},
  username = firstUser(emulator),
): NewConnection & { readonly refreshToken: string } {
  const { clientId, clientSecret } = app(emulator, appName);
  return {
    settings: { grant: 'refresh-token', loginUrl: emulator.loginUrl, clientId, introspect: 'off', ...settings },
    secrets: clientSecret === undefined ? {} : { clientSecret },
    refreshToken: newRefreshToken(emulator, appName, username),
  };
}

export function clientCredentialsConnection(emulator: Emulator, settings: Partial<ConnectionInput> = {}): NewConnection {
  const { clientId, clientSecret = '' } = app(emulator, 'clientCredentials');
  return {
    settings: { grant: 'client-credentials', loginUrl: emulator.myDomainUrl, clientId, introspect: 'off', ...settings },
    secrets: { clientSecret },
  };
}

export function jwtConnection(emulator: Emulator): NewConnection {
  const { clientId, username, privateKeyFile = '' } = app(emulator, 'jwt');
  return {
    settings: { grant: 'jwt-bearer', loginUrl: emulator.loginUrl, clientId, username: username ?? '', introspect: 'off' },
    secrets: { privateKey: readFileSync(privateKeyFile, 'utf8') },
  };
}

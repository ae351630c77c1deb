import { type Forcemint, openForcemint } from '@forcemint/node';
import type { EmulatorProcess } from './emulator-process.ts';
import { environmentOf } from './place.ts';

/** What an emulator needs to know so that thousands of rotating grants of one user live side by side, and cost it little. */
export const ROTATING = {
  switches: { approvalLimit: 0, processingMs: 0 },
  ledgerLimit: 1_000,
  requestLogLimit: 0,
} as const;

/** The limits on requests to one login host, which a single emulator is, are what these figures are not about. */
const UNLIMITED = {
  budgetRequests: 1e9,
  userBudgetRequests: 1e9,
  budgetWindowMs: 1e-9,
  forcedIntervalMs: 1e-9,
  exchangesAtOncePerHost: 1e9,
};

/** A Forcemint that may renew without end. */
export function openUnlimited(home: string, extraHosts: readonly string[]): Promise<Forcemint> {
  return openForcemint({ home, extraHosts, durations: UNLIMITED, env: environmentOf(home) });
}

/** Makes connections `c0`, `c1`, … in the store, each with a refresh token that rotates. */
export async function connectRotating(forcemint: Forcemint, { ready }: EmulatorProcess, count: number): Promise<void> {
  const { loginUrl, controlUrl, apps, users } = ready;
  const response = await fetch(`${controlUrl}/_emulator/grants`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app: 'rotating', user: users[0]?.username, count }),
  });
  const refreshTokens: readonly string[] = await response.json();
  for (const [index, refreshToken] of refreshTokens.entries()) {
    await forcemint.administration.connect(`c${index}`, {
      settings: { grant: 'refresh-token', loginUrl, clientId: apps['rotating']?.clientId ?? '', introspect: 'off' },
      secrets: {},
      refreshToken,
    });
  }
}

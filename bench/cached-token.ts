import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openForcemint } from '@forcemint/node';
import { startEmulator } from './emulator-process.ts';
import { type Figure, median } from './figure.ts';

const ROUNDS = 5;
const CALLS = 3_000_000;

/** `getToken` of a token that is in memory, awaited one after the other. */
export async function run(): Promise<Figure[]> {
  await using emulator = await startEmulator();
  const { loginUrl, myDomainUrl, apps } = emulator.ready;
  const app = apps['clientCredentials'];
  if (app === undefined) throw new TypeError('the emulator has no app "clientCredentials"');
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  await using forcemint = await openForcemint({ home, extraHosts: [loginUrl, myDomainUrl] });
  try {
    await forcemint.administration.connect('acme', {
      settings: { grant: 'client-credentials', loginUrl: myDomainUrl, clientId: app.clientId },
      secrets: { clientSecret: app.clientSecret },
    });
    await forcemint.getToken('acme');
    await forcemint.idle();
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedMs = performance.now();
      for (let i = 0; i < CALLS; i += 1) await forcemint.getToken('acme');
      rates.push((CALLS * 1000) / (performance.now() - startedMs));
    }
    return [
      {
        name: 'getToken from memory',
        value: median(rates),
        goal: '≥ 3,000,000',
        unit: '/s',
        detail: `${CALLS} awaited calls, ${ROUNDS} rounds`,
      },
    ];
  } finally {
    await rm(home, { recursive: true });
  }
}

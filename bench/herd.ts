import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import type { Figure } from './figure.ts';

const PROCESSES = 4;
const CALLERS = 500;

/** Many callers in several processes on one connection without a living token: how many token requests the server saw. */
export async function run(): Promise<Figure[]> {
  await using emulator = await createEmulator();
  const { loginUrl, myDomainUrl, apps } = emulator.ready;
  const app = apps['clientCredentials'];
  if (app === undefined) throw new TypeError('the emulator has no app "clientCredentials"');
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    const hosts = [loginUrl, myDomainUrl];
    await using forcemint = await openForcemint({ home, extraHosts: hosts });
    await forcemint.administration.connect('acme', {
      settings: { grant: 'client-credentials', loginUrl: myDomainUrl, clientId: app.clientId, introspect: 'off' },
      secrets: { clientSecret: app.clientSecret },
    });
    const child = fileURLToPath(new URL('./herd.child.ts', import.meta.url));
    const env = { ...process.env, FORCEMINT_HOME: home, FORCEMINT_EXTRA_HOSTS: hosts.join(',') };
    const herd = Array.from({ length: PROCESSES }, () =>
      spawn(process.execPath, ['--conditions=source', child, String(CALLERS)], { env, stdio: ['ignore', 'inherit', 'inherit'] }),
    );
    const codes = await Promise.all(herd.map(async (member) => (await once(member, 'exit'))[0]));
    if (codes.some((code) => code !== 0)) throw new Error('a process of the herd failed');
    const value = emulator.ledger().length;
    return [
      {
        name: 'herd on one expired connection',
        value,
        goal: '= 1',
        unit: 'exchanges',
        detail: `${CALLERS} callers × ${PROCESSES} processes`,
      },
    ];
  } finally {
    await rm(home, { recursive: true });
  }
}

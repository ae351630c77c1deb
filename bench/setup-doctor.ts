import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openForcemint } from '@forcemint/node';
import { bundledCli } from '../test/support/bundled-cli.ts';
import { startEmulator } from './emulator-process.ts';
import { type Figure, median } from './figure.ts';

const ROUNDS = 15;

/** `forcemint setup` of a JWT app from nothing, and `forcemint doctor` of a healthy connection, as whole processes; the emulator is another process. */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    await using emulator = await startEmulator();
    const { loginUrl, myDomainUrl, apps } = emulator.ready;
    const entry = await bundledCli();
    const home = join(folder, 'home');
    const env = { ...process.env, FORCEMINT_HOME: home, FORCEMINT_EXTRA_HOSTS: `${loginUrl},${myDomainUrl}` };
    const setups: number[] = [];
    const doctors: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `acme-${round}`;
      const answers = ['--grant', 'jwt-bearer', '--username', 'a@acme.example', '--email', 'a@acme.example', '--yes'];
      setups.push(await wallMs(entry, ['setup', name, ...answers, '--out', join(folder, name)], env));
      const healthy = `healthy-${round}`;
      await connect(home, healthy, myDomainUrl, apps['clientCredentials']);
      doctors.push(await wallMs(entry, ['doctor', healthy], env));
    }
    const detail = (values: readonly number[]): string =>
      `median of ${ROUNDS}; ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} ms`;
    return [
      { name: 'forcemint setup, JWT bearer', value: median(setups) / 1000, goal: '≤ 1.5', unit: 's', detail: detail(setups) },
      {
        name: 'forcemint doctor, healthy',
        value: median(doctors) / 1000,
        goal: '≤ 1',
        unit: 's',
        detail: `${detail(doctors)}, network of this machine`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function connect(
  home: string,
  name: string,
  myDomainUrl: string,
  app: { readonly clientId: string; readonly clientSecret?: string } | undefined,
): Promise<void> {
  await using forcemint = await openForcemint({ home, extraHosts: [myDomainUrl], renewAhead: false });
  await forcemint.administration.connect(name, {
    settings: { grant: 'client-credentials', loginUrl: myDomainUrl, clientId: app?.clientId ?? '' },
    secrets: { clientSecret: app?.clientSecret ?? '' },
  });
}

async function wallMs(entry: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`forcemint ${args[0]} ended with ${code}`);
  return performance.now() - startedMs;
}

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import { type Figure, median } from './figure.ts';

const ROUNDS = 60;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The packed command line, installed into an empty folder, printing a stored token, and explaining an error, ÷ Node doing nothing; whole processes, in turn. */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    const home = join(folder, 'home');
    await storeToken(home);
    const [packed]: [{ filename: string }] = JSON.parse(
      output('npm', ['pack', '--json', '--pack-destination', folder], join(root, 'packages/cli')),
    );
    output('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, join(folder, packed.filename)], folder);
    const command = join(folder, 'node_modules/.bin/forcemint');
    const env = { ...process.env, FORCEMINT_HOME: home, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
    const ratios: number[] = [];
    const tokenMs: number[] = [];
    const whys: number[] = [];
    const whyMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const token = wallMs(command, ['token', 'acme'], env);
      tokenMs.push(token);
      const nothing = wallMs(process.execPath, ['-e', '0'], env);
      ratios.push(token / nothing);
      const why = wallMs(command, ['why', "invalid_grant: user hasn't approved this consumer"], env);
      whyMs.push(why);
      whys.push(why / nothing);
    }
    return [
      {
        name: 'forcemint token, token in the store',
        value: median(ratios),
        goal: '≤ 1.5',
        unit: '× node -e 0',
        detail: `${ROUNDS} pairs, median; ${median(tokenMs).toFixed(0)} ms here`,
      },
      {
        name: 'forcemint why',
        value: median(whys),
        goal: '≤ 2',
        unit: '× node -e 0',
        detail: `${ROUNDS} pairs, median; ${median(whyMs).toFixed(0)} ms here`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function storeToken(home: string): Promise<void> {
  await using emulator = await createEmulator();
  const { loginUrl, myDomainUrl, apps } = emulator.ready;
  const app = apps['clientCredentials'];
  if (app === undefined) throw new TypeError('the emulator has no app "clientCredentials"');
  await using forcemint = await openForcemint({ home, extraHosts: [loginUrl, myDomainUrl] });
  await forcemint.administration.connect('acme', {
    settings: { grant: 'client-credentials', loginUrl: myDomainUrl, clientId: app.clientId },
    secrets: { clientSecret: app.clientSecret },
  });
  await forcemint.getToken('acme');
}

function wallMs(command: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const startedMs = performance.now();
  const { status } = spawnSync(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
  return performance.now() - startedMs;
}

function output(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`);
  return stdout;
}

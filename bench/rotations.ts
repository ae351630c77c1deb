import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startEmulator } from './emulator-process.ts';
import { type Figure, median } from './figure.ts';
import { connectRotating, openUnlimited, ROTATING } from './rotating-connections.ts';

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 64;
const PROCESSES = [1, 2, 4];
const CHILD = fileURLToPath(new URL('./rotations.child.ts', import.meta.url));

/** Renewals that rotate, as many at once as there are connections, through the whole protocol; the emulator is another process. */
export async function run(): Promise<Figure[]> {
  await using emulator = await startEmulator(ROTATING);
  const { loginUrl, myDomainUrl } = emulator.ready;
  const hosts = [loginUrl, myDomainUrl];
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    await using forcemint = await openUnlimited(home, hosts);
    await connectRotating(forcemint, emulator, CONNECTIONS);
    const figures: Figure[] = [];
    for (const processes of PROCESSES) figures.push(...(await rotations(home, hosts, processes)));
    return figures;
  } finally {
    await rm(home, { recursive: true });
  }
}

interface Round {
  readonly rate: number;
  readonly delayMs: number;
}

/** The connections shared out among so many processes on the one store. */
async function rotations(home: string, hosts: readonly string[], processes: number): Promise<Figure[]> {
  const names = Array.from({ length: CONNECTIONS }, (_, index) => `c${index}`);
  const workers = await Promise.all(
    Array.from({ length: processes }, (_, mine) =>
      startWorker(
        home,
        hosts,
        names.filter((_name, index) => index % processes === mine),
      ),
    ),
  );
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const parts = await Promise.all(workers.map((worker) => worker.renew(SECONDS)));
    rounds.push({
      rate: parts.reduce((sum, { rate }) => sum + rate, 0),
      delayMs: Math.max(...parts.map(({ delayMs }) => delayMs)),
    });
  }
  await Promise.all(workers.map((worker) => worker.end()));
  const delayMs = median(rounds.map((round) => round.delayMs));
  return [
    {
      name: `rotations, ${processes} process${processes === 1 ? '' : 'es'}`,
      value: median(rounds.map(({ rate }) => rate)),
      goal: '≥ 300',
      unit: '/s',
      detail: `${CONNECTIONS} connections at once, one SQLite store, ${ROUNDS} rounds of ${SECONDS} s; event loop delay p99 ${delayMs.toFixed(0)} ms`,
    },
  ];
}

async function startWorker(home: string, hosts: readonly string[], names: readonly string[]) {
  const worker = spawn(process.execPath, ['--conditions=source', CHILD, home, hosts.join(','), names.join(',')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: worker.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready') throw new Error('a worker did not start');
  return {
    async renew(seconds: number): Promise<Round> {
      worker.stdin.write(`${seconds}\n`);
      return JSON.parse((await lines.next()).value ?? '');
    },
    async end(): Promise<void> {
      worker.stdin.end();
      await once(worker, 'exit');
    },
  };
}

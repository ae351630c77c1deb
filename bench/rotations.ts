import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from './emulator-process.ts';
import { type Figure, median } from './figure.ts';
import { connectRotating, openUnlimited, ROTATING } from './rotating-connections.ts';
import { type Round, startWorkers } from './rotation-workers.ts';

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 64;
const PROCESSES = [1, 2, 4];

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

/** The connections shared out among so many processes on the one store. */
async function rotations(home: string, hosts: readonly string[], processes: number): Promise<Figure[]> {
  await using workers = await startWorkers(home, hosts, CONNECTIONS, processes);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push(await workers.renew(SECONDS));
  }
  const delayMs = median(rounds.map((round) => round.delayMs));
  return [
    {
      name: `rotations, ${processes} process${processes === 1 ? '' : 'es'}`,
      value: median(rounds.map(({ rate }) => rate)),
      goal: '≥ 300',
      unit: '/s',
      detail: `${CONNECTIONS} connections at once, one SQLite store, ${ROUNDS} rounds of ${SECONDS} s; ${median(rounds.map(({ cpuMs }) => cpuMs)).toFixed(2)} ms of processor time each; event loop delay p99 ${delayMs.toFixed(0)} ms`,
    },
  ];
}

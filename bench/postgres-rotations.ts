import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresServer } from '../test/support/postgres-server.ts';
import { benchServer, pgbench } from './bench-server.ts';
import { startEmulator } from './emulator-process.ts';
import { type Figure, median } from './figure.ts';
import { placeInDatabase } from './place.ts';
import { connectRotating, openUnlimited, ROTATING } from './rotating-connections.ts';
import { startWorkers } from './rotation-workers.ts';
import { serverCpuMs } from './server-cpu.ts';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 256;
const PROCESSES = [1, 2];
/** As many as the two processes have connections to the database. */
const CLIENTS = 20;
const SCALE = 20;

/** Rotations through the whole protocol on PostgreSQL ÷ the transactions of `pgbench --builtin=simple-update` on the same server, in turn. */
export async function run(): Promise<Figure[]> {
  const program = pgbench();
  if (program === undefined) {
    console.error('postgres-rotations: there is no pgbench on this machine (Debian: postgresql-contrib)');
    return [];
  }
  const server = await benchServer();
  if (server === undefined) return [];
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    await using emulator = await startEmulator(ROTATING);
    const { loginUrl, myDomainUrl } = emulator.ready;
    const hosts = [loginUrl, myDomainUrl];
    await placeInDatabase(home, server.url(await server.createDatabase()));
    {
      await using forcemint = await openUnlimited(home, hosts);
      await connectRotating(forcemint, emulator, CONNECTIONS);
    }
    const measured = await simpleUpdates(program, server);
    const figures: Figure[] = [];
    for (const processes of PROCESSES) {
      await using workers = await startWorkers(home, hosts, CONNECTIONS, processes);
      const [rates, transactions, ours, servers]: [number[], number[], number[], number[]] = [[], [], [], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        transactions.push(await measured());
        const usedMs = serverCpuMs(server);
        const { rate, cpuMs } = await workers.renew(SECONDS);
        rates.push(rate);
        ours.push(cpuMs);
        servers.push((serverCpuMs(server) - usedMs) / (rate * SECONDS));
      }
      figures.push({
        name: `rotations on PostgreSQL, ${processes} process${processes === 1 ? '' : 'es'}`,
        value: median(rates.map((rate, round) => rate / (transactions[round] ?? Number.NaN))),
        goal: '≥ 0.25',
        unit: '×',
        detail: `${median(rates).toFixed(0)} /s, ${CONNECTIONS} connections at once ÷ ${median(transactions).toFixed(0)} simple updates/s of ${CLIENTS} clients; ${ROUNDS} rounds of ${SECONDS} s in turn; processor time of a rotation ${median(ours).toFixed(2)} ms here, ${median(servers).toFixed(2)} ms at the server`,
      });
    }
    return figures;
  } finally {
    await rm(home, { recursive: true });
    await server.stop();
  }
}

async function simpleUpdates(program: string, server: PostgresServer): Promise<() => Promise<number>> {
  const database = await server.createDatabase('pgbench');
  const env = { ...process.env, PGPASSWORD: server.password };
  const to = ['-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres'];
  await promisify(execFile)(program, [...to, '-i', '-q', '-s', String(SCALE), database], { env });
  const load = ['-b', 'simple-update', '-c', String(CLIENTS), '-j', '2', '-T', String(SECONDS), '-n'];
  return async () => {
    const { stdout } = await promisify(execFile)(program, [...to, ...load, database], { env });
    const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    if (!(rate > 0)) throw new Error('pgbench reported no rate');
    return rate;
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PostgresServer } from '../test/support/postgres-server.ts';
import { benchServer } from './bench-server.ts';
import type { Figure } from './figure.ts';
import { fillHome } from './fill-home.ts';
import { placeInDatabase } from './place.ts';

const REPLICAS = 3;
const CONNECTIONS = 1_000;
const SECONDS = 60;
const CHILD = fileURLToPath(new URL('./idle-replica.child.ts', import.meta.url));

/** Statements a second that replicas send which have nothing to do, with connections in the store that nobody uses. */
export async function run(): Promise<Figure[]> {
  const server = await benchServer();
  if (server === undefined) return [];
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    const database = await server.createDatabase();
    await placeInDatabase(home, server.url(database));
    await fillHome(home, CONNECTIONS);
    const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => startReplica(home)));
    const before = await statements(server, database);
    await sleep(SECONDS * 1000);
    const after = await statements(server, database);
    await Promise.all(replicas.map((replica) => replica.end()));
    return [
      {
        name: 'idle replicas',
        value: (after - before - 1) / SECONDS / REPLICAS,
        goal: '≤ 5',
        unit: '/s each',
        detail: `transactions that the database counts, ${REPLICAS} processes over ${SECONDS} s, ${CONNECTIONS} connections in the store`,
      },
    ];
  } finally {
    await rm(home, { recursive: true });
    await server.stop();
  }
}

async function statements(server: PostgresServer, database: string): Promise<number> {
  // Counters of backends are published when they are idle, at most once a second.
  await sleep(1_500);
  const [row] = await server.query<{ count: string }>(
    'SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = $1',
    [database],
  );
  return Number(row?.count);
}

async function startReplica(home: string) {
  const replica = spawn(process.execPath, ['--conditions=source', CHILD, home], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: replica.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready') throw new Error('a replica did not start');
  return {
    async end(): Promise<void> {
      replica.stdin.end();
      await once(replica, 'exit');
    },
  };
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { benchServer } from './bench-server.ts';
import { type Figure, median } from './figure.ts';
import { fillHome } from './fill-home.ts';
import { placeInDatabase } from './place.ts';

const ROUNDS = 9;
const SMALL = 1_000;
const LARGE = 100_000;
/** Each name once: afterwards it would be in memory. */
const CALLS = 900;
const CHILD = fileURLToPath(new URL('./cold-get-token.child.ts', import.meta.url));

interface Round {
  readonly openSmallMs: number;
  readonly openLargeMs: number;
  readonly smallMs: number;
  readonly largeMs: number;
  /** Of the process that has both stores open and got all those tokens. */
  readonly residentMb: number;
}

/** `getToken` of a name that the process has not met, token in the store, and opening: a large store ÷ a small one. */
export function run(): Promise<Figure[]> {
  return compared('SQLite', async () => {});
}

/** The same over PostgreSQL. */
export async function runOnPostgres(): Promise<Figure[]> {
  const server = await benchServer();
  if (server === undefined) return [];
  try {
    const databases: string[] = [];
    const prepare = async (home: string): Promise<void> => {
      const database = await server.createDatabase();
      databases.push(database);
      await placeInDatabase(home, server.url(database));
    };
    const figures = await compared('PostgreSQL', prepare);
    const [row] = await server.query<{ bytes: string }>('SELECT pg_database_size($1) AS bytes', [databases[1]]);
    const bytes = Number(row?.bytes) / LARGE;
    return [
      ...figures,
      {
        name: 'PostgreSQL, each connection',
        value: bytes,
        goal: 'told',
        unit: 'bytes',
        detail: 'database with indexes, one event each',
      },
    ];
  } finally {
    await server.stop();
  }
}

async function compared(kind: string, prepare: (home: string) => Promise<void>): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  const [small, large] = [join(folder, 'small'), join(folder, 'large')];
  try {
    await prepare(small);
    await prepare(large);
    await fillHome(small, SMALL);
    await fillHome(large, LARGE);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measured(small, large));
    const ofRounds = (of: (round: Round) => number): number => median(rounds.map(of));
    const sizes = `${LARGE.toLocaleString('en')} connections ÷ ${SMALL.toLocaleString('en')}`;
    const ms = (of: (round: Round) => number): string => `${ofRounds(of).toFixed(3)} ms`;
    return [
      {
        name: `cold getToken on ${kind}, p50`,
        value: ofRounds(({ largeMs, smallMs }) => largeMs / smallMs),
        goal: '≤ 1.5',
        unit: '×',
        detail: `${sizes}, in turn, ${ROUNDS} processes × ${CALLS} names; ${ms(({ smallMs }) => smallMs)}, ${ms(({ largeMs }) => largeMs)}`,
      },
      {
        name: `openForcemint on ${kind}`,
        value: ofRounds(({ openLargeMs, openSmallMs }) => openLargeMs / openSmallMs),
        goal: '≤ 1.2',
        unit: '×',
        detail: `${sizes}; ${ms(({ openSmallMs }) => openSmallMs)}, ${ms(({ openLargeMs }) => openLargeMs)}`,
      },
      {
        name: `process with both open, ${kind}`,
        value: ofRounds(({ residentMb }) => residentMb),
        goal: '≤ 200',
        unit: 'MB',
        detail: `resident, after ${2 * CALLS} tokens`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measured(small: string, large: string): Promise<Round> {
  const args = ['--conditions=source', CHILD, small, large, String(SMALL), String(LARGE), String(CALLS)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

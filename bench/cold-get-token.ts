import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Figure, median } from './figure.ts';
import { fillHome } from './fill-home.ts';

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
}

/** `getToken` of a name that the process has not met, token in the store, and opening: a large store ÷ a small one. */
export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  const [small, large] = [join(folder, 'small'), join(folder, 'large')];
  try {
    await fillHome(small, SMALL);
    await fillHome(large, LARGE);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measured(small, large));
    const ofRounds = (of: (round: Round) => number): number => median(rounds.map(of));
    const sizes = `${LARGE.toLocaleString('en')} connections ÷ ${SMALL.toLocaleString('en')}`;
    const ms = (of: (round: Round) => number): string => `${ofRounds(of).toFixed(3)} ms`;
    return [
      {
        name: 'cold getToken, p50',
        value: ofRounds(({ largeMs, smallMs }) => largeMs / smallMs),
        goal: '≤ 1.5',
        unit: '×',
        detail: `${sizes}, in turn, ${ROUNDS} processes × ${CALLS} names; ${ms(({ smallMs }) => smallMs)}, ${ms(({ largeMs }) => largeMs)}`,
      },
      {
        name: 'openForcemint',
        value: ofRounds(({ openLargeMs, openSmallMs }) => openLargeMs / openSmallMs),
        goal: '≤ 1.5',
        unit: '×',
        detail: `${sizes}; ${ms(({ openSmallMs }) => openSmallMs)}, ${ms(({ openLargeMs }) => openLargeMs)}`,
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

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openForcemint } from '@forcemint/node';
import { benchServer } from './bench-server.ts';
import { type Figure, median } from './figure.ts';
import { fillHome } from './fill-home.ts';
import { environmentOf, placeInDatabase } from './place.ts';

const CONNECTIONS = 100_000;
const CHILD = fileURLToPath(new URL('./rotate-key.child.ts', import.meta.url));

interface Measured {
  readonly allMs: number;
  readonly readsMs: readonly number[];
  readonly errors: number;
}

/** Sealing a whole store anew, and copying it, in a process of their own, while this one reads tokens from the store: connections a second, and what readers feel. */
export function run(): Promise<Figure[]> {
  return measured('SQLite', async (home) => `sqlite:${join(home, 'copy.db')}`);
}

/** The same over PostgreSQL; it is copied into another database of the same server. */
export async function runOnPostgres(): Promise<Figure[]> {
  const server = await benchServer();
  if (server === undefined) return [];
  try {
    return await measured('PostgreSQL', async (home) => {
      placeInDatabase(home, server.url(await server.createDatabase()));
      return server.url(await server.createDatabase());
    });
  } finally {
    await server.stop();
  }
}

/** @param place prepares the home; gives the URL of the store that it is copied to */
async function measured(kind: string, place: (home: string) => Promise<string>): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    const target = await place(home);
    await fillHome(home, CONNECTIONS);
    const quiet = await reading(home, () => new Promise((resolve) => setTimeout(resolve, 3_000)));
    const rotation = await reading(home, () => inChild('rotate', home));
    const copy = await reading(home, () => inChild('copy', home, target));
    return [
      rate(`rotate-key, ${kind}`, rotation),
      readers(`rotate-key, ${kind}`, rotation, quiet),
      rate(`copy, ${kind}`, copy),
      readers(`copy, ${kind}`, copy, quiet),
    ];
  } finally {
    await rm(home, { recursive: true });
  }
}

function rate(name: string, { allMs }: Measured): Figure {
  const detail = `${CONNECTIONS.toLocaleString('en')} connections, all of the command in ${(allMs / 1_000).toFixed(1)} s`;
  return { name: name, value: (CONNECTIONS * 1_000) / allMs, goal: '≥ 5,000', unit: '/s', detail };
}

function readers(name: string, during: Measured, quiet: Measured): Figure {
  const [busy, calm] = [median(during.readsMs), median(quiet.readsMs)];
  const worst = Math.max(...during.readsMs).toFixed(0);
  return {
    name: `${name}, readers`,
    value: busy / calm,
    goal: '≤ 2',
    unit: '×',
    detail: `cold getToken meanwhile, p50 ${busy.toFixed(2)} ms ÷ ${calm.toFixed(2)} ms without, longest ${worst} ms; ${during.errors} of ${during.readsMs.length} failed`,
  };
}

/** Gets tokens of names that this process has not met, one after the other, for as long as `work` takes. */
async function reading(home: string, work: () => Promise<unknown>): Promise<Measured> {
  await using forcemint = await openForcemint({ home, env: environmentOf(home), renewAhead: false });
  const readsMs: number[] = [];
  let [isOver, errors] = [false, 0];
  const beganMs = performance.now();
  let allMs = 0;
  const done = work().finally(() => {
    isOver = true;
    allMs = performance.now() - beganMs;
  });
  for (let n = 0; !isOver; n = (n + 1) % CONNECTIONS) {
    const atMs = performance.now();
    await forcemint.getToken(`c${n}`).catch(() => {
      errors += 1;
    });
    readsMs.push(performance.now() - atMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await done;
  return { allMs, readsMs, errors };
}

async function inChild(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
}

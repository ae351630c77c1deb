import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startEmulator } from './emulator-process.ts';
import type { Footprint } from './exchange-memory.child.ts';
import type { Figure } from './figure.ts';
import { connectRotating, openUnlimited, ROTATING } from './rotating-connections.ts';

const CONNECTIONS = 64;
const MARKS = [10_000, 50_000, 100_000];
/** V8 lets its space for young objects grow to a hundred megabytes, in which a leak of ours could not be seen. */
const YOUNG_SPACE_MB = 4;
const CHILD = fileURLToPath(new URL('./exchange-memory.child.ts', import.meta.url));

/** What 100,000 exchanges that rotate leave behind in one process and in its store. */
export async function run(): Promise<Figure[]> {
  await using emulator = await startEmulator(ROTATING);
  const { loginUrl, myDomainUrl } = emulator.ready;
  const hosts = [loginUrl, myDomainUrl];
  const home = await mkdtemp(join(tmpdir(), 'forcemint-bench-'));
  try {
    {
      await using forcemint = await openUnlimited(home, hosts);
      await connectRotating(forcemint, emulator, CONNECTIONS);
    }
    return figures(await footprints(home, hosts));
  } finally {
    await rm(home, { recursive: true });
  }
}

async function footprints(home: string, hosts: readonly string[]): Promise<Footprint[]> {
  const node = ['--expose-gc', `--max-semi-space-size=${YOUNG_SPACE_MB}`, '--conditions=source'];
  const args = [...node, CHILD, home, hosts.join(','), String(CONNECTIONS), ...MARKS.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const found: Footprint[] = [];
  for await (const line of createInterface({ input: child.stdout })) found.push(JSON.parse(line));
  if (found.length !== MARKS.length) throw new Error('the process ended early');
  return found;
}

function figures(found: readonly Footprint[]): Figure[] {
  const [first, middle, last] = found;
  if (first === undefined || middle === undefined || last === undefined) throw new TypeError('three marks are needed');
  const at = MARKS.map((mark) => `${mark / 1_000}k`).join(' → ');
  const course = (of: (footprint: Footprint) => number): string => found.map((footprint) => of(footprint)).join(' → ');
  const files = ['store', 'log', 'locks', 'spool'].map(
    (name, index) => `${name} ${course(({ fileBytes }) => megabytes(fileBytes[index] ?? 0))} MB`,
  );
  return [
    {
      name: 'exchanges: heap, 50k to 100k',
      value: (last.heapBytes - middle.heapBytes) / (last.exchanges - middle.exchanges),
      goal: 'flat (≤ 10)',
      unit: 'bytes each',
      detail: `at ${at}: ${course(({ heapBytes }) => megabytes(heapBytes))} MB after a forced collection, nothing under way`,
    },
    {
      name: 'exchanges: resident, 100k ÷ 10k',
      value: last.residentBytes / first.residentBytes,
      goal: 'flat (≤ 1.1)',
      unit: '×',
      detail: `${course(({ residentBytes }) => megabytes(residentBytes))} MB; open descriptors ${course(({ openFiles }) => openFiles)}`,
    },
    {
      name: 'exchanges: files, 100k ÷ 50k',
      value: total(last) / total(middle),
      goal: 'flat (≤ 1.1)',
      unit: '×',
      detail: files.join(', '),
    },
  ];
}

function total({ fileBytes }: Footprint): number {
  return fileBytes.reduce((sum, bytes) => sum + bytes, 0);
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toFixed(1));
}

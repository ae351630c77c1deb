import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { fileURLToPath } from 'node:url';
import { createEmulator, type Emulator, type EmulatorOptions } from '@forcemint/emulator';
import { type Figure, median } from './figure.ts';

const STARTS = 60;
const SIDE_BY_SIDE = 20;
const COMMAND = fileURLToPath(new URL('../packages/cli/dist/bin.cjs', import.meta.url));

/** From the call to an emulator that answers; and from the start of a process to the first line of the built command. */
export async function run(): Promise<Figure[]> {
  // Once unmeasured, so that no module is loaded in the first measured start.
  await startMs();
  const figures = [
    ...spread('emulator: createEmulator()', await each(() => startMs())),
    ...spread('emulator: with TLS', await each(() => startMs({ tls: true }))),
  ];
  const startedMs = performance.now();
  const many = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => createEmulator()));
  const allMs = performance.now() - startedMs;
  await Promise.all(many.map((emulator) => emulator.close()));
  const together = `${SIDE_BY_SIDE} at once in one process, until the last is ready`;
  figures.push({
    name: 'emulator: many side by side',
    value: allMs / SIDE_BY_SIDE,
    goal: '≤ 300',
    unit: 'ms each',
    detail: together,
  });
  if (!existsSync(COMMAND)) throw new Error('the command line is not built: node tools/build-cli.ts');
  const ratios: number[] = [];
  const lineMs = await each(async () => {
    const line = await firstLineMs([COMMAND, 'emulator', '--json']);
    ratios.push(line / (await firstLineMs(['-e', 'console.log()'])));
    return line;
  });
  const times = `${median(ratios).toFixed(1)} × node -e`;
  return [...figures, ...spread('forcemint emulator --json', lineMs, `first line of the built command, ${times}; `)];
}

/** One after the other. */
async function each(measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let start = 0; start < STARTS; start += 1) values.push(await measure());
  return values;
}

/** The tail is what counts: how long an RSA key takes is luck. */
function spread(name: string, valuesMs: readonly number[], what = ''): Figure[] {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const [p95 = 0, most = 0] = [sorted[Math.floor(sorted.length * 0.95)], sorted.at(-1)];
  const detail = `${what}median of ${sorted.length} starts; p95 ${p95.toFixed(0)} ms, longest ${most.toFixed(0)} ms`;
  return [{ name, value: median(sorted), goal: '≤ 300', unit: 'ms', detail }];
}

async function startMs(options?: EmulatorOptions): Promise<number> {
  const startedMs = performance.now();
  const emulator = await createEmulator(options);
  const ms = performance.now() - startedMs;
  // Its second key pair, which the start does not wait for, shall not slow the next start down.
  await signingKey(emulator);
  await emulator.close();
  return ms;
}

/** Resolves when the key of the ID tokens is there. */
function signingKey({ loginUrl, ready }: Emulator): Promise<void> {
  const url = `${loginUrl}/id/keys`;
  return new Promise((resolve, reject) => {
    const seen = (response: IncomingMessage): void => {
      response.resume().once('end', resolve);
    };
    const request =
      ready.caFile === undefined
        ? httpGet(url, { agent: false }, seen)
        : httpsGet(url, { agent: false, ca: readFileSync(ready.caFile) }, seen);
    request.once('error', reject);
  });
}

/** How long a process takes to its first output; it is ended then. */
async function firstLineMs(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  const ms = performance.now() - startedMs;
  child.kill('SIGTERM');
  await exited;
  return ms;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./rotations.child.ts', import.meta.url));

/** How one round of renewals went, all processes together. */
export interface Round {
  /** Rotations per second. */
  readonly rate: number;
  /** Processor time of these processes for each rotation. */
  readonly cpuMs: number;
  /** Event loop delay, p99, of the process where it was longest. */
  readonly delayMs: number;
}

export interface Workers extends AsyncDisposable {
  renew(seconds: number): Promise<Round>;
}

/** Processes that share the connections `c0`, `c1`, … of one store among them. */
export async function startWorkers(
  home: string,
  hosts: readonly string[],
  connections: number,
  processes: number,
): Promise<Workers> {
  const names = Array.from({ length: connections }, (_, index) => `c${index}`);
  const workers = await Promise.all(
    Array.from({ length: processes }, (_, mine) =>
      startWorker(
        home,
        hosts,
        names.filter((_name, index) => index % processes === mine),
      ),
    ),
  );
  return {
    async renew(seconds) {
      const parts = await Promise.all(workers.map((worker) => worker.renew(seconds)));
      const rate = parts.reduce((sum, part) => sum + part.rate, 0);
      return {
        rate,
        cpuMs: parts.reduce((sum, part) => sum + part.cpuMs * part.rate, 0) / rate,
        delayMs: Math.max(...parts.map(({ delayMs }) => delayMs)),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.end()));
    },
  };
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

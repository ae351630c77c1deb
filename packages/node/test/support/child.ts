import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Ending } from './machine.ts';

export interface Child {
  readonly process: ChildProcess;
  /** Lines of its standard output so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line that starts with `prefix`, as soon as it is there; rejects when the child ends without it. */
  line(prefix: string): Promise<string>;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Runs a TypeScript file in a process of its own, killed at the latest when the test ends. */
export function child(t: Ending, file: URL, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  const spawned = spawn(process.execPath, ['--conditions=source', file.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  t.after(() => spawned.kill('SIGKILL'));
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  let over = false;
  const wake = () => {
    for (const waiter of waiters) waiter();
  };
  createInterface({ input: spawned.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  const ended = once(spawned, 'close').then(([code, signal]) => {
    over = true;
    wake();
    return signal ?? code;
  });
  const line = (prefix: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.find((candidate) => candidate.startsWith(prefix));
        if (found === undefined && !over) return;
        waiters.delete(look);
        if (found === undefined) reject(new Error(`the child ended without saying ${prefix}: ${lines.join(' | ')}`));
        else resolve(found);
      };
      waiters.add(look);
      look();
    });
  return { process: spawned, lines, line, ended };
}

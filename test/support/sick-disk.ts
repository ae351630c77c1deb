import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Ending } from './temporary-home.ts';

/** System calls that fail, as `strace -e inject` says it. */
export interface Sickness {
  readonly calls: readonly string[];
  readonly error: 'EIO' | 'ENOSPC' | 'EROFS' | 'EACCES';
  /** `3`: each thread's third; `1+`: all from the first. Default all. */
  readonly when?: string;
}

/** Why system calls can't be made to fail here; `undefined` if they can. */
export function whyNotSick(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'inject=sync:error=EIO', 'true']);
  if (error !== undefined) return 'strace is not installed: not proved on this machine';
  return status === 0 ? undefined : `strace may not trace here (${String(stderr).trim()}): not proved on this machine`;
}

/**
 * From now on the process's disk is sick, until what is returned is called.
 * @param pid of a process that runs
 */
export async function sicken(t: Ending, pid: number, { calls, error, when = '1+' }: Sickness): Promise<() => Promise<void>> {
  const names = calls.join(',');
  const detach = await attach(t, pid, ['-e', `trace=${names}`, '-e', `inject=${names}:error=${error}:when=${when}`]);
  return async () => {
    await detach();
  };
}

/**
 * Looks on as the process makes these system calls, until what is returned is called: it gives one line for each call, in the order of their beginning,
 * with the paths of files.
 */
export async function watchCalls(t: Ending, pid: number, calls: readonly string[]): Promise<() => Promise<readonly string[]>> {
  const detach = await attach(t, pid, ['-y', '-s', '0', '-e', `trace=${calls.join(',')}`]);
  return async () => (await detach()).split('\n').filter((line) => line.includes('('));
}

async function attach(t: Ending, pid: number, options: readonly string[]): Promise<() => Promise<string>> {
  const tracer = spawn('strace', ['-f', '-p', String(pid), ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(tracer, 'close');
  t.after(() => tracer.kill());
  let said = '';
  await new Promise<void>((resolve, reject) => {
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
    closed.then(() => reject(new Error(`strace ended: ${said}`)), reject);
  });
  return async () => {
    tracer.kill('SIGINT');
    await closed;
    return said;
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, type PostgresServer } from '../test/support/postgres-server.ts';

/** What the kernel counts in, whatever the machine (`USER_HZ` of Linux). */
const TICK_MS = 10;

/** Processor time that a server's processes, living and ended, have used so far, in milliseconds. Linux only. */
export function serverCpuMs({ dataDirectory }: PostgresServer): number {
  const postmaster = Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const [own = 0, ended = 0] = ticksOf(postmaster);
  const living = childrenOf(postmaster).map((pid) => ticksOf(pid)[0] ?? 0);
  return (own + ended + living.reduce((sum, ticks) => sum + ticks, 0)) * TICK_MS;
}

/** Of a process itself, and of its children that have ended: user and system (proc_pid_stat(5), fields 14 to 17). */
function ticksOf(pid: number): number[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number);
    return [user + system, endedUser + endedSystem];
  } catch {
    return [];
  }
}

import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** How long processes are killed, from when all are up; `undefined`: until Ctrl-C. */
  readonly seconds: number | undefined;
  readonly workers: number;
  readonly connections: number;
  /** What the moments and kinds of blows and faults follow from, as far as the machine allows. */
  readonly seed: number;
  /** One JSON document a line, for programs. */
  readonly json: boolean;
}

export const HELP = `Several processes renew the connections of one store, each renewal rotating a refresh token, while they are killed
(SIGKILL) and stopped (SIGSTOP) at random and server and network fail them. The judge is the ledger of the emulated
Salesforce. At the end everything comes to rest, and for each connection the newest refresh token that was issued is in
the store, or the run has failed.

A grant whose answer was lost with a process or a connection is lost for any client; the connection says so ("lost and
named"), and this program then authorizes it again, as a person would.

Usage: npm run chaos -- [options]

  --seconds S       kill for so many seconds (default: until Ctrl-C, which comes to rest first; twice: ends at once)
  --workers N       processes (default 3)
  --connections N   connections, one user each (default 6)
  --seed N          repeats the moments and kinds of blows, as far as the machine allows (default: another each time)
  --json            one JSON document a line: events, a tick each second, at last the summary
  --help            this text

Exit codes: 0 nothing was violated · 1 something was · 2 usage

Example:
  npm run chaos -- --seconds 30 --workers 4 --connections 12 --seed 4711
`;

const OPTIONS = {
  seconds: { type: 'string' },
  workers: { type: 'string', default: '3' },
  connections: { type: 'string', default: '6' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const MAX_SECONDS = 7 * 86_400;
const MAX_WORKERS = 64;
const MAX_CONNECTIONS = 999;
const SEEDS = 1_000_000_007;

/** What the command line asks for. @throws TypeError that says what is wrong with it */
export function chaosOptions(args: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  if (values.help) return 'help';
  return {
    seconds: values.seconds === undefined ? undefined : integer('--seconds', values.seconds, 1, MAX_SECONDS),
    workers: integer('--workers', values.workers, 1, MAX_WORKERS),
    connections: integer('--connections', values.connections, 1, MAX_CONNECTIONS),
    seed: values.seed === undefined ? Date.now() % SEEDS : integer('--seed', values.seed, 0, SEEDS),
    json: values.json,
  };
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new TypeError(`${name} takes an integer from ${least} to ${most}, not ${JSON.stringify(text)}`);
}

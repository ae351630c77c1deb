import type { Paint, Style } from '../../packages/cli/src/terminal/paint.ts';
import { printable } from '../../packages/cli/src/terminal/printable.ts';
import type { ConnectionView, Counters, Happening, Snapshot, WorkerState } from './report.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

/** A piece of a line, in one style. */
type Piece = string | readonly [Style, string];

const LABEL = 11;
const NUMBER = 7;
const HAPPENINGS = { least: 3, most: 8 };

const STATE_STYLES: Readonly<Record<string, Style>> = {
  ready: 'green',
  renewing: 'cyan',
  unknown: 'yellow',
  failing: 'yellow',
  'reauthorization-required': 'red',
};
const WORKER_STYLES: Readonly<Record<WorkerState, Style>> = {
  starting: 'dim',
  renewing: 'green',
  stopped: 'yellow',
  killed: 'red',
};
const HAPPENING_STYLES: Readonly<Record<Happening['type'], Style>> = {
  kill: 'red',
  stop: 'yellow',
  continue: 'dim',
  fault: 'yellow',
  lost: 'cyan',
  authorized: 'dim',
  violation: 'red',
};
const EVENT_WORDS: Readonly<Record<string, string>> = {
  adopted: 'staged answer adopted',
  'outcome-unknown': 'outcome unknown',
  'reauthorization-required': 'a person is needed',
  'renewal-failed': 'renewal failed',
  updated: 'authorized again',
};

/** One frame of the screen: at most `rows` lines, none wider than `columns`. */
export function frame(snapshot: Snapshot, screen: Screen): string[] {
  const { counters, connections, workers, happenings } = snapshot;
  const head: Piece[][] = [title(snapshot), [], ...counterPieces(counters), [], ...workerPieces(workers, screen.columns), []];
  const room = screen.rows - head.length - 2;
  const shownConnections = Math.max(1, Math.min(connections.length, room - HAPPENINGS.least));
  const table = connectionPieces(connections, shownConnections);
  const history = happenings.slice(-Math.max(0, Math.min(HAPPENINGS.most, screen.rows - head.length - table.length - 1)));
  return [...head, ...table, [], ...history.map(happeningPieces)].slice(0, screen.rows).map((pieces) => line(pieces, screen));
}

function title({ phase, seed, elapsedMs }: Snapshot): Piece[] {
  const doing = { starting: 'processes start', killing: 'Ctrl-C brings it to rest', settling: 'comes to rest' }[phase];
  return [['bold', 'Forcemint chaos'], `  ${clock(elapsedMs)}  seed ${seed}  `, ['dim', doing]];
}

/** The counters, one a line, each with what it means. */
export function counterPieces(counters: Readonly<Counters>): Piece[][] {
  const { kills, killsInFlight, stops, faults, requests, rotations, adopted, unknown, lostToKills, lostToFaults } = counters;
  const { violations } = counters;
  return [
    counter('killed', kills, `${number(killsInFlight)} of them with requests under way`),
    counter('stopped', stops, 'SIGSTOP, then continued or killed'),
    counter('faults', faults, 'of server and network'),
    counter('requests', requests, `${number(rotations)} rotated, ${number(adopted)} staged answers of the dead adopted`),
    counter('unknown', unknown, 'renewals whose outcome nobody could know'),
    counter('lost', lostToKills + lostToFaults, `all named: ${lost(counters)}`),
    [
      ...counter('violations', violations, ''),
      violations === 0 ? ['green', `the ledger finds the run sound after ${number(kills)} kills`] : ['red', 'the run has failed'],
    ],
  ];
}

function lost({ kills, lostToKills, lostToFaults }: Readonly<Counters>): string {
  return `${number(lostToKills)} by kills (${share(lostToKills, kills)} of kills), ${number(lostToFaults)} by faults`;
}

function counter(label: string, value: number, meaning: string): Piece[] {
  return [['dim', label.padEnd(LABEL)], ['bold', number(value).padStart(NUMBER)], `  ${meaning}`];
}

function workerPieces(workers: Snapshot['workers'], columns: number): Piece[][] {
  const width = 12;
  const perLine = Math.max(1, Math.floor((columns - LABEL - 1) / width));
  const cells = workers.map(({ worker, state }): readonly [Style, string] => [
    WORKER_STYLES[state],
    `${worker} ${state}`.padEnd(width),
  ]);
  return Array.from({ length: Math.ceil(cells.length / perLine) }, (_, row) => [
    ['dim', (row === 0 ? 'workers' : '').padEnd(LABEL)] as const,
    ...cells.slice(row * perLine, (row + 1) * perLine),
  ]);
}

function connectionPieces(connections: readonly ConnectionView[], shown: number): Piece[][] {
  const nameWidth = Math.max('connection'.length, ...connections.map(({ connection }) => connection.length));
  const titles = `${'connection'.padEnd(nameWidth)}  ${'version'.padStart(NUMBER)}  ${'state'.padEnd(24)}  last event`;
  const cut = connections.length > shown;
  const rows = connections
    .slice(0, cut ? shown - 1 : shown)
    .map((one): Piece[] => [
      `${one.connection.padEnd(nameWidth)}  ${number(one.version).padStart(NUMBER)}  `,
      [STATE_STYLES[one.state] ?? 'red', one.state.padEnd(24)],
      `  ${(EVENT_WORDS[one.lastEvent] ?? one.lastEvent).padEnd(21)} ${ago(one.lastEventAgoMs)}`,
    ]);
  return [[['dim', titles]], ...rows, ...(cut ? [[['dim', `… and ${connections.length - rows.length} more`] as const]] : [])];
}

function happeningPieces({ type, text, elapsedMs }: Happening): Piece[] {
  return [
    ['dim', `${clock(elapsedMs).padStart(6)}  `],
    [HAPPENING_STYLES[type], text],
  ];
}

/** Cut to the width first, then painted. */
export function line(pieces: readonly Piece[], { columns, paint }: Pick<Screen, 'columns' | 'paint'>): string {
  let room = columns;
  return pieces
    .map((piece) => {
      const [style, text] = typeof piece === 'string' ? [undefined, piece] : piece;
      const plain = printable(text).replaceAll('\n', ' ');
      const fitting = plain.length > room ? `${plain.slice(0, Math.max(0, room - 1))}${room > 0 ? '…' : ''}` : plain;
      room -= fitting.length;
      return style === undefined ? fitting : paint(style, fitting);
    })
    .join('');
}

export function number(value: number): string {
  return value.toLocaleString('en');
}

/** `part` of `whole` in per cent. */
export function share(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(1)} %`;
}

/** Minutes and seconds. */
export function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function ago(ms: number): string {
  return `${ms < 100_000 ? `${(ms / 1_000).toFixed(1)} s` : clock(ms)} ago`;
}

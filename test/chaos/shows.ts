import type { Writable } from 'node:stream';
import type { Paint } from '../../packages/cli/src/terminal/paint.ts';
import { clock, counterPieces, frame, line, number } from './frame.ts';
import type { Counters, Show, Summary } from './report.ts';

/** A terminal that tells how large it is. */
export interface Terminal extends Writable {
  readonly columns?: number;
  readonly rows?: number;
}

const EVERY_MS = 1_000;
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
/** A terminal that knows these shows what lies between them at once. */
const [BEGIN_FRAME, END_FRAME] = ['\u001b[?2026h\u001b[H', '\u001b[J\u001b[?2026l'];
const [DEFAULT_COLUMNS, DEFAULT_ROWS] = [80, 24];

/** Repaints one screen in place, a frame in one write; the summary comes below what stood there before. */
export class TerminalShow implements Show {
  readonly #out: Terminal;
  readonly #paint: Paint;
  #isEntered = false;

  constructor(out: Terminal, paint: Paint) {
    this.#out = out;
    this.#paint = paint;
  }

  happened(): void {
    // Every frame shows the latest.
  }

  stands(snapshot: Parameters<Show['stands']>[0]): void {
    const { columns = DEFAULT_COLUMNS, rows = DEFAULT_ROWS } = this.#out;
    // A line that fills its row would leave the cursor where clearing the rest of it takes its last character.
    const lines = frame(snapshot, { columns: columns - 1, rows, paint: this.#paint });
    const painted = lines.map((text) => `${text}\u001b[K`).join('\r\n');
    this.#out.write(`${this.#isEntered ? '' : ENTER}${BEGIN_FRAME}${painted}${END_FRAME}`);
    this.#isEntered = true;
  }

  ended(summary: Summary): void {
    this.leave();
    this.#out.write(summaryText(summary, this.#out.columns ?? DEFAULT_COLUMNS, this.#paint));
  }

  /** Gives the screen and the cursor back; a second call does nothing. */
  leave(): void {
    if (this.#isEntered) this.#out.write(LEAVE);
    this.#isEntered = false;
  }
}

/** A line each second, for a file or a pipe. */
export class PlainShow implements Show {
  readonly #out: Writable;
  readonly #isDue = everySecond();

  constructor(out: Writable) {
    this.#out = out;
  }

  happened({ type, text, elapsedMs }: Parameters<Show['happened']>[0]): void {
    if (type === 'violation') this.#out.write(`${clock(elapsedMs)} VIOLATION ${text}\n`);
  }

  stands({ phase, elapsedMs, counters }: Parameters<Show['stands']>[0]): void {
    if (this.#isDue()) this.#out.write(`${clock(elapsedMs)} ${phase}: ${counterWords(counters)}\n`);
  }

  ended(summary: Summary): void {
    this.#out.write(summaryText(summary, Number.POSITIVE_INFINITY, (_style, text) => text));
  }
}

/** One JSON document a line. */
export class JsonShow implements Show {
  readonly #out: Writable;
  readonly #isDue = everySecond();

  constructor(out: Writable) {
    this.#out = out;
  }

  happened(happening: Parameters<Show['happened']>[0]): void {
    this.#write(happening);
  }

  stands({ phase, elapsedMs, counters, workers, connections }: Parameters<Show['stands']>[0]): void {
    if (this.#isDue()) this.#write({ type: 'tick', phase, elapsedMs, counters, workers, connections });
  }

  ended(summary: Summary): void {
    this.#write({ type: 'summary', ...summary });
  }

  #write(document: object): void {
    this.#out.write(`${JSON.stringify(document)}\n`);
  }
}

function everySecond(): () => boolean {
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lastMs < EVERY_MS) return false;
    lastMs = nowMs;
    return true;
  };
}

function counterWords(counters: Readonly<Counters>): string {
  const { kills, stops, faults, requests, rotations, unknown, lostToKills, lostToFaults, violations } = counters;
  return (
    `${kills} killed, ${stops} stopped, ${faults} faults, ${requests} requests, ${rotations} rotations, ${unknown} unknown, ` +
    `${lostToKills + lostToFaults} lost and named, ${violations} violations`
  );
}

function summaryText(
  { sound, seed, elapsedMs, counters, connections, violations }: Summary,
  columns: number,
  paint: Paint,
): string {
  const screen = { columns, paint };
  const stored = connections.filter(({ standing }) => standing === 'stored').length;
  const named = connections.filter(({ standing }) => standing === 'lost-and-named').length;
  const rest = `${number(stored)} of ${number(connections.length)} connections have their newest refresh token in the store`;
  return [
    line(
      [['bold', 'Forcemint chaos'], `  ${clock(elapsedMs)}  seed ${seed}  `, sound ? ['green', 'sound'] : ['red', 'FAILED']],
      screen,
    ),
    '',
    ...counterPieces(counters).map((pieces) => line(pieces, screen)),
    '',
    line([rest], screen),
    ...(named === 0 ? [] : [line([`${number(named)} are named as lost`], screen)]),
    ...violations.map((text) => line([['red', `violation: ${text}`]], screen)),
    '',
  ].join('\n');
}

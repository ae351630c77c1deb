import type { Output } from './output.ts';

/** How far work has come. */
export interface Progress {
  /** What is being done. */
  readonly step: string;
  readonly done: number;
  readonly total?: number | undefined;
  /** In place of the two numbers, where a person would count something else. */
  readonly told?: string;
}

const CLEAR_LINE = '\r\u001b[2K';
const WIDTH = 24;
/** Work that is over sooner shows nothing; a bar is drawn no more often than this, in milliseconds. */
const BEGIN_AFTER_MS = 400;
const DRAW_EVERY_MS = 100;

/** Shows on a terminal's stderr how far long work has come; elsewhere nothing. */
export async function withProgressBar<T>(output: Output, work: (report: (progress: Progress) => void) => Promise<T>): Promise<T> {
  const { stderr } = output;
  if (stderr.isTTY !== true) return work(() => undefined);
  const startedAtMs = performance.now();
  let drawnAtMs = startedAtMs + BEGIN_AFTER_MS - DRAW_EVERY_MS;
  let isDrawn = false;
  try {
    return await work((progress) => {
      const nowMs = performance.now();
      if (nowMs - drawnAtMs < DRAW_EVERY_MS) return;
      drawnAtMs = nowMs;
      isDrawn = true;
      stderr.write(`${CLEAR_LINE}${bar(progress).slice(0, (stderr.columns ?? 80) - 1)}`);
    });
  } finally {
    if (isDrawn) stderr.write(CLEAR_LINE);
  }
}

/** `sealing anew ████████████░░░░░░░░░░░░ 50 % 5,000 of 10,000` */
export function bar({ step, done, total, told }: Progress): string {
  if (total === undefined || total <= 0) return `${step} …`;
  const part = Math.min(1, done / total);
  const full = Math.floor(part * WIDTH);
  const counts = told ?? `${Math.round(done).toLocaleString('en')} of ${total.toLocaleString('en')}`;
  const count = step === 'waiting for other processes' ? '' : ` ${counts}`;
  return `${step} ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${Math.floor(part * 100)} %${count}`;
}

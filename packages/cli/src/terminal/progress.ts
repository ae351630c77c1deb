import type { Output } from './output.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const BEGIN_AFTER_MS = 600;
const CLEAR_LINE = '\r\u001b[2K';

/** Shows on a terminal's stderr that work goes on, once it has taken a moment; elsewhere nothing. */
export async function withProgress<T>(output: Output, text: string, work: () => Promise<T>): Promise<T> {
  const stop = startProgress(output, text, BEGIN_AFTER_MS);
  try {
    return await work();
  } finally {
    stop();
  }
}

/** Begins a spinner; returns what ends it. */
export function startProgress(output: Output, text: string, afterMs = 0): () => void {
  const { stderr, paintNote } = output;
  if (stderr.isTTY !== true) return () => undefined;
  let frame = 0;
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs < afterMs) return;
    const seconds = Math.floor(elapsedMs / 1000);
    const spent = seconds > 0 ? paintNote('dim', ` ${seconds} s`) : '';
    const shown = text.slice(0, (stderr.columns ?? 80) - 12);
    stderr.write(`${CLEAR_LINE}${paintNote('cyan', FRAMES[frame % FRAMES.length] ?? '')} ${shown}${spent}`);
    frame += 1;
  }, FRAME_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (frame > 0) stderr.write(CLEAR_LINE);
  };
}

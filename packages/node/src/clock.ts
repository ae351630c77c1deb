import type { Clock } from '@forcemint/core/ports';

/** This machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) => wait(durationMs, signal, true),
  rest: (durationMs, signal) => wait(durationMs, signal, false),
};

function wait(durationMs: number, signal: AbortSignal | undefined, keepsAlive: boolean): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, durationMs);
    if (!keepsAlive) timer.unref();
    signal?.addEventListener('abort', abort, { once: true });
  });
}

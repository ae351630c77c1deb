import type { Context } from '../context.ts';
import { startProgress } from '../terminal/progress.ts';

/** How somebody waits for Salesforce, trying again and again. */
export interface Waiting {
  readonly nowMs: () => number;
  readonly pause: (forMs: number) => Promise<void>;
  /** What stands in the way, when that has changed. */
  readonly tell: (what: string) => void;
}

/** Waits on a terminal, which shows that it goes on. @param what is waited for */
export function waitingFor({ output, now }: Context, what: string): Waiting {
  return {
    nowMs: now,
    pause: async (forMs) => {
      const stop = startProgress(output, `waiting for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, forMs));
      stop();
    },
    tell: (inTheWay) => output.note(`${output.paintNote('yellow', '●')} not yet: ${inTheWay}`),
  };
}

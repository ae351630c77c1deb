/** One measured figure, beside the goal it is held against. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** What the figure should reach (`≥`) or stay below (`≤`). */
  readonly goal: string;
  readonly unit: string;
  /** What was compared with what. */
  readonly detail: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How often `work` is done in a second when `width` of it are under way at a time, each in its lane, over at least `seconds`. */
export async function perSecond(
  seconds: number,
  width: number,
  work: (n: number, lane: number) => Promise<unknown>,
): Promise<number> {
  const startedMs = performance.now();
  let done = 0;
  const fill = async (lane: number): Promise<void> => {
    while (performance.now() - startedMs < seconds * 1000) {
      await work(done, lane);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, (_, lane) => fill(lane)));
  return (done * 1000) / (performance.now() - startedMs);
}

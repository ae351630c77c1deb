/** Whoever waits for a turn. */
export interface Owner {
  /** Dead: its turns never come. */
  readonly alive: boolean;
  /** Stopped, as by SIGSTOP: its turns come later. */
  readonly stopped: boolean;
}

interface Turn {
  readonly owner: Owner;
  readonly take: () => void;
}

/** Numbers from 0 to below 1 that repeat from run to run (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Decides whose call of a port goes on next: any of those that wait, as the seed says; seed 0 is first come, first served. Between two turns everything runs
 * that needs no turn.
 */
export class Interleaving {
  readonly #next: () => number;
  readonly #isFair: boolean;
  #waiting: Turn[] = [];

  constructor(seed: number) {
    this.#next = seededNumbers(seed);
    this.#isFair = seed === 0;
  }

  /** From 0 to below `count`; 0 when first come is first served. */
  choose(count: number): number {
    return this.#isFair ? 0 : Math.floor(this.#next() * count);
  }

  turn(owner: Owner): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ owner, take: resolve }));
  }

  /** Gives turns until nobody can take one any more, or `limit` have been given. */
  async run(limit: number = Number.POSITIVE_INFINITY): Promise<void> {
    await ranDry();
    for (let given = 0; given < limit; given += 1) {
      const turn = this.#pick();
      if (turn === undefined) return;
      turn.take();
      await ranDry();
    }
  }

  #pick(): Turn | undefined {
    this.#waiting = this.#waiting.filter(({ owner }) => owner.alive);
    const ready = this.#waiting.filter(({ owner }) => !owner.stopped);
    const turn = ready[this.choose(ready.length)];
    if (turn !== undefined) this.#waiting.splice(this.#waiting.indexOf(turn), 1);
    return turn;
  }
}

/** Everything has run that waits for nothing but promises: ticks come after them, and cost no turn of the event loop. */
function ranDry(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** What two stores have under one key. */
export interface Pair<T> {
  readonly left: T | undefined;
  readonly right: T | undefined;
}

export type NextPage<T> = (after: T | undefined) => Promise<readonly T[]>;

/** The elements of two stores that are paged in the order of `key`, each beside its counterpart. */
export async function* sideBySide<T>(
  left: NextPage<T>,
  right: NextPage<T>,
  key: (element: T) => string,
): AsyncGenerator<Pair<T>> {
  const [lefts, rights] = [new Cursor(left), new Cursor(right)];
  for (;;) {
    if (lefts.isSpent) await lefts.turn();
    if (rights.isSpent) await rights.turn();
    const [one, other] = [lefts.current, rights.current];
    if (one === undefined && other === undefined) return;
    const [oneKey, otherKey] = [one && key(one), other && key(other)];
    const takesLeft = one !== undefined && (otherKey === undefined || (oneKey ?? '') <= otherKey);
    const takesRight = other !== undefined && (oneKey === undefined || (otherKey ?? '') <= oneKey);
    if (takesLeft) lefts.advance();
    if (takesRight) rights.advance();
    yield { left: takesLeft ? one : undefined, right: takesRight ? other : undefined };
  }
}

/** The next page is asked for while this one is worked on. */
class Cursor<T> {
  readonly #next: NextPage<T>;
  #ahead: Promise<readonly T[]> | undefined;
  #page: readonly T[] = [];
  #at = 0;
  #isOver = false;

  constructor(next: NextPage<T>) {
    this.#next = next;
  }

  get isSpent(): boolean {
    return !this.#isOver && this.#at >= this.#page.length;
  }

  get current(): T | undefined {
    return this.#page[this.#at];
  }

  async turn(): Promise<void> {
    this.#page = await (this.#ahead ?? this.#next(undefined));
    this.#at = 0;
    this.#isOver = this.#page.length === 0;
    if (this.#isOver) return;
    this.#ahead = this.#next(this.#page.at(-1));
    // Thrown when it is its turn, if it ever is.
    this.#ahead.catch(() => undefined);
  }

  advance(): void {
    this.#at += 1;
  }
}

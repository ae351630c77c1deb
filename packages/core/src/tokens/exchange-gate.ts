/** How many exchanges may be under way with each login host at a time; who comes when all are taken waits in line. */
export class ExchangeGate {
  readonly #limit: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room; `leave` must follow, once. */
  enter(loginUrl: string): Promise<void> {
    const taken = this.#taken.get(loginUrl) ?? 0;
    if (taken < this.#limit) {
      this.#taken.set(loginUrl, taken + 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const line = this.#waiting.get(loginUrl);
      if (line === undefined) this.#waiting.set(loginUrl, [resolve]);
      else line.push(resolve);
    });
  }

  leave(loginUrl: string): void {
    const next = this.#waiting.get(loginUrl)?.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#waiting.delete(loginUrl);
    const taken = (this.#taken.get(loginUrl) ?? 1) - 1;
    if (taken > 0) this.#taken.set(loginUrl, taken);
    else this.#taken.delete(loginUrl);
  }
}

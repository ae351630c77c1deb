/** What this process has begun and not finished: exchanges of humans and administrators, and what follows a published token. */
export class Underway {
  readonly #running = new Set<Promise<void>>();

  /** Counts `work` until it settles. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    const forget = (): void => {
      this.#running.delete(settled);
    };
    const settled: Promise<void> = running.then(forget, forget);
    this.#running.add(settled);
    return running;
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

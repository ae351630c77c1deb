/** Delays of answers; all end at once when the emulator closes or begins anew, and none begins after that. */
export class Pauses {
  readonly #pending = new Map<NodeJS.Timeout, () => void>();
  #isOver = false;

  wait(ms: number): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pending.delete(timer);
        resolve();
      }, ms);
      this.#pending.set(timer, resolve);
    });
  }

  end(): void {
    this.#isOver = true;
    for (const [timer, resolve] of this.#pending) {
      clearTimeout(timer);
      resolve();
    }
    this.#pending.clear();
  }
}

import type { Clock } from '@forcemint/core/ports';

interface Waiting<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

/** The longest batch. */
const MAX_BATCH = 256;
/** For how long one that is under way holds up the next, in milliseconds: its connection may have died. */
const HELD_UP_MS = 20;

/**
 * Calls that come in the same turn of the event loop, or while a batch is under way, become one statement. It is sent after all of them were made, so whoever
 * calls sees at least what was committed before the call.
 */
export class Batch<Input, Output> {
  readonly #run: (inputs: readonly Input[]) => Promise<readonly Output[]>;
  readonly #clock: Pick<Clock, 'rest'>;
  #waiting: Waiting<Input, Output>[] = [];
  #underWay = 0;
  #isDue = false;
  #isHeldUp = false;

  /** @param run gives an output for each input, in their order */
  constructor(run: (inputs: readonly Input[]) => Promise<readonly Output[]>, clock: Pick<Clock, 'rest'>) {
    this.#run = run;
    this.#clock = clock;
  }

  call(input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      if (this.#underWay === 0) this.#due();
      else this.#holdUp();
    });
  }

  #due(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => this.#flush());
  }

  #holdUp(): void {
    if (this.#isDue || this.#isHeldUp) return;
    this.#isHeldUp = true;
    void this.#clock.rest(HELD_UP_MS).then(() => {
      this.#isHeldUp = false;
      this.#due();
    });
  }

  #flush(): void {
    this.#isDue = false;
    const all = this.#waiting;
    this.#waiting = [];
    for (let first = 0; first < all.length; first += MAX_BATCH) void this.#send(all.slice(first, first + MAX_BATCH));
  }

  async #send(batch: readonly Waiting<Input, Output>[]): Promise<void> {
    this.#underWay += 1;
    try {
      const outputs = await this.#run(batch.map(({ input }) => input));
      if (outputs.length !== batch.length) throw new TypeError('a batch gives one output for each input');
      for (const [index, { resolve }] of batch.entries()) resolve(outputs[index] as Output);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#underWay -= 1;
      this.#due();
    }
  }
}

import type { Readable } from 'node:stream';
import type { Forcemint, OpenOptions } from '@forcemint/node';
import type { Interrupts } from './interrupts.ts';
import type { Output } from './terminal/output.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A stdin that may be a terminal. */
export interface InputStream extends Readable {
  readonly isTTY?: boolean;
}

/** What every command gets from outside. */
export interface Context {
  readonly env: Environment;
  readonly stdin: InputStream;
  readonly output: Output;
  readonly interrupts: Interrupts;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly openForcemint: (options: OpenOptions) => Promise<Forcemint>;
  /** What the process will end with; `0` until a command says otherwise. */
  exitCode: number;
}

/** A command's action: what it returns is the exit code, nothing means 0. */
export function act<Arguments extends readonly unknown[]>(
  context: Context,
  run: (...values: Arguments) => Promise<number | undefined>,
): (...values: Arguments) => Promise<void> {
  return async (...values) => {
    context.exitCode = (await run(...values)) ?? 0;
  };
}

/** Opens the store for `work`; afterwards waits until no exchange and nothing behind one is under way, and closes it. */
export async function withForcemint<T>(
  context: Context,
  work: (forcemint: Forcemint) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const { env, output, interrupts } = context;
  const onWarning = (text: string): void => output.warn(text);
  const forcemint = await context.openForcemint({ env, renewAhead: false, onWarning, ...options });
  try {
    return await work(forcemint);
  } finally {
    await interrupts.atStake(() => forcemint.idle());
    await forcemint[Symbol.asyncDispose]();
  }
}

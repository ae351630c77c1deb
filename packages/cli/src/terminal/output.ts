import type { Writable } from 'node:stream';
import { type Paint, paintFor } from './paint.ts';

/** A stream that may be a terminal. */
export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Results go to stdout, everything else to stderr. */
export class Output {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Colours for stdout. */
  readonly paint: Paint;
  /** Colours for stderr. */
  readonly paintNote: Paint;
  #readerLeft = false;
  #failure: Error | undefined;

  constructor(stdout: TerminalStream, stderr: TerminalStream, env: Readonly<Record<string, string | undefined>>) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.paint = paintFor(stdout.isTTY === true, env);
    this.paintNote = paintFor(stderr.isTTY === true, env);
    stdout.on('error', (error: Error) => this.#broken(error));
    // Nobody is left to be told of a closed stderr.
    stderr.on('error', () => undefined);
  }

  /** A line of the result. */
  result(text: string): void {
    this.raw(`${text}\n`);
  }

  /** Part of the result, as it is. */
  raw(data: string | Uint8Array): void {
    if (!this.#readerLeft && this.#failure === undefined) this.stdout.write(data);
  }

  /** The result as one JSON document: indented on a terminal, one line elsewhere. */
  json(value: unknown): void {
    this.result(JSON.stringify(value, undefined, this.stdout.isTTY === true ? 2 : undefined));
  }

  /** A line for the person. */
  note(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.note(`${this.paintNote('yellow', 'warning:')} ${text}`);
  }

  /** Resolves when everything written has left this process. @throws Error when the result could not be written, but not when its reader left. */
  async flush(): Promise<void> {
    await Promise.all([drained(this.stdout), drained(this.stderr)]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #broken(error: Error): void {
    if ('code' in error && error.code === 'EPIPE') this.#readerLeft = true;
    else this.#failure ??= error;
  }
}

function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

import { writeSync } from 'node:fs';

/** Straight to the descriptor of stdout: making `process.stdout` costs as much as everything else that a short way does. @param what it is, for an error */
export function print(bytes: Buffer, what: string): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE') return;
    if (code === 'EAGAIN') {
      process.stdout.write(bytes.subarray(written));
      return;
    }
    writeSync(
      2,
      `error: ${what} could not be written to stdout (${String(code)}).\ndo:    Make room there, or write it elsewhere.\n`,
    );
    process.exitCode = 1;
  }
}

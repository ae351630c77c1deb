import { writeSync } from 'node:fs';
import { storedToken } from './token-fast-path.ts';

const text = storedToken(process.argv.slice(2), process.env);
if (text === undefined) {
  import('node:module').then(({ enableCompileCache }) => {
    enableCompileCache();
    return import('./main.ts');
  });
} else {
  print(Buffer.from(text));
}

/** Straight to the descriptor: making `process.stdout` costs as much as everything else here together. */
function print(bytes: Buffer): void {
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
      `error: The token could not be written to stdout (${String(code)}).\ndo:    Make room there, or write it elsewhere.\n`,
    );
    process.exitCode = 1;
  }
}

import { writeSync } from 'node:fs';
import { storedToken } from './token-fast-path.ts';

const text = storedToken(process.argv.slice(2), process.env);
if (text === undefined) {
  import('node:module').then(({ enableCompileCache }) => {
    enableCompileCache();
    return import('./main.ts');
  });
} else {
  print(text);
}

/** Straight to the descriptor: making `process.stdout` costs as much as everything else here together. */
function print(line: string): void {
  try {
    writeSync(1, line);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE') return;
    if (code !== 'EAGAIN') throw error;
    process.stdout.write(line);
  }
}

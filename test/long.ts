import { spawn } from 'node:child_process';
import { dirname } from 'node:path';

/** The suites that have a long form, in it; arguments narrow them down by file. */
const SUITES = ['packages/core/test/exchange-model*.test.ts', 'test/race/*.test.ts', 'test/fault/*.test.ts'];

const files = process.argv.length > 2 ? process.argv.slice(2) : SUITES;
const child = spawn(process.execPath, ['--conditions=source', '--test', '--test-concurrency=1', ...files], {
  cwd: dirname(import.meta.dirname),
  env: { ...process.env, FORCEMINT_TEST_LONG: '1' },
  stdio: 'inherit',
});
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});

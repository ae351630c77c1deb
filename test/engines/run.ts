/** `npm run test:engines [-- files]`: the store on other servers than the one of `npm test`; each that can't be had is skipped with the reason. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { debianPostgres, oldestPostgres, pgBouncer } from './find-engines.ts';

for (const { missing } of [await debianPostgres(), await pgBouncer(), await oldestPostgres()]) {
  if (missing !== false) console.error(`test:engines skips what needs it: ${missing}.`);
}
const files = process.argv.length > 2 ? process.argv.slice(2) : ['test/engines/*.engines.ts'];
const runner = spawn(process.execPath, ['--conditions=source', '--test', '--test-concurrency=2', ...files], { stdio: 'inherit' });
const [code] = await once(runner, 'exit');
process.exitCode = code ?? 1;

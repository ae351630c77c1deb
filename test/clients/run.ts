/** `npm run test:clients [-- files]`: real command lines against the emulator. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PackageUnavailableError } from '../support/npm.ts';
import { SALESFORCE_CLI } from './install/client-package.ts';
import { installClient } from './install/install-client.ts';

const FILES = 'test/clients/**/*.clients.ts';

try {
  await installClient(SALESFORCE_CLI);
  const files = process.argv.length > 2 ? process.argv.slice(2) : [FILES];
  const runner = spawn(process.execPath, ['--conditions=source', '--test', '--test-concurrency=2', ...files], {
    stdio: 'inherit',
  });
  const [code] = await once(runner, 'exit');
  process.exitCode = code ?? 1;
} catch (error) {
  if (!(error instanceof PackageUnavailableError)) throw error;
  const { name, version } = SALESFORCE_CLI;
  console.error(`test:clients is skipped, nothing was tested: no ${name} ${version} here, ${error.message}.`);
}

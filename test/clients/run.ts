/** `npm run test:clients [-- files]`: clients of others, in exact versions, against the emulator. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { PackageUnavailableError } from '../support/npm.ts';
import { type ClientPackage, NEWMAN, POSTMAN_RUNTIME, SALESFORCE_CLI } from './install/client-package.ts';
import { installClient } from './install/install-client.ts';

const FILES = 'test/clients/**/*.clients.ts';

/** Which of them a file needs. */
function clientsOf(file: string): readonly ClientPackage[] {
  return /(^|\/)postman\.clients\.ts$/.test(file) ? [NEWMAN, POSTMAN_RUNTIME] : [SALESFORCE_CLI];
}

/** Why a client cannot be had here; nothing: it is installed. */
async function missing(client: ClientPackage): Promise<string | undefined> {
  try {
    await installClient(client);
    return undefined;
  } catch (error) {
    if (!(error instanceof PackageUnavailableError)) throw error;
    return `no ${client.name} ${client.version} here, ${error.message}`;
  }
}

const patterns = process.argv.length > 2 ? process.argv.slice(2) : [FILES];
const asked = patterns.flatMap((pattern) => {
  const found = globSync(pattern).sort();
  return found.length === 0 ? [pattern] : found;
});
const reasons = new Map<ClientPackage, string | undefined>();
for (const client of new Set(asked.flatMap(clientsOf))) reasons.set(client, await missing(client));
const files = asked.filter((file) => clientsOf(file).every((client) => reasons.get(client) === undefined));
for (const [client, reason] of reasons) {
  if (reason === undefined) continue;
  const skipped = asked.filter((file) => clientsOf(file).includes(client));
  console.error(`test:clients skips what needs ${client.name}, ${skipped.length} of ${asked.length} files: ${reason}.`);
}
if (files.length > 0) {
  const runner = spawn(process.execPath, ['--conditions=source', '--test', '--test-concurrency=2', ...files], {
    stdio: 'inherit',
  });
  const [code] = await once(runner, 'exit');
  process.exitCode = code ?? 1;
} else {
  console.error('test:clients tested nothing.');
}

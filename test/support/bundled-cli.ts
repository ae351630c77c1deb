import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '../../tools/bundle-cli.ts';

let bundled: Promise<string> | undefined;

/** The command line as it is published, made from the sources once in each test process: it starts three times as fast as they do. */
export function bundledCli(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-cli-'));
  // Tests of permissions run it as another user.
  chmodSync(folder, 0o755);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  await bundleCli(folder);
  return join(folder, 'bin.cjs');
}

import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Only what is used of a test's context. */
export interface Ending {
  after(cleanUp: () => unknown): void;
}

/** An empty directory that goes with the test. */
export function temporaryHome(t: Ending): string {
  const directory = mkdtempSync(join(tmpdir(), 'forcemint-test-'));
  t.after(() => {
    makeWritable(directory);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}

/** Tests may have taken away their own right to clean up. */
function makeWritable(directory: string): void {
  chmodSync(directory, 0o700);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (lstatSync(path).isDirectory()) makeWritable(path);
  }
}

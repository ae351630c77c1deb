import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProjectFile } from '../../src/index.ts';

/** A temporary folder with these files; it goes with `using`. */
export function folderOf(files: readonly ProjectFile[]): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'forcemint-setup-'));
  for (const file of files) {
    mkdirSync(dirname(join(path, file.path)), { recursive: true });
    writeFileSync(join(path, file.path), file.content, { flag: 'wx', mode: 0o600 });
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

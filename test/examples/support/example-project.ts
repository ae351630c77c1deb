import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const EXAMPLES = join(root, 'examples/emulator');

/** What an example's package.json says. */
export interface ExampleManifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** A copy of an example in a temporary folder, as a user's project: files of the example, and a `node_modules` to be filled. */
export class ExampleProject {
  readonly folder: string;
  readonly manifest: ExampleManifest;

  constructor(t: Pick<TestContext, 'after'>, name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `forcemint-example-${name}-`));
    t.after(() => rmSync(this.folder, { recursive: true, maxRetries: 5 }));
    cpSync(join(EXAMPLES, name), this.folder, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
    mkdirSync(join(this.folder, 'node_modules/.bin'), { recursive: true });
    this.manifest = JSON.parse(readFileSync(join(this.folder, 'package.json'), 'utf8'));
  }

  /** Dependencies that aren't ours. */
  get foreignDependencies(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(this.manifest.devDependencies).filter(([name]) => !isOurs(name)));
  }

  /** Our packages as they are in this checkout: nothing needs to be built. Node has to run with `--conditions=source`. */
  linkSources(): void {
    this.#link('@forcemint/emulator', join(root, 'packages/emulator'));
    this.#link('forcemint', join(root, 'packages/cli'));
    const main = join(root, 'packages/cli/src/main.ts');
    const launcher = `#!/bin/sh\nexec '${process.execPath}' --conditions=source '${main}' "$@"\n`;
    writeFileSync(join(this.folder, 'node_modules/.bin/forcemint'), launcher, { mode: 0o755 });
  }

  /** Our packages as npm would install them, after `npm run build`. */
  copyBuilt(): void {
    for (const [name, path] of [
      ['@forcemint/emulator', 'packages/emulator'],
      ['forcemint', 'packages/cli'],
    ] as const) {
      const { files }: { files: string[] } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
      for (const file of ['package.json', ...files.filter((one) => !one.startsWith('!'))]) {
        cpSync(join(root, path, file), join(this.folder, 'node_modules', name, file), { recursive: true });
      }
    }
    symlinkSync('../forcemint/bin/forcemint.cjs', join(this.folder, 'node_modules/.bin/forcemint'));
  }

  /** Packages that are installed elsewhere, with their commands. */
  linkInstalled(nodeModules: string, names: readonly string[]): void {
    for (const name of names) {
      this.#link(name, join(nodeModules, name));
      const command = join(nodeModules, '.bin', name);
      if (exists(command)) symlinkSync(command, join(this.folder, 'node_modules/.bin', name));
    }
  }

  /** Packages that this repository's own tests use. */
  linkOwnDevDependencies(): void {
    this.linkInstalled(join(root, 'node_modules'), Object.keys(this.foreignDependencies));
  }

  #link(name: string, target: string): void {
    const path = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }
}

export function isOurs(name: string): boolean {
  return name === 'forcemint' || name.startsWith('@forcemint/');
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

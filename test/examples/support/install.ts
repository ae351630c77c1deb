import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, toolCache } from '../../support/install-once.ts';
import { npm, PackageUnavailableError } from '../../support/npm.ts';

/** A folder with what was installed, or the reason why it can't be had here. */
export type Installed = { readonly folder: string } | { readonly missing: string };

/**
 * Packages from npm, in exact versions; `folder` is the `node_modules` that they are in.
 *
 * @throws {Error} when npm fails for another reason than that it can't fetch something
 */
export async function installFromNpm(dependencies: Readonly<Record<string, string>>): Promise<Installed> {
  for (const [name, version] of Object.entries(dependencies)) {
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new TypeError(`${name}: expected an exact version, found ${version}`);
  }
  const names = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
  const installed = await once(names, async (draft) => {
    writeFileSync(join(draft, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await npm(['install', '--prefer-offline'], draft, process.env);
  });
  return 'folder' in installed ? { folder: join(installed.folder, 'node_modules') } : installed;
}

/** Packages from PyPI, pinned by requirements such as `pytest==9.2.0`; `folder` is for `PYTHONPATH`. */
export async function installFromPyPI(requirements: readonly string[]): Promise<Installed> {
  return once(requirements, async (draft) => {
    const args = ['-m', 'pip', 'install', '--quiet', '--target', '.', ...requirements];
    const { status, stderr, error } = spawnSync('python3', args, { cwd: draft, encoding: 'utf8' });
    // pip has no codes that tell a wrong requirement from an index that is away.
    const reason = stderr?.split('\n').find((line) => /error/i.test(line)) ?? error?.message ?? `it ended with ${status}`;
    if (status !== 0) throw new PackageUnavailableError(`pip can't install it: ${reason}`);
  });
}

async function once(names: readonly string[], fill: (draft: string) => Promise<void>): Promise<Installed> {
  const folder = join(toolCache('examples'), names.join('+').replaceAll('/', '-'));
  try {
    await installOnce({ folder, label: names.join(', ') }, async (draft) => {
      await fill(draft);
      return draft;
    });
    return { folder };
  } catch (error) {
    if (error instanceof PackageUnavailableError) return { missing: `no ${names.join(', ')} here: ${error.message}` };
    throw error;
  }
}

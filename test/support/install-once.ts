import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withInstallLock } from './install-lock.ts';

/** What isn't in this repository's own `node_modules` because only some suites need it: `clients`, `examples`, `engines`. */
export type ToolKind = 'clients' | 'examples' | 'engines';

/** Where such tools are kept: `FORCEMINT_<KIND>_CACHE`, or else `forcemint/<kind>` in the user's cache folder. */
export function toolCache(kind: ToolKind, env: NodeJS.ProcessEnv = process.env): string {
  const own = env[`FORCEMINT_${kind.toUpperCase()}_CACHE`];
  return own || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'forcemint', kind);
}

export interface Installation {
  /** The folder that it gets when it is whole. */
  readonly folder: string;
  /** For people: `jest 30.0.0`. */
  readonly label: string;
  /** Told in a sentence what takes long. Default: stderr. */
  readonly onProgress?: (line: string) => void;
}

/**
 * Installs something into a cache unless it is there. It appears under its name only when it is whole; of two processes at
 * once one waits; a killed one leaves nothing that counts.
 *
 * @param fetchWhole fills the draft folder, and returns what is to be the folder: the draft, or one in it
 */
export async function installOnce(
  { folder, label, onProgress = (line) => process.stderr.write(`${line}\n`) }: Installation,
  fetchWhole: (draft: string) => Promise<string>,
): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(join(folder, '..'), { recursive: true });
  const onWait = () => onProgress(`Waiting for another process that installs ${label}.`);
  await withInstallLock(`${folder}.lock`, onWait, async () => {
    if (existsSync(folder)) return;
    onProgress(`Installing ${label} into ${folder}, this once.`);
    const draft = `${folder}.partial`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    try {
      renameSync(await fetchWhole(draft), folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  });
}

import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** In the order in which they need each other's declarations. */
const LIBRARIES = ['core', 'store', 'node', 'diagnose', 'setup', 'emulator'];

for (const name of LIBRARIES) {
  const folder = join(root, 'packages', name);
  await rm(join(folder, 'dist'), { recursive: true, force: true });
  const config = join(folder, 'tsconfig.build.json');
  const options = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { customConditions: [], rootDir: 'src', outDir: 'dist', declaration: true },
    include: ['src'],
  };
  await writeFile(config, JSON.stringify(options));
  try {
    run(join(root, 'node_modules/.bin/tsc'), ['-p', config]);
  } finally {
    await rm(config);
  }
}

run(process.execPath, [join(root, 'tools/build-cli.ts')]);

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

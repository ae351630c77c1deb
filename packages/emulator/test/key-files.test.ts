import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';

test('the folder of the keys goes with the process, closed or not', () => {
  const index = new URL('../src/index.ts', import.meta.url).href;
  const script = `const { createEmulator } = await import(${JSON.stringify(index)});
const emulators = await Promise.all(Array.from({ length: 12 }, () => createEmulator()));
console.log(JSON.stringify(emulators.map(({ ready }) => ready.apps.jwt.privateKeyFile)));
process.exit();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--conditions=source', '-e', script], {
    encoding: 'utf8',
  });
  const files: string[] = JSON.parse(stdout);
  assert.equal(files.length, 12);
  assert.equal(stderr, '', 'no warning about listeners');
  for (const file of files) assert.equal(existsSync(dirname(file)), false);
});

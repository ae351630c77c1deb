import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtExample } from './support/built-example.ts';
import { runExample } from './support/run-example.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

test('examples/emulator/vitest', async (t) => {
  const project = await builtExample(t, 'vitest');
  if (project === undefined) return;
  const { output } = await runExample(t, project, ['npm', '--silent', 'test']);
  assert.match(output, /^ +Test Files +2 passed \(2\)$/m);
  assert.match(output, /^ +Tests +4 passed \(4\)$/m);
  assert.doesNotMatch(output, /Unhandled|hanging/i);
});

test('examples/emulator/vitest: its types are right', async (t) => {
  const project = await builtExample(t, 'vitest');
  if (project === undefined) return;
  project.linkInstalled(join(root, 'node_modules'), ['@types/node']);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'esnext',
    module: 'nodenext',
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: ['node'],
  };
  writeFileSync(join(project.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  await runExample(t, project, [join(root, 'node_modules/.bin/tsc')]);
});

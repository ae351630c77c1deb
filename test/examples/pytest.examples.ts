import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ExampleProject } from './support/example-project.ts';
import { installFromPyPI } from './support/install.ts';
import { runExample } from './support/run-example.ts';

test('examples/emulator/pytest', async (t) => {
  const project = new ExampleProject(t, 'pytest');
  project.copyBuilt();
  const env: NodeJS.ProcessEnv = {};
  if (spawnSync('python3', ['-m', 'pytest', '--version']).status !== 0) {
    const requirements = readFileSync(join(project.folder, 'requirements.txt'), 'utf8').trim().split('\n');
    const installed = await installFromPyPI(requirements);
    if ('missing' in installed) return t.skip(installed.missing);
    env.PYTHONPATH = installed.folder;
  }
  const { stdout } = await runExample(t, project, ['python3', '-m', 'pytest', '-p', 'no:cacheprovider', '-q'], env);
  assert.match(stdout, /^4 passed in /m);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtExample } from './support/built-example.ts';
import { runExample } from './support/run-example.ts';

test('examples/emulator/jest', async (t) => {
  const project = await builtExample(t, 'jest');
  if (project === undefined) return;
  const { output } = await runExample(t, project, ['npm', '--silent', 'test']);
  assert.match(output, /^Test Suites: 2 passed, 2 total$/m);
  assert.match(output, /^Tests: +4 passed, 4 total$/m);
  assert.doesNotMatch(output, /did not exit|open handle/i);
});

test('examples/emulator/jest: the shared emulator needs no flag', async (t) => {
  const project = await builtExample(t, 'jest');
  if (project === undefined) return;
  const { output } = await runExample(t, project, ['npx', 'jest', 'shared.test.js']);
  assert.match(output, /^Tests: +1 passed, 1 total$/m);
});

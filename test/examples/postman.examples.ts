import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtExample } from './support/built-example.ts';
import { runExample } from './support/run-example.ts';

test('examples/emulator/postman: the collection runs, and runs again with the same emulator', async (t) => {
  const project = await builtExample(t, 'postman');
  if (project === undefined) return;
  const command = ['npm', '--silent', 'test', '--', '--iteration-count', '2'];
  const { output } = await runExample(t, project, command);
  assert.match(output, /│ +requests │ +32 │ +0 │/);
  assert.match(output, /│ +assertions │ +30 │ +0 │/);
});

test('examples/emulator/postman: what the collection needs is in the environment, or set by a request before', async (t) => {
  const project = await builtExample(t, 'postman');
  if (project === undefined) return;
  const collection = readFileSync(join(project.folder, 'emulator.postman_collection.json'), 'utf8');
  const script = readFileSync(join(project.folder, 'environment.mjs'), 'utf8');
  for (const [, name = ''] of collection.matchAll(/\{\{(\w+)\}\}/g)) {
    const source = name.startsWith('_') ? collection : script;
    assert.match(source, name.startsWith('_') ? new RegExp(`set\\('${name}'`) : new RegExp(`^  ${name}\\b`, 'm'));
  }
});

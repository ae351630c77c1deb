import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ExampleProject } from './support/example-project.ts';
import { runExample } from './support/run-example.ts';

// The examples that need nothing but this checkout run with its sources; `npm run test:examples` tries the others, with the built packages.

async function runFromSources(t: TestContext, name: string): Promise<string> {
  const project = new ExampleProject(t, name);
  project.linkSources();
  project.linkOwnDevDependencies();
  const { stdout } = await runExample(t, project, ['npm', '--silent', 'test'], { NODE_OPTIONS: '--conditions=source' });
  return stdout;
}

test('examples/emulator/node-test', async (t) => {
  const stdout = await runFromSources(t, 'node-test');
  assert.match(stdout, /^. pass 4$/m);
  assert.match(stdout, /^. fail 0$/m);
});

test('examples/emulator/shell', async (t) => {
  assert.deepEqual((await runFromSources(t, 'shell')).trim().split('\n'), [
    'query:           Emulated Account 1',
    'two hours later: INVALID_SESSION_ID',
    'replayed:        invalid_grant',
    'refused:         expired access/refresh token',
    '1 client_credentials ok',
    '2 refresh_token ok',
    '3 refresh_token invalid_grant',
    '4 refresh_token invalid_grant',
  ]);
});

test('examples/emulator/jsforce', async (t) => {
  assert.deepEqual((await runFromSources(t, 'jsforce')).trim().split('\n'), [
    'refreshed',
    'at first: 3 accounts',
    'refreshed',
    'two hours later: 3 accounts',
    'refused: Unable to refresh session due to: expired access/refresh token',
    'the server saw:',
    '1 refresh_token ok',
    '2 refresh_token ok',
    '3 refresh_token invalid_grant',
  ]);
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ExampleProject, isOurs } from './support/example-project.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const examples = readdirSync(join(root, 'examples/emulator'));
const { version, devDependencies }: { version: string; devDependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

test('examples ask for our packages in the version of this repository, and for others in exact ones', (t) => {
  for (const name of examples) {
    const { manifest } = new ExampleProject(t, name);
    for (const [dependency, wanted] of Object.entries(manifest.devDependencies)) {
      const expected = isOurs(dependency) ? version : devDependencies[dependency];
      if (expected === undefined) assert.match(wanted, /^\d+\.\d+\.\d+$/, `${dependency} of ${name}`);
      else assert.equal(wanted, expected, `${dependency} of ${name}`);
    }
  }
});

test('there is a test that runs each example', () => {
  const tests = readdirSync(here).filter((name) => name.endsWith('.ts') && name !== 'manifests.test.ts');
  const text = tests.map((name) => readFileSync(join(here, name), 'utf8')).join('\n');
  for (const name of examples)
    assert.ok(text.includes(`'examples/emulator/${name}`) || text.includes(`\`examples/emulator/${name}`), name);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireNode } from '../src/node-version.ts';

test('Node before 24 is refused in plain words', () => {
  for (const version of ['20.20.2', '23.11.0', '9.0.0']) {
    assert.throws(() => requireNode(version), { message: `@forcemint/emulator needs Node 24 or newer; this is ${version}` });
  }
  for (const version of ['24.0.0', '25.1.0-nightly', '100.0.0', process.versions.node]) requireNode(version);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseSecretArguments } from '../src/secret-arguments.ts';

test('words that every object knows are no secrets', () => {
  for (const word of ['constructor', 'toString=1', '__proto__']) refuseSecretArguments(['token', word]);
  assert.throws(() => refuseSecretArguments(['connect', 'x', '--client-secret', 'synthetic']), /the client secret/);
});

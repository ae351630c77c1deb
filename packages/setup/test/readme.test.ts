import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const README = new URL('../README.md', import.meta.url);

test('the example in README.md runs', () => {
  const example = /```ts\n(.*?)```/s.exec(readFileSync(README, 'utf8'))?.[1] ?? '';
  const run = spawnSync(process.execPath, ['--conditions=source', '--input-type=module-typescript', '--eval', example], {
    cwd: new URL('.', README),
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^sf project deploy start .*--target-org production$/m);
  assert.match(run.stdout, /Setup → Permission Sets → Nightly Sync → Manage Assignments$/m);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { missing, TestServer } from './support/server.ts';

const there = new TestServer();
const CHILD = fileURLToPath(new URL('./support/close-at-once.child.ts', import.meta.url));
const TIMES = 24;

test('a process that closes its store while it begins to listen gets to the end of that', { skip: missing }, async () => {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, STORE_URL: there.server.url(await there.server.createDatabase()) };
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', CHILD, String(TIMES)], { env });
  assert.equal(stdout, 'closed\n'.repeat(TIMES));
});

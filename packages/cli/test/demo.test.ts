import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createEmulator } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';
import { DemoStepError, runDemo } from '../src/demo/run-demo.ts';
import { Output } from '../src/terminal/output.ts';

test('a step of the demo that fails is named', async () => {
  const home = await mkdtemp(join(tmpdir(), 'forcemint-demo-test-'));
  try {
    await using emulator = await createEmulator();
    const extraHosts = [emulator.loginUrl, emulator.myDomainUrl];
    await using forcemint = await openForcemint({ home, extraHosts, env: {}, renewAhead: false });
    emulator.fault({ match: { path: '/services/data*', host: 'mydomain' }, action: { status: 500, body: 'broken' } });
    const output = new Output(new PassThrough(), new PassThrough(), {});
    await assert.rejects(runDemo(output, { emulator, forcemint }, new AbortController().signal), (error) => {
      assert.ok(error instanceof DemoStepError);
      assert.match(error.message, /using the token of demo-jwt/);
      return true;
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

test('an abort ends the demo between two steps', async () => {
  const home = await mkdtemp(join(tmpdir(), 'forcemint-demo-test-'));
  try {
    await using emulator = await createEmulator();
    await using forcemint = await openForcemint({ home, extraHosts: [emulator.loginUrl], env: {}, renewAhead: false });
    const output = new Output(new PassThrough(), new PassThrough(), {});
    const reason = new Error('stopped');
    await assert.rejects(runDemo(output, { emulator, forcemint }, AbortSignal.abort(reason)), reason);
    assert.deepEqual(emulator.ledger(), []);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, PATIENT, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const ANSWER_AFTER_MS = 700;

async function service(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const hosts = extraHosts(emulator);
  {
    await using forcemint = await openForcemint({ home, extraHosts: hosts, env: {}, renewAhead: false });
    await forcemint.administration.connect('acme', refreshTokenConnection(emulator));
    await forcemint.administration.connect('other', refreshTokenConnection(emulator));
  }
  const child = fork(join(import.meta.dirname, 'drain.child.ts'), [home, ...hosts], { execArgv: ['--conditions=source'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return { emulator, home, hosts, child };
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const [code, signal] = await once(child, 'exit');
  return { code, signal };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets the exchange under way come to its end, begins none, and then ends the process`, async (t) => {
    const { emulator, home, child } = await service(t);
    emulator.fault({ action: { delayMs: ANSWER_AFTER_MS }, times: 'always' });
    child.send('acme');
    await until('a request in flight', () => emulator.ledger().some(({ endedAtMs }) => endedAtMs === null));
    const end = endOf(child);
    const renewed: Promise<[object]> = Promise.race([once(child, 'message'), end.then((ended) => [ended])]) as Promise<[object]>;
    child.kill(signal);
    assert.ok('value' in (await renewed)[0], 'it ended without its answer');
    assert.deepEqual(await end, { code: null, signal });
    assert.equal(emulator.ledger().length, 1);
    const stored = await readStoredRow(home, 'acme');
    assert.equal(stored.refreshToken, emulator.ledger()[0]?.issued);
    assert.equal(stored.row.exchange.phase, 'idle');
  });
}

test('a second signal ends the process at once; what it leaves is found out by the next one', async (t) => {
  const { emulator, home, child } = await service(t);
  emulator.fault({ action: { delayMs: 30_000 } });
  child.send('acme');
  await until('a request in flight', () => emulator.ledger().some(({ endedAtMs }) => endedAtMs === null));
  const end = endOf(child);
  child.kill('SIGTERM');
  // The first one is received when the service refuses to begin another exchange.
  await until('the first signal', async () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended at the first signal');
    const told = once(child, 'message');
    child.send('other', () => undefined);
    return (await Promise.race([told, end.then(() => [])]))[0]?.code === 'shutting_down';
  });
  child.kill('SIGTERM');
  assert.deepEqual(await end, { code: null, signal: 'SIGTERM' });
  assert.equal((await readStoredRow(home, 'acme')).row.exchange.phase, 'intent');
});

test('while it drains a living token is still handed out, and a renewal is refused with what to do', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const forcemint = await openForcemint({ home, extraHosts: extraHosts(emulator), durations: PATIENT, env: {} });
  t.after(() => forcemint[Symbol.asyncDispose]());
  await forcemint.administration.connect('acme', refreshTokenConnection(emulator));
  const { value } = await forcemint.getToken('acme');
  await forcemint.drain();
  assert.equal((await forcemint.getToken('acme')).value, value);
  const error = await failure(forcemint.renew('acme'));
  assert.deepEqual([error.name, error.code, error.retryable], ['TransportError', 'shutting_down', true]);
  assert.ok((error.diagnosis?.fix.length ?? 0) > 0);
  assert.equal(emulator.ledger().length, 1);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Durations } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { fileNameFor } from '@forcemint/node/kernel-lock';
import { decodeEntry } from '@forcemint/node/spool-entry';
import { emulatedSalesforce, extraHosts, PATIENT, QUICK, refreshTokenConnection } from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { lockStore, readStoredRow, storePath } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

/** Between the arrival of a request at the server and its answer: time to get in between. */
const ANSWER_AFTER_MS = 400;
/** Of who finds a dead process's request: time for everything on a loaded machine, and an unknown outcome that can be lived through. */
const HEIR = { ...QUICK, callerWaitMs: 2_000, exchangeDeadlineMs: 2_500, unknownWaitMs: 3_000, leaseMs: 30_000 };

async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const hosts = extraHosts(emulator);
  await using forcemint = await openForcemint({ home, extraHosts: hosts, env: {} });
  const { id } = await forcemint.administration.connect('acme', refreshTokenConnection(emulator));
  const start = async (durations: Partial<Durations> = PATIENT) => {
    const child = await ForcemintProcess.start(t);
    await child.ask({ do: 'open', home, extraHosts: hosts, durations });
    return child;
  };
  const inFlight = () =>
    until('a request in flight', () =>
      emulator.ledger().some(({ outcome, endedAtMs }) => outcome === 'ok' && endedAtMs === null),
    );
  const spooled = () => decodeEntry(readFileSync(`${storePath(home)}.spool/${fileNameFor(id)}`)) !== undefined;
  return { emulator, home, start, inFlight, spooled };
}

test('killed between "staged" and "stored": the next process adopts the answer from the spool and posts nothing', async (t) => {
  const { emulator, home, start, inFlight, spooled } = await scene(t);
  const victim = await start();
  emulator.fault({ action: { delayMs: ANSWER_AFTER_MS } });
  const call = victim.ask({ do: 'renew', name: 'acme' });
  call.catch(() => 'the victim never answers');
  await inFlight();
  {
    using _locked = lockStore(home);
    await until('the answer in the spool', spooled);
    await victim.kill();
  }
  assert.equal((await readStoredRow(home, 'acme')).row.version, 1, 'the store does not have it yet');

  const heir = await start();
  const outcome = await heir.getTokens('acme');
  const requests = emulator.ledger();
  assert.equal(requests.length, 1);
  const stored = await readStoredRow(home, 'acme');
  assert.deepEqual(outcome, { tokens: { [stored.accessToken ?? '']: 1 }, errors: {} });
  assert.equal(stored.refreshToken, requests[0]?.issued);
});

test('killed while the request is under way: the answer is lost, which is found out by one late repetition and said', async (t) => {
  const { emulator, home, start, inFlight } = await scene(t);
  const victim = await start();
  emulator.fault({ action: { delayMs: ANSWER_AFTER_MS } });
  victim.ask({ do: 'renew', name: 'acme' }).catch(() => 'the victim never answers');
  await inFlight();
  await victim.kill();

  const heir = await start(HEIR);
  assert.equal((await heir.failure({ do: 'renew', name: 'acme' })).code, 'outcome_unknown');
  const error = await until('the verdict', async () => {
    const failure = await heir.failure({ do: 'renew', name: 'acme' });
    return failure.code !== 'outcome_unknown' && failure.code !== 'renewal_in_progress' && failure;
  });
  assert.equal(error.code, 'refresh_token_dead');
  assert.match(error.diagnosis?.fix.join() ?? '', /--refresh-token-file/);
  assert.equal((await heir.failure({ do: 'renew', name: 'acme' })).name, 'ReauthorizationRequired');
  const requests = emulator.ledger();
  assert.deepEqual(
    requests.map(({ outcome, consumed }) => [outcome, consumed]),
    [
      ['ok', true],
      ['invalid_grant', false],
    ],
  );
  assert.equal((await readStoredRow(home, 'acme')).row.exchange.phase, 'reauthorization-required');
});

test('killed before anything left: nobody knows that, so the heir waits, repeats once, and has the grant', async (t) => {
  const { emulator, home, start } = await scene(t);
  const victim = await start();
  emulator.fault({ action: { dropBefore: true, delayBeforeMs: ANSWER_AFTER_MS } });
  victim.ask({ do: 'renew', name: 'acme' }).catch(() => 'the victim never answers');
  await until('a request', () => emulator.ledger().length === 1);
  await victim.kill();

  const heir = await start(HEIR);
  await until('the grant', async () => {
    const { tokens } = await heir.getTokens('acme');
    return Object.keys(tokens).length > 0;
  });
  const requests = emulator.ledger();
  assert.deepEqual(
    requests.map(({ outcome }) => outcome),
    ['dropped', 'ok'],
  );
  assert.equal((await readStoredRow(home, 'acme')).refreshToken, requests[1]?.issued);
});

test('a stopped process keeps its exchange: nobody else posts, and it finishes when it goes on', async (t) => {
  const { emulator, home, start, inFlight } = await scene(t);
  const [holder, other] = [await start(), await start({ ...PATIENT, callerWaitMs: 200 })];
  emulator.fault({ action: { delayMs: ANSWER_AFTER_MS } });
  const renewed = holder.ask({ do: 'renew', name: 'acme' });
  await inFlight();
  holder.process.kill('SIGSTOP');
  try {
    for (let tries = 0; tries < 5; tries += 1) {
      assert.equal((await other.failure({ do: 'renew', name: 'acme' })).code, 'renewal_in_progress');
    }
    assert.equal(emulator.ledger().length, 1);
  } finally {
    holder.process.kill('SIGCONT');
  }
  const token = await renewed;
  await until('the other to have it', async () => Object.keys((await other.getTokens('acme')).tokens)[0] === token);
  const requests = emulator.ledger();
  assert.equal(requests.length, 1);
  assert.equal((await readStoredRow(home, 'acme')).refreshToken, requests[0]?.issued);
});

test('a process that was stopped past its deadline still takes the answer that came meanwhile', async (t) => {
  const { emulator, home, start, inFlight } = await scene(t);
  const holder = await start({ ...QUICK, callerWaitMs: 1_400, exchangeDeadlineMs: 1_500, unknownWaitMs: 1_500, leaseMs: 1_600 });
  emulator.fault({ action: { delayMs: ANSWER_AFTER_MS } });
  const renewed = holder.ask({ do: 'renew', name: 'acme' });
  renewed.catch(() => 'its caller waits less long than it was stopped');
  await inFlight();
  holder.process.kill('SIGSTOP');
  const stoppedAtMs = performance.now();
  try {
    await until('the deadline to pass', () => performance.now() - stoppedAtMs > 1_800);
    const [request] = emulator.ledger();
    assert.equal(request?.written, true, 'the answer lies in the socket of the stopped process');
  } finally {
    holder.process.kill('SIGCONT');
  }
  const { tokens } = await until('an outcome', async () => {
    const outcomes = await holder.getTokens('acme');
    return !Object.keys(outcomes.errors).some((text) => text.includes('renewal_in_progress')) && outcomes;
  });
  assert.equal(emulator.ledger().length, 1);
  assert.equal(Object.keys(tokens).length, 1);
  assert.equal((await readStoredRow(home, 'acme')).refreshToken, emulator.ledger()[0]?.issued);
});

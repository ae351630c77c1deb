import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Forcemint, openForcemint } from '@forcemint/node';
import { emulatedSalesforce, extraHosts, jwtConnection } from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const TEN_MINUTES = 600;

async function opened(t: TestContext, serverOffsetSeconds: number) {
  const emulator = await emulatedSalesforce(t, { clock: () => Date.now() + serverOffsetSeconds * 1000 });
  const forcemint = await openForcemint({ home: temporaryHome(t), extraHosts: extraHosts(emulator), env: {} });
  await forcemint.administration.connect('acme', jwtConnection(emulator));
  return { emulator, forcemint };
}

async function refusedByClock(forcemint: Forcemint) {
  const error = await failure(forcemint.getToken('acme'));
  assert.equal(error.name, 'OAuthResponseError');
  assert.equal((await forcemint.status('acme')).state, 'failing');
  return error;
}

test('JWT bearer with a clock 10 minutes behind: row J5, and by how much the clock is wrong', async (t) => {
  const { forcemint } = await opened(t, TEN_MINUTES);
  await using _open = forcemint;
  const error = await refusedByClock(forcemint);
  assert.equal(error.diagnosis?.id, 'J5');
  assert.match(error.diagnosis?.fix.join() ?? '', /clock/);
  assert.match(error.message, /clock is (59|60)\d seconds behind Salesforce/);
});

test('JWT bearer with a clock 10 minutes ahead, where Salesforce minds: the error says by how much the clock is wrong', async (t) => {
  const { emulator, forcemint } = await opened(t, -TEN_MINUTES);
  await using _open = forcemint;
  emulator.setSwitches({ maxAssertionLifetimeSeconds: 180 });
  const error = await refusedByClock(forcemint);
  assert.match(error.message, /clock is (59|60)\d seconds ahead of Salesforce/);
});

test('JWT bearer with a clock 2 minutes off, either way, works', async (t) => {
  for (const offset of [-120, 120]) {
    const { forcemint } = await opened(t, offset);
    await using _open = forcemint;
    assert.equal((await forcemint.getToken('acme')).connection, 'acme');
  }
});

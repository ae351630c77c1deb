import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import {
  clientCredentialsConnection,
  emulatedSalesforce,
  extraHosts,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { tcpRelay } from '../support/tcp-relay.ts';
import { temporaryHome } from '../support/temporary-home.ts';

test('while Salesforce does not listen nothing is consumed: tried again freely, and served as soon as it is back', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const [login, myDomain] = [await tcpRelay(t, emulator.loginUrl), await tcpRelay(t, emulator.myDomainUrl)];
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), login.origin, myDomain.origin];
  await using forcemint = await openForcemint({ home, extraHosts: hosts, durations: PATIENT, env: {} });
  const rotating = refreshTokenConnection(emulator, 'rotating', { loginUrl: login.origin });
  await forcemint.administration.connect('rotating', rotating);
  await forcemint.administration.connect('app', clientCredentialsConnection(emulator, { loginUrl: myDomain.origin }));
  await login.close();
  await myDomain.close();

  for (const name of ['rotating', 'app']) {
    for (let tries = 0; tries < 5; tries += 1) {
      const error = await failure(forcemint.getToken(name));
      assert.deepEqual([error.name, error.code, error.retryable], ['TransportError', 'unreachable', true]);
      assert.equal((await forcemint.status(name)).state, 'failing');
    }
  }
  assert.deepEqual(emulator.ledger(), []);
  assert.equal((await readStoredRow(home, 'rotating')).refreshToken, fingerprint(rotating.refreshToken));

  await login.open();
  await myDomain.open();
  for (const name of ['rotating', 'app']) {
    const { value } = await forcemint.getToken(name);
    assert.equal((await readStoredRow(home, name)).accessToken, fingerprint(value));
    assert.equal((await forcemint.status(name)).state, 'ready');
  }
  assert.equal(emulator.ledger().length, 2);
});

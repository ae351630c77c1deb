import assert from 'node:assert/strict';
import dns from 'node:dns';
import { mock, test } from 'node:test';
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

test('while the name of the host does not resolve not one byte leaves: tried again freely, and served as soon as it does', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const byName = (url: string) => url.replace('127.0.0.1', 'localhost');
  const hosts = [...extraHosts(emulator), byName(emulator.loginUrl), byName(emulator.myDomainUrl)];
  await using forcemint = await openForcemint({ home: temporaryHome(t), extraHosts: hosts, durations: PATIENT, env: {} });
  const { administration } = forcemint;
  await administration.connect('rotating', refreshTokenConnection(emulator, 'rotating', { loginUrl: byName(emulator.loginUrl) }));
  await administration.connect('app', clientCredentialsConnection(emulator, { loginUrl: byName(emulator.myDomainUrl) }));
  const failed = Object.assign(new Error('synthetic'), { code: 'EAI_AGAIN', syscall: 'getaddrinfo' });
  const lookup = mock.method(dns, 'lookup', (...parameters: unknown[]) => {
    const callback = parameters.at(-1);
    if (typeof callback === 'function') setImmediate(() => callback(failed));
  });
  try {
    for (const name of ['rotating', 'app']) {
      for (let tries = 0; tries < 5; tries += 1) {
        const error = await failure(forcemint.getToken(name));
        assert.deepEqual([error.name, error.code, error.retryable], ['TransportError', 'unreachable', true]);
        assert.match(error.message, /localhost.*resolved/);
        assert.equal((await forcemint.status(name)).state, 'failing');
      }
    }
    assert.ok(lookup.mock.callCount() >= 10);
  } finally {
    lookup.mock.restore();
  }
  assert.deepEqual(emulator.ledger(), []);
  for (const name of ['rotating', 'app']) assert.equal((await forcemint.getToken(name)).connection, name);
  assert.equal(emulator.ledger().length, 2);
});

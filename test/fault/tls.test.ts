import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { testCertificates } from '../support/bad-certificates.ts';
import {
  BRISK,
  clientCredentialsConnection,
  emulatedSalesforce,
  extraHosts,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { FaultProxy, type Plan } from '../support/fault-proxy.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const DURATIONS = BRISK;
const certificates = testCertificates();
setDefaultCACertificates([...getCACertificates('default'), certificates.ca]);

/** Salesforce behind TLS: a rotating connection and one that repeats without harm, both with their first token. */
async function scene(t: TestContext) {
  const emulator = await emulatedSalesforce(t);
  const login = await FaultProxy.start(t, { target: emulator.loginUrl, tls: certificates.good });
  const myDomain = await FaultProxy.start(t, { target: emulator.myDomainUrl, tls: certificates.good });
  const home = temporaryHome(t);
  const options = { home, extraHosts: [...extraHosts(emulator), login.origin, myDomain.origin], env: {} };
  const rotating = refreshTokenConnection(emulator, 'rotating', { loginUrl: login.origin });
  {
    await using first = await openForcemint({ ...options, durations: PATIENT });
    await first.administration.connect('rotating', rotating);
    await first.administration.connect('app', clientCredentialsConnection(emulator, { loginUrl: myDomain.origin }));
    for (const name of ['rotating', 'app']) await first.getToken(name);
  }
  const adopted = fingerprint(rotating.refreshToken);
  return {
    emulator,
    proxies: { rotating: login, app: myDomain },
    open: (durations = PATIENT) => openForcemint({ ...options, durations }),
    end: (leastWaitMs: number) => soundEnd({ emulator, home, name: 'rotating', adopted, leastWaitMs }),
  };
}

test('fault 13, a certificate that must not be believed: nothing is sent, nothing is consumed, and the right one is enough', async (t) => {
  const { emulator, proxies, open, end } = await scene(t);
  const before = emulator.requests().length;
  await using forcemint = await open();
  for (const [what, certificate] of Object.entries(certificates.bad)) {
    for (const name of ['rotating', 'app'] as const) {
      proxies[name].show(certificate);
      const error = await failure(forcemint.renew(name));
      assert.deepEqual([what, error.name, error.code, 'sent' in error && error.sent], [what, 'TransportError', 'tls', 'no']);
      const { state } = await forcemint.status(name);
      assert.equal(state, 'failing');
      assert.equal((await forcemint.getToken(name)).connection, name, 'the living token is served');
    }
  }
  for (const name of ['rotating', 'app'] as const) {
    assert.equal(proxies[name].requests, 1, 'only that for the first token');
    proxies[name].show(certificates.good);
    await forcemint.renew(name);
  }
  assert.equal(emulator.requests().length, before + 2);
  assert.equal(await end(0), 'newest-stored');
});

test('faults 16, 17 and 19 under TLS: what was written after the handshake may have been processed', async (t) => {
  const plans: readonly (readonly [Plan, 'newest-stored' | 'loss-named'])[] = [
    [{ do: 'break', when: 'unprocessed', by: 'reset' }, 'newest-stored'],
    [{ do: 'break', when: 'processed', by: 'close' }, 'loss-named'],
    [{ do: 'cut', atByte: 400, by: 'half-close' }, 'loss-named'],
  ];
  await Promise.all(
    plans.map(async ([plan, expected]) => {
      const { proxies, open, end } = await scene(t);
      await using forcemint = await open({ ...PATIENT, ...DURATIONS });
      proxies.rotating.plan(plan);
      const error = await failure(forcemint.renew('rotating'));
      assert.deepEqual([error.code, 'sent' in error && error.sent], ['outcome_unknown', 'maybe']);
      await renewedOrVerdict(forcemint, 'rotating');
      assert.equal(await end(0.75 * DURATIONS.unknownWaitMs), expected, JSON.stringify(plan));
    }),
  );
});

test('faults 14 and 15 before the handshake is over: not one byte of the request left', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const plain = await FaultProxy.start(t, { target: emulator.loginUrl });
  const origin = plain.origin.replace('http://127.0.0.1', 'https://localhost');
  const home = temporaryHome(t);
  const hosts = [...extraHosts(emulator), origin];
  await using forcemint = await openForcemint({ home, extraHosts: hosts, durations: DURATIONS, env: {} });
  await forcemint.administration.connect('acme', refreshTokenConnection(emulator, 'rotating', { loginUrl: origin }));
  const plans: readonly (readonly [Plan, string])[] = [
    [{ do: 'silence' }, 'timeout'],
    [{ do: 'break', when: 'begun', by: 'reset' }, 'connection_lost'],
    [{ do: 'break', when: 'begun', by: 'close' }, 'connection_lost'],
  ];
  for (const [plan, code] of plans) {
    plain.plan(plan);
    await failure(forcemint.renew('acme'));
    await forcemint.idle();
    const { failure: kept, state } = await forcemint.status('acme');
    assert.deepEqual([kept?.code, kept?.sent, state], [code, 'no', 'failing'], JSON.stringify(plan));
  }
  assert.deepEqual(emulator.ledger(), []);
});

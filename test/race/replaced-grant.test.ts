import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { openPorts } from '@forcemint/node/open-ports';
import {
  emulatedSalesforce,
  extraHosts,
  newRefreshToken,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { readStoredRow } from '../support/stored-row.ts';

for (const kind of storeKinds()) {
  test(`${kind.name}: a renewal that waits while another process gives the connection a new refresh token renews with that one`, {
    skip: kind.skip,
  }, async (t) => {
    const emulator = await emulatedSalesforce(t);
    const { machine } = await kind.place(t);
    const hosts = extraHosts(emulator);
    await using operator = await openForcemint({
      ...machine('operator'),
      extraHosts: hosts,
      durations: { ...PATIENT, pollMs: 1 },
      env: {},
    });
    const { id } = await operator.administration.connect('acme', refreshTokenConnection(emulator));
    await operator.getToken('acme');
    const child = await ForcemintProcess.start(t);
    await child.ask({ do: 'open', ...machine('other'), extraHosts: hosts, durations: { ...PATIENT, pollMs: 500 } });

    const { ports, close } = await openPorts({ ...machine('holder'), env: {} });
    t.after(close);
    const busy = await ports.lock.tryAcquire(id, 180_000);
    assert.ok(busy !== undefined);
    const renewal = child.ask({ do: 'renew', name: 'acme' });
    renewal.catch(() => 'judged below');
    // By the time the other process has answered so many questions that came later, the renewal has met the lock.
    for (let questions = 0; questions < 30; questions += 1) await child.ask({ do: 'status', name: 'acme' });
    const refreshToken = newRefreshToken(emulator, 'rotating');
    const update = operator.administration.update('acme', { settings: {}, secrets: {}, refreshToken });
    await busy.release();
    await update;

    const renewed = await renewal;
    assert.equal((await readStoredRow(machine(), 'acme')).accessToken, renewed);
    assert.ok(emulator.ledger().some(({ presented, outcome }) => presented === fingerprint(refreshToken) && outcome === 'ok'));
  });
}

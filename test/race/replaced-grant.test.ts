import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { openForcemint } from '@forcemint/node';
import { createKernelLock } from '@forcemint/node/kernel-lock';
import {
  emulatedSalesforce,
  extraHosts,
  newRefreshToken,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { ForcemintProcess } from '../support/forcemint-process.ts';
import { readStoredRow, storePath } from '../support/stored-row.ts';
import { temporaryHome } from '../support/temporary-home.ts';

test('a renewal that waits while another process gives the connection a new refresh token renews with that one', async (t) => {
  const emulator = await emulatedSalesforce(t);
  const home = temporaryHome(t);
  const hosts = extraHosts(emulator);
  await using operator = await openForcemint({ home, extraHosts: hosts, durations: { ...PATIENT, pollMs: 1 }, env: {} });
  const { id } = await operator.administration.connect('acme', refreshTokenConnection(emulator));
  await operator.getToken('acme');
  const child = await ForcemintProcess.start(t);
  await child.ask({ do: 'open', home, extraHosts: hosts, durations: { ...PATIENT, pollMs: 500 } });

  const busy = await createKernelLock({ storePath: storePath(home) }).tryAcquire(id);
  const renewal = child.ask({ do: 'renew', name: 'acme' });
  renewal.catch(() => 'judged below');
  await child.ask({ do: 'status', name: 'acme' });
  const refreshToken = newRefreshToken(emulator, 'rotating');
  const update = operator.administration.update('acme', { settings: {}, secrets: {}, refreshToken });
  await busy?.release();
  await update;

  const renewed = await renewal;
  assert.equal((await readStoredRow(home, 'acme')).accessToken, renewed);
  assert.ok(emulator.ledger().some(({ presented, outcome }) => presented === fingerprint(refreshToken) && outcome === 'ok'));
});

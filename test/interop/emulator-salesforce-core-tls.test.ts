import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator } from '@forcemint/emulator';
import { CoreProcess } from './support/core-process.ts';
import { adminOf, appOf, newRefreshToken, refreshesOf } from './support/emulated-org.ts';

test('@salesforce/core: an sfdx auth URL, which is always https; one that core made goes on elsewhere', async (t) => {
  await using emulator = await createEmulator({ tls: true });
  const env = { NODE_EXTRA_CA_CERTS: emulator.ready.caFile };
  const core = new CoreProcess(t, { env });
  const { username } = adminOf(emulator);
  const { clientId } = appOf(emulator, 'rotating');
  const given = newRefreshToken(emulator, 'rotating');
  const { host } = new URL(emulator.loginUrl);
  const fields = await core.ask({ do: 'login-sfdx-url', url: `force://${clientId}::${given}@${host}` });
  assert.partialDeepStrictEqual(fields, { username, clientId, loginUrl: emulator.loginUrl, instanceUrl: emulator.myDomainUrl });

  const made = String(await core.ask({ do: 'sfdx-url', username }));
  assert.equal(new URL(made).host, new URL(emulator.myDomainUrl).host);
  assert.ok(!made.includes(given), 'the token rotated at the login');
  const elsewhere = new CoreProcess(t, { env });
  await elsewhere.ask({ do: 'login-sfdx-url', url: made });
  const found = await elsewhere.ask({ do: 'query', username, soql: 'SELECT Username FROM User', times: 1 });
  assert.partialDeepStrictEqual(found, [[{ Username: username }]]);
  assert.deepEqual(refreshesOf(emulator), ['ok', 'ok']);
  assert.deepEqual(await elsewhere.ask({ do: 'refused-attempts' }), []);
});

test('@salesforce/core: a certificate that it has no CA for is not taken', async (t) => {
  await using emulator = await createEmulator({ tls: true });
  const { host } = new URL(emulator.loginUrl);
  const url = `force://PlatformCLI::${newRefreshToken(emulator, 'PlatformCLI')}@${host}`;
  const { name } = await new CoreProcess(t).failure({ do: 'login-sfdx-url', url });
  assert.equal(name, 'RefreshTokenAuthError');
  assert.deepEqual(refreshesOf(emulator), []);
  const trusting = new CoreProcess(t, { env: { NODE_EXTRA_CA_CERTS: emulator.ready.caFile } });
  await trusting.ask({ do: 'login-sfdx-url', url });
  assert.deepEqual(refreshesOf(emulator), ['ok']);
});

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { createEmulator, EmulatorListenError } from '../src/index.ts';
import { appOf, clientCredentialsForm, get, JWT_BEARER, privateKeyOf, requestToken, startEmulator } from './emulator-client.ts';

test('the default org: apps, users, all of it synthetic', async (t) => {
  const { ready } = await startEmulator(t);
  assert.deepEqual(Object.keys(ready.apps), ['jwt', 'web', 'rotating', 'clientCredentials', 'all', 'PlatformCLI']);
  assert.equal(ready.ready, true);
  assert.match(ready.org.id, /^00D\w{12}EA2$/);
  for (const { username } of ready.users) assert.match(username, /@emulator\.example$/);
  for (const [name, { clientId, clientSecret }] of Object.entries(ready.apps)) {
    if (name === 'PlatformCLI') assert.equal(clientId, 'PlatformCLI');
    else assert.match(clientId, /^3MVG9EMU\.[\w.]{76}$/);
    if (name === 'rotating' || name === 'PlatformCLI') assert.equal(clientSecret, undefined);
    else assert.match(clientSecret ?? '', /^e0e0[0-9a-f]{60}$/);
  }
});

test('key and certificate: a pair, readable by the owner only, gone after close', async (t) => {
  const emulator = await startEmulator(t);
  for (const name of ['jwt', 'all']) {
    const app = appOf(emulator, name);
    const certificate = new X509Certificate(readFileSync(app.certificateFile ?? ''));
    assert.ok(certificate.checkPrivateKey(privateKeyOf(app)));
    assert.ok(certificate.verify(certificate.publicKey), 'self-signed');
    assert.match(certificate.subject, /O=Forcemint Emulator/);
    assert.ok(certificate.validFromDate.getTime() < Date.now() && certificate.validToDate.getTime() > Date.now());
    assert.equal(statSync(app.privateKeyFile ?? '').mode & 0o777, 0o600);
    assert.equal(statSync(dirname(app.privateKeyFile ?? '')).mode & 0o777, 0o700);
  }
  const folder = dirname(appOf(emulator, 'jwt').privateKeyFile ?? '');
  await emulator.close();
  await emulator.close();
  assert.equal(existsSync(folder), false);
  await assert.rejects(get(emulator.loginUrl));
});

test('await using closes it, requests in delay included', async () => {
  let url = '';
  let delayed: Promise<unknown> = Promise.resolve();
  {
    await using emulator = await createEmulator();
    url = emulator.loginUrl;
    emulator.fault({ action: { delayMs: 3_600_000 } });
    delayed = assert.rejects(requestToken(emulator, {}));
    while (emulator.ledger().length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await delayed;
  await assert.rejects(get(url));
});

test('a taken port is named, and nothing stays open', async (t) => {
  const first = await startEmulator(t);
  const port = Number(new URL(first.loginUrl).port);
  const attempt = createEmulator({ loginPort: port });
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof EmulatorListenError);
    assert.equal(error.code, 'ERR_EMULATOR_LISTEN');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\)`));
    return true;
  });
  await assert.rejects(createEmulator({ myDomainPort: port }), EmulatorListenError);
});

test('My Domain takes the port after a given login port', async (t) => {
  // Some other process may hold the neighbour: a few attempts find a free pair.
  for (let attempt = 0; attempt < 20; attempt++) {
    const probe = await createEmulator();
    const port = Number(new URL(probe.loginUrl).port);
    await probe.close();
    try {
      const emulator = await startEmulator(t, { loginPort: port });
      assert.deepEqual([emulator.loginUrl, emulator.myDomainUrl], [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`]);
      return;
    } catch (error) {
      if (!(error instanceof EmulatorListenError)) throw error;
    }
  }
  assert.fail('no two free ports in a row');
});

test('ready follows configureApp', async (t) => {
  const emulator = await startEmulator(t);
  const before = appOf(emulator, 'clientCredentials');
  assert.deepEqual(before.grantTypes, ['client_credentials']);
  assert.deepEqual(appOf(emulator, 'jwt').grantTypes, [JWT_BEARER]);
  const oauthClientCredentialUser = 'admin@emulator.example';
  const callbackUrls = ['http://localhost:1717/OauthRedirect'];
  emulator.configureApp('clientCredentials', { scopes: ['id'], callbackUrls, oauthClientCredentialUser });
  const grantTypes = ['authorization_code', 'client_credentials'];
  const after = { ...before, grantTypes, scopes: ['id'], redirectUris: callbackUrls, username: oauthClientCredentialUser };
  assert.deepEqual(appOf(emulator, 'clientCredentials'), after);
  const { apps } = JSON.parse((await get(`${emulator.controlUrl}/_emulator/ready`)).text);
  assert.deepEqual(apps.clientCredentials, after);
  emulator.configureApp('jwt', { scopes: ['api'] });
  assert.deepEqual(appOf(emulator, 'jwt').grantTypes, [], 'JWT bearer is refused without that scope');
  emulator.reset();
  assert.deepEqual(appOf(emulator, 'clientCredentials'), before);
});

test('instants are whole milliseconds, however finely the clock is set forward', async (t) => {
  const emulator = await startEmulator(t, { clock: () => 1_800_000_000_000.75 });
  const issuedAt = async () =>
    (await requestToken(emulator, clientCredentialsForm(emulator, 'clientCredentials'), { host: 'mydomain' })).body.issued_at;
  assert.equal(await issuedAt(), '1800000000000');
  emulator.advanceClock(0.0005);
  assert.equal(await issuedAt(), '1800000000001', 'parts of a millisecond add up');
});

test('clock and random come from outside', async (t) => {
  const random = (n: number) => new Uint8Array(n).fill(7);
  const emulator = await startEmulator(t, { clock: () => 1_800_000_000_000, random });
  emulator.advanceClock(1.5);
  const { body } = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
  assert.equal(body.issued_at, '1800000001500');
  assert.match(body.access_token ?? '', /!AQEmu\.(BwcH)+$/);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DEFAULT_SWITCHES } from '../src/config/switches.ts';
import { createEmulator, type EmulatorConfig } from '../src/index.ts';
import { appOf, clientCredentialsForm, requestToken, startEmulator } from './emulator-client.ts';

const refused = (config: unknown, message: RegExp) =>
  assert.rejects(createEmulator({ config: config as EmulatorConfig }), { name: 'TypeError', message });

test("a config of one's own replaces users and apps", async (t) => {
  const { ready: other } = await startEmulator(t);
  const certificate = readFileSync(other.apps.jwt?.certificateFile ?? '', 'utf8');
  const emulator = await startEmulator(t, {
    config: {
      org: { id: '00DEMU000000001', name: 'Acme', isSandbox: true },
      users: [{ username: 'solo@emulator.example', password: 'synthetic' }],
      apps: {
        own: {
          scopes: ['api'],
          clientId: 'own.client_1',
          clientSecret: 'synthetic-secret',
          certificate,
          isClientCredentialEnabled: true,
          oauthClientCredentialUser: 'solo@emulator.example',
        },
      },
      accounts: ['Only'],
    },
  });
  assert.equal(emulator.ready.org.id.slice(0, 15), '00DEMU000000001');
  assert.deepEqual(appOf(emulator, 'own'), {
    clientId: 'own.client_1',
    clientSecret: 'synthetic-secret',
    grantTypes: ['client_credentials'],
    username: 'solo@emulator.example',
    scopes: ['api'],
  });
  assert.equal((await requestToken(emulator, clientCredentialsForm(emulator, 'own'), { host: 'mydomain' })).status, 200);
});

test('what is wrong is named with its place', async () => {
  await refused([], /^config: expected an object, found an array/);
  await refused(null, /^config: expected an object, found null/);
  await refused({ app: {} }, /^config\.app: unknown; known are org, users, apps/);
  await refused({ apps: { web: {} } }, /^config\.apps\.web\.scopes: missing/);
  await refused({ apps: { web: { scopes: ['api', 7] } } }, /^config\.apps\.web\.scopes\[1\]: expected a scope/);
  await refused({ apps: { web: { scopes: ['api'], clientId: 'short' } } }, /^config\.apps\.web\.clientId: expected 8 to 256/);
  await refused(
    { apps: { web: { scopes: ['api'], certificate: '/etc/passwd' } } },
    /^config\.apps\.web\.certificate: expected true, false or the PEM/,
  );
  await refused(
    { apps: { web: { scopes: ['api'], refreshTokenPolicy: 'never' } } },
    /^config\.apps\.web\.refreshTokenPolicy: expected infinite/,
  );
  await refused({ apps: { web: { scopes: ['api'], constructor: 1 } } }, /^config\.apps\.web\.constructor: unknown/);
  await refused({ apps: { web: { scopes: ['api'], username: 'nobody' } } }, /^config\.apps\.web: nobody is not among the users/);
  await refused(
    { apps: { a: { scopes: [], clientId: 'same.client' }, b: { scopes: [], clientId: 'same.client' } } },
    /^config\.apps\.b\.clientId: another app/,
  );
  await refused(
    {
      users: [
        { username: 'a', password: 'b' },
        { username: 'A', password: 'b' },
      ],
    },
    /^config\.users\[1\]\.username: A is there twice/,
  );
  await refused({ users: [{ username: 'a' }] }, /^config\.users\[0\]\.password: missing/);
  await refused({ org: { id: '001000000000EMU' } }, /^config\.org\.id: expected 15 or 18/);
  await refused(
    { org: { sessionTimeoutSeconds: 0 } },
    /^config\.org\.sessionTimeoutSeconds: expected an integer from 1 to 86400, found 0/,
  );
  await refused({ switches: { concurrentRefresh: 'maybe' } }, /^config\.switches\.concurrentRefresh: expected one of refuse, /);
  await refused({ ledgerLimit: 1.5 }, /^config\.ledgerLimit/);
});

test('schema.json tells the defaults of the switches', () => {
  const { switches } = JSON.parse(readFileSync(new URL('../schema.json', import.meta.url), 'utf8')).properties;
  for (const [name, value] of Object.entries(DEFAULT_SWITCHES)) {
    assert.match(switches.properties[name].description, new RegExp(`Default ${value}\\.$`), name);
  }
});

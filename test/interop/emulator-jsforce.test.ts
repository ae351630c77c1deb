import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { Connection, OAuth2 } from 'jsforce';

const CALLBACK = 'http://localhost:1717/OauthRedirect';

function connect(emulator: Emulator, app: string, loginUrl: string, useVerifier = false): Connection {
  const { clientId, clientSecret } = emulator.ready.apps[app] ?? {};
  const oauth2 = new OAuth2({
    loginUrl,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    redirectUri: CALLBACK,
    useVerifier,
  });
  return new Connection({ oauth2, version: '66.0' });
}

async function logIn(emulator: Emulator, app: string): Promise<Connection> {
  const connection = connect(emulator, app, emulator.loginUrl, true);
  const url = connection.oauth2.getAuthorizationUrl({ scope: 'api refresh_token', state: 's' });
  assert.equal(new URL(url).searchParams.has('code_challenge_method'), false, 'why an absent method means S256');
  const [user] = emulator.ready.users;
  const callback = new URL(await signIn(url, { username: '', password: '', ...user }));
  await connection.authorize(callback.searchParams.get('code') ?? '');
  return connection;
}

async function assertUsable(emulator: Emulator, connection: Connection): Promise<void> {
  assert.equal(connection.instanceUrl, emulator.myDomainUrl);
  const { records, done } = await connection.query('SELECT Id, Name FROM Account ORDER BY Name LIMIT 2');
  assert.deepEqual([done, records.map(({ Name }) => Name)], [true, ['Emulated Account 1', 'Emulated Account 2']]);
  assert.ok((connection.limitInfo.apiUsage?.used ?? 0) > 0);
  const identity = await connection.identity();
  assert.equal(identity.organization_id, emulator.ready.org.id);
  const limits = await connection.limits();
  assert.equal(limits.DailyApiRequests?.Max, 15_000);
}

test('jsforce: code with its own PKCE (171 characters, no method), query, identity, limits', async () => {
  await using emulator = await createEmulator();
  for (const app of ['web', 'rotating', 'PlatformCLI']) await assertUsable(emulator, await logIn(emulator, app));
});

test('jsforce: an expired session is refreshed in the middle of a query; a rotated token is told by event', async () => {
  await using emulator = await createEmulator();
  const connection = await logIn(emulator, 'rotating');
  const before = connection.refreshToken;
  const events: unknown[] = [];
  connection.on('refresh', (_accessToken: string, response: { refresh_token?: string }) => events.push(response.refresh_token));
  emulator.advanceClock(7201);
  await assertUsable(emulator, connection);
  assert.equal(events.length, 1);
  assert.notEqual(events[0], before);
});

test('jsforce: logout revokes the access token; revoking twice is an error it understands', async () => {
  await using emulator = await createEmulator();
  const connection = await logIn(emulator, 'web');
  const { accessToken, oauth2 } = connection;
  await connection.logout();
  await assert.rejects(oauth2.revokeToken(accessToken ?? ''), /invalid_token|invalid token/);
});

test('jsforce: JWT bearer', async () => {
  await using emulator = await createEmulator();
  const app = emulator.ready.apps.jwt;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: app?.clientId, sub: app?.username, aud: `${emulator.loginUrl}/`, exp: Date.now() + 300 };
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  const signature = createSign('sha256')
    .update(text)
    .sign(readFileSync(app?.privateKeyFile ?? ''), 'base64url');
  const connection = new Connection({ oauth2: { loginUrl: emulator.loginUrl }, version: '66.0' });
  await connection.authorize({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${text}.${signature}`,
  });
  await assertUsable(emulator, connection);
});

test('jsforce: client credentials on My Domain', async () => {
  await using emulator = await createEmulator();
  const connection = connect(emulator, 'all', emulator.myDomainUrl);
  await connection.authorize({ grant_type: 'client_credentials' });
  await assertUsable(emulator, connection);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import * as client from 'openid-client';

const CALLBACK = 'http://localhost:34567/callback';
const insecure = { execute: [client.allowInsecureRequests] };

function discover(emulator: Emulator, app: string, origin = emulator.loginUrl): Promise<client.Configuration> {
  const { clientId = '', clientSecret } = emulator.ready.apps[app] ?? {};
  const authentication = clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret);
  return client.discovery(new URL(origin), clientId, undefined, authentication, insecure);
}

async function logIn(emulator: Emulator, config: client.Configuration, scope: string) {
  const [user] = emulator.ready.users;
  if (user === undefined) throw new Error('no user');
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = scope.includes('openid') ? client.randomNonce() : undefined;
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope,
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...(expectedNonce === undefined ? {} : { nonce: expectedNonce }),
  });
  const callback = new URL(await signIn(url.href, user));
  return client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier,
    expectedState,
    ...(expectedNonce === undefined ? {} : { expectedNonce }),
  });
}

test('openid-client: code with PKCE and OpenID Connect, userinfo, introspection, refresh, revocation', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  client.enableNonRepudiationChecks(config);
  const tokens = await logIn(emulator, config, 'openid api refresh_token profile email');
  const { sub } = tokens.claims() ?? {};
  assert.equal(sub, tokens.id);
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub ?? '');
  assert.equal(userinfo.preferred_username, emulator.ready.users[0]?.username);
  const state = await client.tokenIntrospection(config, tokens.access_token);
  assert.equal(state.active, true);
  assert.equal(state.client_id, emulator.ready.apps.web?.clientId);

  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  assert.notEqual(renewed.access_token, tokens.access_token);
  await client.tokenRevocation(config, tokens.refresh_token ?? '');
  assert.equal((await client.tokenIntrospection(config, renewed.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
    error_description: 'expired access/refresh token',
  });
});

test('openid-client: a public client with rotation', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'rotating');
  const tokens = await logIn(emulator, config, 'api refresh_token');
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), { error: 'invalid_grant' });
});

test('openid-client: client credentials on My Domain, refused on the login host', async () => {
  await using emulator = await createEmulator();
  const tokens = await client.clientCredentialsGrant(await discover(emulator, 'clientCredentials', emulator.myDomainUrl));
  assert.equal(tokens.instance_url, emulator.myDomainUrl);
  assert.equal(tokens.expires_in, undefined);
  await assert.rejects(client.clientCredentialsGrant(await discover(emulator, 'clientCredentials')), {
    error: 'invalid_grant',
    error_description: 'request not supported on this domain',
  });
});

test('openid-client: denied consent', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  const [user] = emulator.ready.users;
  const url = client.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'api' });
  const callback = await signIn(url.href, { username: '', password: '', ...user, decision: 'deny' });
  await assert.rejects(client.authorizationCodeGrant(config, new URL(callback)), { error: 'access_denied' });
});

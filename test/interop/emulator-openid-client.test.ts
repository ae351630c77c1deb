import assert from 'node:assert/strict';
import { createPrivateKey, hash } from 'node:crypto';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { SignJWT } from 'jose';
import * as client from 'openid-client';
import { adminOf, appOf, JWT_BEARER, newRefreshToken, outcomesOf, privateKeyOf, refreshesOf } from './support/emulated-org.ts';

const CALLBACK = 'http://localhost:34567/callback';
const insecure = { execute: [client.allowInsecureRequests] };

function discover(
  emulator: Emulator,
  app: string,
  origin = emulator.loginUrl,
  authentication?: client.ClientAuth,
): Promise<client.Configuration> {
  const { clientId, clientSecret } = appOf(emulator, app);
  const usual = clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret);
  return client.discovery(new URL(origin), clientId, undefined, authentication ?? usual, insecure);
}

/** What a callback brings, and what its exchange has to present. */
interface Callback {
  readonly url: URL;
  readonly checks: { readonly pkceCodeVerifier: string; readonly expectedState: string; readonly expectedNonce?: string };
}

async function obtainCallback(emulator: Emulator, config: client.Configuration, scope: string): Promise<Callback> {
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
  const checks = { pkceCodeVerifier, expectedState, ...(expectedNonce === undefined ? {} : { expectedNonce }) };
  return { url: new URL(await signIn(url.href, adminOf(emulator))), checks };
}

async function logIn(emulator: Emulator, config: client.Configuration, scope: string) {
  const { url, checks } = await obtainCallback(emulator, config, scope);
  return client.authorizationCodeGrant(config, url, checks);
}

async function isActive(config: client.Configuration, token: string | undefined): Promise<boolean> {
  return (await client.tokenIntrospection(config, token ?? '')).active;
}

test('openid-client: code with PKCE and OpenID Connect, userinfo, introspection, refresh, revocation', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  client.enableNonRepudiationChecks(config);
  const tokens = await logIn(emulator, config, 'openid api refresh_token profile email');
  const { sub } = tokens.claims() ?? {};
  assert.equal(sub, tokens.id);
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub ?? '');
  assert.equal(userinfo.preferred_username, adminOf(emulator).username);
  const state = await client.tokenIntrospection(config, tokens.access_token);
  assert.equal(state.active, true);
  assert.equal(state.client_id, appOf(emulator, 'web').clientId);

  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  assert.notEqual(renewed.access_token, tokens.access_token);
  await client.tokenRevocation(config, tokens.refresh_token ?? '');
  assert.equal(await isActive(config, renewed.access_token), false);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
    error_description: 'expired access/refresh token',
  });
});

test('openid-client: a code that comes with another verifier, or with none, is refused', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  const first = await obtainCallback(emulator, config, 'api');
  const wrong = { ...first.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  await assert.rejects(client.authorizationCodeGrant(config, first.url, wrong), { error: 'invalid_request', status: 400 });
  const second = await obtainCallback(emulator, config, 'api');
  const none = { expectedState: second.checks.expectedState };
  await assert.rejects(client.authorizationCodeGrant(config, second.url, none), { error: 'invalid_grant', status: 400 });
});

test('openid-client: a code is good for one exchange only', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  const { url, checks } = await obtainCallback(emulator, config, 'api refresh_token');
  await client.authorizationCodeGrant(config, url, checks);
  await assert.rejects(client.authorizationCodeGrant(config, url, checks), {
    error: 'invalid_grant',
    error_description: 'expired authorization code',
  });
  assert.deepEqual(outcomesOf(emulator, 'authorization_code'), ['ok', 'expired authorization code']);
});

test('openid-client: no grant tells when its access token expires', async () => {
  await using emulator = await createEmulator();
  const web = await discover(emulator, 'web');
  const tokens = await logIn(emulator, web, 'openid api refresh_token');
  const rotating = await discover(emulator, 'rotating');
  const all = await discover(emulator, 'all', emulator.myDomainUrl);
  const answers = [
    tokens,
    await client.refreshTokenGrant(web, tokens.refresh_token ?? ''),
    await client.refreshTokenGrant(rotating, newRefreshToken(emulator, 'rotating')),
    await client.clientCredentialsGrant(all),
  ];
  for (const answer of answers) {
    assert.equal(answer.expiresIn(), undefined);
    assert.equal('expires_in' in answer, false);
    assert.match(String(answer.issued_at), /^\d{13}$/, 'what Salesforce gives instead: milliseconds as text');
  }
});

for (const host of ['the login host', 'My Domain'] as const) {
  test(`openid-client: the ID token of ${host} is signed by a published key, for the issuer of the discovery document`, async () => {
    await using emulator = await createEmulator();
    const issuer = host === 'My Domain' ? emulator.myDomainUrl : emulator.loginUrl;
    const config = await discover(emulator, 'web', issuer);
    client.enableNonRepudiationChecks(config);
    const tokens = await logIn(emulator, config, 'openid api profile email');
    const claims = tokens.claims();
    assert.equal(config.serverMetadata().issuer, issuer);
    assert.equal(claims?.iss, issuer);
    assert.equal(claims?.aud, appOf(emulator, 'web').clientId);
    const half = hash('sha256', tokens.access_token, 'buffer').subarray(0, 16);
    assert.equal(claims?.at_hash, half.toString('base64url'));
  });
}

test('openid-client: a public client with rotation', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'rotating');
  const tokens = await logIn(emulator, config, 'api refresh_token');
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), { error: 'invalid_grant' });
});

test('openid-client: re-use of a rotated token kills its family, access tokens included', async () => {
  await using emulator = await createEmulator();
  emulator.configureApp('web', { isRefreshTokenRotationEnabled: true });
  const config = await discover(emulator, 'web');
  const first = await logIn(emulator, config, 'api refresh_token');
  const bystander = await logIn(emulator, config, 'api refresh_token');
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '');
  const third = await client.refreshTokenGrant(config, second.refresh_token ?? '');
  const family = [first.access_token, second.access_token, third.access_token, third.refresh_token];
  for (const token of family) assert.equal(await isActive(config, token), true);
  await assert.rejects(client.refreshTokenGrant(config, first.refresh_token ?? ''), {
    error: 'invalid_grant',
    error_description: 'expired access/refresh token',
  });
  for (const token of family) assert.equal(await isActive(config, token), false);
  await assert.rejects(client.fetchUserInfo(config, third.access_token, client.skipSubjectCheck));
  await assert.rejects(client.refreshTokenGrant(config, third.refresh_token ?? ''), { error: 'invalid_grant' });
  assert.equal(await isActive(config, bystander.access_token), true, 'another approval of the same user lives on');
});

for (const rotation of [true, false]) {
  test(`openid-client: two clients refresh one token at once, rotation ${rotation ? 'on' : 'off'}: one is told to wait`, async () => {
    await using emulator = await createEmulator({ config: { switches: { processingMs: 1000 } } });
    emulator.configureApp('web', { isRefreshTokenRotationEnabled: rotation });
    const clients = [await discover(emulator, 'web'), await discover(emulator, 'web')];
    const token = newRefreshToken(emulator, 'web');
    const settled = await Promise.allSettled(clients.map((config) => client.refreshTokenGrant(config, token)));
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    assert.equal(refused.length, 1);
    assert.ok(refused[0] instanceof client.ResponseBodyError);
    assert.deepEqual(
      [refused[0].error, refused[0].error_description],
      ['invalid_grant', 'token request is already being processed'],
    );
    assert.deepEqual(refreshesOf(emulator).sort(), ['ok', 'token request is already being processed']);
  });
}

test('openid-client: client credentials on My Domain, refused on the login host', async () => {
  await using emulator = await createEmulator();
  const tokens = await client.clientCredentialsGrant(await discover(emulator, 'clientCredentials', emulator.myDomainUrl));
  assert.equal(tokens.instance_url, emulator.myDomainUrl);
  assert.equal(tokens.refresh_token, undefined);
  await assert.rejects(client.clientCredentialsGrant(await discover(emulator, 'clientCredentials')), {
    error: 'invalid_grant',
    error_description: 'request not supported on this domain',
  });
});

test('openid-client: JWT bearer by the generic grant, client credentials by private_key_jwt', async () => {
  await using emulator = await createEmulator();
  const pkcs8 = createPrivateKey(privateKeyOf(emulator, 'all')).export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const config = await discover(emulator, 'all', emulator.myDomainUrl, client.PrivateKeyJwt(key));
  const { scope } = await client.clientCredentialsGrant(config);
  assert.equal(scope, 'api openid id profile email');

  const { clientId, username = '' } = appOf(emulator, 'all');
  const claims = new SignJWT().setProtectedHeader({ alg: 'RS256' }).setIssuer(clientId).setSubject(username);
  const assertion = await claims.setAudience(emulator.myDomainUrl).setExpirationTime('3 minutes').sign(key);
  const tokens = await client.genericGrantRequest(config, JWT_BEARER, { assertion });
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.expiresIn(), undefined);
  const refused = client.genericGrantRequest(config, JWT_BEARER, { assertion: assertion.slice(0, -8) });
  await assert.rejects(refused, { error: 'invalid_grant', error_description: 'invalid assertion' });
});

test('openid-client: introspection knows the tokens of the own app, or all of them by its setting', async () => {
  await using emulator = await createEmulator();
  const [web, all] = [await discover(emulator, 'web'), await discover(emulator, 'all')];
  const { access_token: accessToken, refresh_token: refreshToken } = await logIn(emulator, web, 'api refresh_token');
  for (const token of [accessToken, refreshToken]) {
    assert.equal(await isActive(web, token), true);
    assert.deepEqual(await client.tokenIntrospection(all, token ?? ''), { active: false });
  }
  emulator.configureApp('all', { isIntrospectAllTokens: true });
  const { active, client_id: clientId, token_type: type } = await client.tokenIntrospection(all, accessToken);
  assert.deepEqual([active, clientId, type], [true, appOf(emulator, 'web').clientId, 'access_token']);
  assert.equal(await isActive(all, 'nobody-knows-this'), false);
});

test('openid-client: revocation of an access token leaves its refresh token, that of a refresh token takes all', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  const tokens = await logIn(emulator, config, 'api refresh_token');
  await client.tokenRevocation(config, tokens.access_token);
  assert.equal(await isActive(config, tokens.access_token), false);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
  await client.tokenRevocation(config, tokens.refresh_token ?? '');
  assert.equal(await isActive(config, renewed.access_token), false);
  assert.equal(await isActive(config, tokens.refresh_token), false);
  for (const token of [tokens.refresh_token ?? '', 'nobody-knows-this']) {
    // Errors of this endpoint are form-encoded unless JSON is asked for, which this library takes for no OAuth answer.
    await assert.rejects(client.tokenRevocation(config, token), { code: 'OAUTH_RESPONSE_IS_NOT_JSON' });
  }
});

test('openid-client: denied consent', async () => {
  await using emulator = await createEmulator();
  const config = await discover(emulator, 'web');
  const url = client.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'api' });
  const callback = await signIn(url.href, { ...adminOf(emulator), decision: 'deny' });
  await assert.rejects(client.authorizationCodeGrant(config, new URL(callback)), { error: 'access_denied' });
});

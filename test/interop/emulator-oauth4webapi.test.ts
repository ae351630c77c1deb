import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { importPKCS8, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';

const CALLBACK = 'http://127.0.0.1:45678/callback';
const insecure = { [oauth.allowInsecureRequests]: true };

interface Setup {
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly secret: string;
}

async function setUp(emulator: Emulator, app: string, origin = emulator.loginUrl): Promise<Setup> {
  const issuer = new URL(origin);
  const response = await oauth.discoveryRequest(issuer, insecure);
  const as = await oauth.processDiscoveryResponse(issuer, response);
  const { clientId = '', clientSecret = '' } = emulator.ready.apps[app] ?? {};
  return { as, client: { client_id: clientId }, secret: clientSecret };
}

function privateKeyPem(emulator: Emulator, app: string): string {
  return readFileSync(emulator.ready.apps[app]?.privateKeyFile ?? '', 'utf8');
}

test('oauth4webapi: code with PKCE, Basic authentication, ID token, userinfo, refresh, introspection, revocation', async () => {
  await using emulator = await createEmulator();
  const { as, client, secret } = await setUp(emulator, 'web');
  const [user] = emulator.ready.users;
  assert.ok(user !== undefined);
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const authorizationUrl = new URL(as.authorization_endpoint ?? '');
  authorizationUrl.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    scope: 'openid api refresh_token',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const callback = new URL(await signIn(authorizationUrl.href, user));
  const parameters = oauth.validateAuthResponse(as, client, callback, state);
  const authentication = oauth.ClientSecretBasic(secret);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    parameters,
    CALLBACK,
    verifier,
    insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, response, insecure);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  assert.equal(claims?.sub, tokens.id);

  const userinfoResponse = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  const userinfo = await oauth.processUserInfoResponse(as, client, claims?.sub ?? '', userinfoResponse);
  assert.equal(userinfo.organization_id, emulator.ready.org.id);

  const refreshToken = tokens.refresh_token ?? '';
  const refreshResponse = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, insecure);
  const renewed = await oauth.processRefreshTokenResponse(as, client, refreshResponse);

  const introspect = async (token: string) =>
    oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, authentication, token, insecure));
  assert.equal((await introspect(renewed.access_token)).active, true);
  assert.equal((await introspect(refreshToken)).token_type, 'refresh_token');
  const revocation = await oauth.revocationRequest(as, client, authentication, refreshToken, insecure);
  assert.equal(await oauth.processRevocationResponse(revocation), undefined);
  assert.deepEqual(await introspect(renewed.access_token), { active: false });
});

test('oauth4webapi: JWT bearer through the generic token endpoint request', async () => {
  await using emulator = await createEmulator();
  const { as, client } = await setUp(emulator, 'jwt');
  const key = await importPKCS8(privateKeyPem(emulator, 'jwt'), 'RS256');
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(client.client_id)
    .setSubject(emulator.ready.apps.jwt?.username ?? '')
    .setAudience(emulator.loginUrl)
    .setExpirationTime('3 minutes')
    .sign(key);
  const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const response = await oauth.genericTokenEndpointRequest(as, client, oauth.None(), grantType, { assertion }, insecure);
  const tokens = await oauth.processGenericTokenEndpointResponse(as, client, response);
  assert.equal(tokens.scope, 'api refresh_token');
  assert.equal(tokens.refresh_token, undefined);
});

test('oauth4webapi: client credentials with secret in the body, by Basic, and with private_key_jwt', async () => {
  await using emulator = await createEmulator();
  const { as, client, secret } = await setUp(emulator, 'all', emulator.myDomainUrl);
  const pkcs8 = createPrivateKey(privateKeyPem(emulator, 'all')).export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  for (const authentication of [oauth.ClientSecretPost(secret), oauth.ClientSecretBasic(secret), oauth.PrivateKeyJwt(key)]) {
    const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, {}, insecure);
    const tokens = await oauth.processClientCredentialsResponse(as, client, response);
    assert.equal(tokens.instance_url, emulator.myDomainUrl);
  }
  const wrong = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost('wrong'), {}, insecure);
  assert.equal(wrong.status, 400);
  await assert.rejects(oauth.processClientCredentialsResponse(as, client, wrong), { error: 'invalid_client' });
});

test('oauth4webapi: JWT access tokens are not those of RFC 9068, whose check refuses them by their type', async () => {
  await using emulator = await createEmulator();
  emulator.configureApp('all', { isNamedUserJwtEnabled: true });
  const { as, client, secret } = await setUp(emulator, 'all', emulator.myDomainUrl);
  const response = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost(secret), {}, insecure);
  const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, response);
  const request = new Request(emulator.myDomainUrl, { headers: { authorization: `Bearer ${token}` } });
  await assert.rejects(oauth.validateJwtAccessToken(as, request, emulator.myDomainUrl, insecure), {
    message: /unexpected JWT "typ" header parameter value/,
  });
});

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { authorizationCode } from '../src/grants/authorization-code.ts';
import { clientCredentials } from '../src/grants/client-credentials.ts';
import { jwtBearer } from '../src/grants/jwt-bearer.ts';
import { refreshToken } from '../src/grants/refresh-token.ts';
import { authorizationUrl } from '../src/oauth/authorization-request.ts';
import { clientSecretBasic, clientSecretPost, none, privateKeyJwt } from '../src/oauth/client-authentication.ts';
import { pkcePair } from '../src/oauth/pkce.ts';
import { type OAuthClient, requestTokens } from '../src/oauth/token-endpoint.ts';
import type { HttpRequest } from '../src/ports.ts';
import { salesforceEndpoints } from '../src/salesforce/endpoints.ts';
import { ManualClock } from './support/manual-clock.ts';
import { memoryKeys, SeededRandom } from './support/memory-ports.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const clock = new ManualClock();
const random = new SeededRandom('grants');
const endpoints = salesforceEndpoints('https://acme.my.salesforce.com');

function claimsOf(jwt: string): Record<string, unknown> {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'RS256', typ: 'JWT' });
  const genuine = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    createPublicKey(pem),
    Buffer.from(signature, 'base64url'),
  );
  assert.ok(genuine, 'the signature does not verify');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}

async function sent(
  client: Partial<OAuthClient>,
  grant: Parameters<typeof requestTokens>[1],
): Promise<{ request: HttpRequest; form: URLSearchParams }> {
  const requests: HttpRequest[] = [];
  const http = {
    request: async (request: HttpRequest) => {
      requests.push(request);
      return { status: 200, headers: {}, body: Buffer.from('{}') };
    },
  };
  await requestTokens({ endpoints, clientId: 'the.key', clientAuth: none(), ...client }, grant, {
    http,
    freshConnection: true,
    deadlineMs: 1_000,
  });
  const [request] = requests;
  assert.ok(request !== undefined && requests.length === 1);
  return { request, form: new URLSearchParams(request.body) };
}

test('JWT bearer: iss, sub, aud, exp in seconds three minutes ahead, and nothing else', async () => {
  const grant = jwtBearer({
    clientId: 'the.key',
    username: 'user@example.com',
    audience: 'https://login.salesforce.com',
    key: memoryKeys.signingKey(pem),
    clock,
  });
  const { request, form } = await sent({}, grant);
  assert.equal(request.url, 'https://acme.my.salesforce.com/services/oauth2/token');
  assert.equal(request.method, 'POST');
  assert.match(request.headers['content-type'] ?? '', /^application\/x-www-form-urlencoded/);
  assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
  assert.equal(form.has('scope'), false);
  assert.deepEqual(claimsOf(form.get('assertion') ?? ''), {
    iss: 'the.key',
    sub: 'user@example.com',
    aud: 'https://login.salesforce.com',
    exp: Math.floor(clock.nowMs() / 1000) + 180,
  });
  assert.equal(grant.consumesCredential, false);
});

test('authorization code: code, redirect URI, verifier; consumed', async () => {
  const grant = authorizationCode({
    code: 'aPrxEXAMPLE==',
    redirectUri: 'http://localhost:1717/OauthRedirect',
    codeVerifier: 'v',
  });
  const { form } = await sent({}, grant);
  assert.deepEqual(Object.fromEntries(form), {
    code: 'aPrxEXAMPLE==',
    redirect_uri: 'http://localhost:1717/OauthRedirect',
    code_verifier: 'v',
    grant_type: 'authorization_code',
    client_id: 'the.key',
  });
  assert.equal(grant.consumesCredential, true);
});

test('refresh token and client credentials', async () => {
  assert.equal(refreshToken('r').consumesCredential, true);
  assert.deepEqual(Object.fromEntries((await sent({}, refreshToken('r'))).form), {
    refresh_token: 'r',
    grant_type: 'refresh_token',
    client_id: 'the.key',
  });
  const { form } = await sent({ clientAuth: clientSecretPost('s') }, clientCredentials());
  assert.deepEqual(Object.fromEntries(form), { grant_type: 'client_credentials', client_id: 'the.key', client_secret: 's' });
});

test('Basic: keys and secrets of Salesforce go unescaped, anything else is escaped', async () => {
  const plain = await sent({ clientId: '3MVG9_a.b-c', clientAuth: clientSecretBasic('ABC_d.e~') }, clientCredentials());
  assert.equal(plain.request.headers['authorization'], `Basic ${Buffer.from('3MVG9_a.b-c:ABC_d.e~').toString('base64')}`);
  assert.equal(plain.form.has('client_id'), false);
  const odd = await sent({ clientId: 'a:b', clientAuth: clientSecretBasic('c d%') }, clientCredentials());
  assert.equal(odd.request.headers['authorization'], `Basic ${Buffer.from('a%3Ab:c%20d%25').toString('base64')}`);
});

test('private_key_jwt: addressed to the token endpoint, three minutes, with a jti of its own', async () => {
  const clientAuth = privateKeyJwt(memoryKeys.signingKey(pem), clock, random);
  const first = (await sent({ clientAuth }, clientCredentials())).form;
  assert.equal(first.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  const claims = claimsOf(first.get('client_assertion') ?? '');
  assert.equal(claims['iss'], 'the.key');
  assert.equal(claims['sub'], 'the.key');
  assert.equal(claims['aud'], endpoints.token);
  assert.equal(Number(claims['exp']) - Number(claims['iat']), 180);
  const second = claimsOf((await sent({ clientAuth }, clientCredentials())).form.get('client_assertion') ?? '');
  assert.notEqual(first.get('client_assertion'), undefined);
  assert.notEqual(claims['jti'], second['jti']);
});

test('PKCE: 43 characters from 32 random bytes, S256', async () => {
  const vector = { bytes: () => Buffer.from('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', 'base64url') };
  const { verifier, challenge } = await pkcePair(vector);
  assert.equal(verifier, 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
  assert.equal(challenge, 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('the authorization URL says S256 and encodes what it carries', () => {
  const url = new URL(
    authorizationUrl({
      authorizationEndpoint: endpoints.authorization,
      clientId: 'the.key',
      redirectUri: 'http://localhost:1717/OauthRedirect',
      state: 's&t=a te',
      codeChallenge: 'challenge',
      scope: 'api refresh_token',
      nonce: undefined,
      loginHint: undefined,
      prompt: undefined,
    }),
  );
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: 'code',
    client_id: 'the.key',
    redirect_uri: 'http://localhost:1717/OauthRedirect',
    state: 's&t=a te',
    code_challenge: 'challenge',
    code_challenge_method: 'S256',
    scope: 'api refresh_token',
  });
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { authorizationCode } from '@forcemint/core/grants/authorization-code';
import { clientCredentials } from '@forcemint/core/grants/client-credentials';
import { refreshToken } from '@forcemint/core/grants/refresh-token';
import { authorizationUrl } from '@forcemint/core/oauth/authorization-request';
import { type ClientAuth, clientSecretBasic, clientSecretPost } from '@forcemint/core/oauth/client-authentication';
import { introspect } from '@forcemint/core/oauth/introspection';
import { pkcePair } from '@forcemint/core/oauth/pkce';
import { revoke } from '@forcemint/core/oauth/revocation';
import { type OAuthClient, readTokenAnswer, requestTokens, type TokenRequest } from '@forcemint/core/oauth/token-endpoint';
import { idTokenProblem } from '@forcemint/core/salesforce/id-token';
import { systemClock } from '@forcemint/node/clock';
import { createHttp, type NodeHttp } from '@forcemint/node/http';
import { systemRandom } from '@forcemint/node/random';
import { CALLBACK, CLIENT_SECRET, type ForeignServer, foreignServer, visit } from '../support/foreign-server.ts';

function httpFor(t: TestContext): NodeHttp {
  const http = createHttp({ env: {} });
  t.after(() => http[Symbol.asyncDispose]());
  return http;
}

async function tokens(http: NodeHttp, client: OAuthClient, grant: TokenRequest) {
  const raw = await requestTokens(client, grant, { http, freshConnection: true, deadlineMs: 10_000 });
  return readTokenAnswer(client.endpoints, client.clientId, raw);
}

async function granted(http: NodeHttp, client: OAuthClient, grant: TokenRequest) {
  const answer = await tokens(http, client, grant);
  assert.equal(answer.kind, 'tokens', JSON.stringify(answer));
  assert.ok(answer.kind === 'tokens');
  return answer;
}

async function refused(http: NodeHttp, client: OAuthClient, grant: TokenRequest): Promise<string> {
  const answer = await tokens(http, client, grant);
  assert.ok(answer.kind === 'refused', 'should have been refused');
  return answer.error;
}

const delivery = (http: NodeHttp) => ({ http, freshConnection: false, deadlineMs: 10_000 });

test('client credentials: secret in the body, Basic, and private_key_jwt', async (t) => {
  const http = httpFor(t);
  const { endpoints, keyProof } = await foreignServer(t);
  const proofs: Readonly<Record<string, ClientAuth>> = {
    post: clientSecretPost(CLIENT_SECRET),
    basic: clientSecretBasic(CLIENT_SECRET),
    key: keyProof,
  };
  for (const [clientId, clientAuth] of Object.entries(proofs)) {
    const client = { endpoints, clientId, clientAuth };
    const { accessToken, refreshToken: none } = await granted(http, client, clientCredentials());
    assert.equal(none, undefined);
    const introspection = await introspect(client, accessToken ?? '', delivery(http));
    assert.ok(introspection.kind === 'introspection' && introspection.active, clientId);
    assert.ok((introspection.expiresAt ?? 0) > Date.now() / 1000);
  }
  for (const [clientId, clientAuth] of [
    ['post', clientSecretPost('wrong')],
    ['basic', clientSecretBasic('wrong')],
    ['basic', keyProof],
  ] as const) {
    assert.equal(await refused(http, { endpoints, clientId, clientAuth }, clientCredentials()), 'invalid_client');
  }
});

async function login(server: ForeignServer) {
  const client: OAuthClient = { endpoints: server.endpoints, clientId: 'person', clientAuth: server.noProof };
  const { verifier, challenge } = await pkcePair(systemRandom);
  const state = 'synthetic-state';
  const url = authorizationUrl({
    authorizationEndpoint: server.endpoints.authorization,
    clientId: client.clientId,
    redirectUri: CALLBACK,
    state,
    codeChallenge: challenge,
    scope: 'openid offline_access',
    nonce: undefined,
    loginHint: undefined,
    prompt: 'consent',
  });
  const callback = await visit(url);
  assert.equal(callback.searchParams.get('state'), state);
  const code = callback.searchParams.get('code') ?? '';
  const grant = (codeVerifier: string) => authorizationCode({ code, redirectUri: CALLBACK, codeVerifier });
  return { client, verifier, grant };
}

test('authorization code with PKCE; the ID token through the server’s keys; the code once', async (t) => {
  const http = httpFor(t);
  const server = await foreignServer(t);
  const { client, verifier, grant } = await login(server);
  const answer = await granted(http, client, grant(verifier));
  assert.ok(answer.refreshToken !== undefined);
  const check = { endpoints: server.endpoints, clientId: client.clientId, http, clock: systemClock };
  const { idToken = '' } = answer;
  assert.equal(await idTokenProblem({ ...check, idToken }), undefined);
  assert.match((await idTokenProblem({ ...check, idToken, clientId: 'post' })) ?? '', /refused/);
  const [header = '', , signature = ''] = idToken.split('.');
  const forged = `${header}.${Buffer.from('{"aud":"person"}').toString('base64url')}.${signature}`;
  assert.match((await idTokenProblem({ ...check, idToken: forged })) ?? '', /refused/);
  assert.equal(await refused(http, client, grant(verifier)), 'invalid_grant');
});

test('a wrong PKCE verifier is refused', async (t) => {
  const http = httpFor(t);
  const { client, grant } = await login(await foreignServer(t));
  const { verifier: another } = await pkcePair(systemRandom);
  assert.equal(await refused(http, client, grant(another)), 'invalid_grant');
});

test('refresh tokens that rotate: each works once, and re-use ends the grant', async (t) => {
  const http = httpFor(t);
  const { client, verifier, grant } = await login(await foreignServer(t));
  const first = (await granted(http, client, grant(verifier))).refreshToken ?? '';
  const second = (await granted(http, client, refreshToken(first))).refreshToken ?? '';
  assert.notEqual(second, first);
  const third = (await granted(http, client, refreshToken(second))).refreshToken ?? '';
  assert.equal(await refused(http, client, refreshToken(second)), 'invalid_grant');
  assert.equal(await refused(http, client, refreshToken(third)), 'invalid_grant');
});

test('revocation: the token is inactive afterwards, and revoking what nobody knows is fine', async (t) => {
  const http = httpFor(t);
  const { client, verifier, grant } = await login(await foreignServer(t));
  const { accessToken, refreshToken: token = '' } = await granted(http, client, grant(verifier));
  assert.deepEqual(await revoke(client, token, delivery(http)), { kind: 'revoked' });
  assert.equal(await refused(http, client, refreshToken(token)), 'invalid_grant');
  const introspection = await introspect(client, accessToken ?? '', delivery(http));
  assert.ok(introspection.kind === 'introspection' && !introspection.active);
  assert.deepEqual(await revoke(client, 'nobody-knows-this', delivery(http)), { kind: 'revoked' });
});

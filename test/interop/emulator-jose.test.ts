import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { createRemoteJWKSet, generateKeyPair, importPKCS8, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { adminOf, appOf, CALLBACK, JWT_BEARER, outcomesOf, privateKeyOf } from './support/emulated-org.ts';

type Answer = Readonly<Record<string, string>>;

async function post(origin: string, form: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${origin}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  return (await response.json()) as Answer;
}

/** The claims that the app `jwt` signs for its user, on the login host. */
function claimsOf(emulator: Emulator): JWTPayload {
  const { clientId, username } = appOf(emulator, 'jwt');
  const exp = Math.floor(Date.now() / 1000) + 180;
  return { iss: clientId, sub: username ?? '', aud: emulator.loginUrl, exp };
}

/** Presents the claims, `changes` replacing some; undefined takes one out. */
async function present(emulator: Emulator, changes: Record<string, unknown> = {}): Promise<Answer> {
  const key = await importPKCS8(privateKeyOf(emulator, 'jwt'), 'RS256');
  const claims = Object.entries({ ...claimsOf(emulator), ...changes }).filter(([, value]) => value !== undefined);
  const assertion = await new SignJWT(Object.fromEntries(claims)).setProtectedHeader({ alg: 'RS256' }).sign(key);
  return post(emulator.loginUrl, { grant_type: JWT_BEARER, assertion });
}

async function isGranted(emulator: Emulator, changes: Record<string, unknown>): Promise<boolean> {
  const { access_token: accessToken, error_description: description } = await present(emulator, changes);
  assert.ok(accessToken !== undefined || description !== undefined);
  return accessToken !== undefined;
}

test('jose: exp of an assertion in seconds, in milliseconds, far ahead, and as a string', async () => {
  await using emulator = await createEmulator();
  const seconds = Math.floor(Date.now() / 1000);
  for (const exp of [seconds + 180, seconds + 86_400, Date.now() + 300, String(seconds + 180), String(Date.now() + 300)]) {
    assert.equal(await isGranted(emulator, { exp }), true, `exp ${JSON.stringify(exp)}`);
  }
  assert.equal(await isGranted(emulator, { exp: seconds - 120 }), true, 'three minutes of clock skew');
  for (const exp of [seconds - 240, String(seconds - 240)]) {
    const { error, error_description: description } = await present(emulator, { exp });
    assert.deepEqual([error, description], ['invalid_grant', 'expired authorization code']);
  }
  for (const exp of [undefined, 'tomorrow', null]) assert.equal(await isGranted(emulator, { exp }), false);
});

test('jose: the audience with or without its trailing slash; not another host', async () => {
  await using emulator = await createEmulator();
  const { loginUrl, myDomainUrl } = emulator;
  for (const origin of [loginUrl, myDomainUrl, 'https://login.salesforce.com']) {
    for (const aud of [origin, `${origin}/`]) assert.equal(await isGranted(emulator, { aud }), true, aud);
  }
  for (const aud of [
    'https://example.com',
    'https://test.salesforce.com',
    `${loginUrl}/services/oauth2/token`,
    `${loginUrl}//`,
    undefined,
    [loginUrl],
  ]) {
    const { error, error_description: description } = await present(emulator, { aud });
    assert.deepEqual([error, description], ['invalid_grant', 'audience is invalid'], String(aud));
  }
});

test('jose: prn, the older name of sub, wins over it', async () => {
  await using emulator = await createEmulator();
  const { username } = appOf(emulator, 'jwt');
  assert.equal(await isGranted(emulator, { sub: undefined, prn: username }), true);
  assert.equal(await isGranted(emulator, { sub: 'nobody@emulator.example', prn: username }), true);
  assert.equal(await isGranted(emulator, { prn: 'nobody@emulator.example' }), false);
  assert.deepEqual(outcomesOf(emulator, JWT_BEARER), ['ok', 'ok', "user hasn't approved this consumer"]);
});

test('jose: a jti is good once; another key and another algorithm never', async () => {
  await using emulator = await createEmulator();
  assert.equal(await isGranted(emulator, { jti: 'one' }), true);
  assert.equal((await present(emulator, { jti: 'one' })).error, 'bad_jti_claim');
  const stranger = await generateKeyPair('RS256');
  const own = await importPKCS8(privateKeyOf(emulator, 'jwt'), 'RS512');
  const secret = new TextEncoder().encode(appOf(emulator, 'web').clientSecret);
  for (const [alg, key] of [
    ['RS256', stranger.privateKey],
    ['RS512', own],
    ['HS256', secret],
  ] as const) {
    const assertion = await new SignJWT(claimsOf(emulator)).setProtectedHeader({ alg }).sign(key);
    const { error_description: description } = await post(emulator.loginUrl, { grant_type: JWT_BEARER, assertion });
    assert.equal(description, 'invalid assertion', alg);
  }
});

interface Discovery {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly authorization_endpoint: string;
  readonly userinfo_endpoint: string;
}

async function discover(origin: string): Promise<Discovery> {
  const response = await fetch(`${origin}/.well-known/openid-configuration`);
  return (await response.json()) as Discovery;
}

async function logIn(emulator: Emulator, origin: string, nonce: string): Promise<Answer> {
  const { clientId, clientSecret = '' } = appOf(emulator, 'web');
  const { authorization_endpoint: endpoint } = await discover(origin);
  const request = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    scope: 'openid api profile email',
    nonce,
  };
  const callback = new URL(await signIn(`${endpoint}?${new URLSearchParams(request)}`, adminOf(emulator)));
  return post(origin, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    client_id: clientId,
    client_secret: clientSecret,
  });
}

test('jose: an ID token verified by issuer, audience, key, nonce and at_hash; its claims are those of userinfo', async () => {
  await using emulator = await createEmulator();
  for (const origin of [emulator.loginUrl, emulator.myDomainUrl]) {
    const { issuer, jwks_uri: keys, userinfo_endpoint: userinfoEndpoint } = await discover(origin);
    assert.equal(issuer, origin);
    const { id_token: idToken = '', access_token: accessToken = '', id } = await logIn(emulator, origin, 'the-nonce');
    const audience = appOf(emulator, 'web').clientId;
    const { payload } = await jwtVerify(idToken, createRemoteJWKSet(new URL(keys)), {
      issuer: origin,
      audience,
      subject: id ?? '',
      algorithms: ['RS256'],
      maxTokenAge: '1 minute',
      requiredClaims: ['auth_time'],
    });
    assert.equal(payload.nonce, 'the-nonce');
    assert.equal(payload.at_hash, hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url'));
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 120, 'two minutes, and nothing about the access token');

    const response = await fetch(userinfoEndpoint, { headers: { authorization: `Bearer ${accessToken}` } });
    const userinfo = (await response.json()) as Record<string, unknown>;
    for (const claim of ['sub', 'user_id', 'organization_id', 'preferred_username', 'email', 'photos', 'urls', 'zoneinfo']) {
      assert.notEqual(userinfo[claim], undefined, claim);
    }
    assert.partialDeepStrictEqual(payload, userinfo);
  }
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createEmulator, type Emulator } from '@forcemint/emulator';
import { createRemoteJWKSet, importPKCS8, type JWTVerifyResult, jwtVerify, SignJWT } from 'jose';
import { appOf, JWT_BEARER, newRefreshToken, privateKeyOf } from './support/emulated-org.ts';

const TIMEOUT_MINUTES = 5;

/** An org whose app `all` has JWT access tokens. */
async function orgWithJwts(t: TestContext): Promise<Emulator> {
  const emulator = await createEmulator();
  t.after(() => emulator.close());
  emulator.configureApp('all', { isNamedUserJwtEnabled: true, namedUserJwtTimeoutMinutes: TIMEOUT_MINUTES });
  return emulator;
}

/** The app authenticates in every request, whether the grant needs it or not. */
async function post(emulator: Emulator, endpoint: string, form: Record<string, string>): Promise<Record<string, unknown>> {
  const { clientId, clientSecret = '' } = appOf(emulator, 'all');
  const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...form });
  const response = await fetch(`${emulator.myDomainUrl}/services/oauth2/${endpoint}`, { method: 'POST', body });
  const text = await response.text();
  return text === '' ? {} : JSON.parse(text);
}

async function accessToken(emulator: Emulator, form: Record<string, string>): Promise<string> {
  const answer = await post(emulator, 'token', form);
  assert.equal(answer.expires_in, undefined);
  return String(answer.access_token);
}

/** As a resource server does it: keys of the org, issuer and audience its My Domain. */
function verify(emulator: Emulator, token: string): Promise<JWTVerifyResult> {
  const keys = createRemoteJWKSet(new URL(`${emulator.myDomainUrl}/id/keys`));
  return jwtVerify(token, keys, { issuer: emulator.myDomainUrl, audience: emulator.myDomainUrl, algorithms: ['RS256'] });
}

async function assertionFor(emulator: Emulator): Promise<string> {
  const { clientId, username = '' } = appOf(emulator, 'all');
  const key = await importPKCS8(privateKeyOf(emulator, 'all'), 'RS256');
  const claims = new SignJWT().setIssuer(clientId).setSubject(username).setAudience(emulator.loginUrl);
  return claims.setExpirationTime('3 minutes').setProtectedHeader({ alg: 'RS256' }).sign(key);
}

test('jose: JWT access tokens of three grants, verified with the keys that the org lists', async (t) => {
  const emulator = await orgWithJwts(t);
  const forms: readonly Record<string, string>[] = [
    { grant_type: 'client_credentials' },
    { grant_type: 'refresh_token', refresh_token: newRefreshToken(emulator, 'all') },
    { grant_type: JWT_BEARER, assertion: await assertionFor(emulator) },
  ];
  const userIds = emulator.ready.users.map(({ id }) => `uid:${id}`);
  for (const form of forms) {
    const { payload, protectedHeader } = await verify(emulator, await accessToken(emulator, form));
    assert.ok(userIds.includes(payload.sub ?? ''), form.grant_type);
    assert.equal(payload.client_id, appOf(emulator, 'all').clientId);
    assert.ok(String(payload.scp).split(' ').includes('api'));
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), TIMEOUT_MINUTES * 60);
    assert.equal(protectedHeader.tty, 'sfdc-core-token');
    assert.match(protectedHeader.kid ?? '', /^CORE_ATJWT\./);
  }
});

test('jose: after a change of keys, tokens of before and after are both good; one with a byte changed is not', async (t) => {
  const emulator = await orgWithJwts(t);
  const before = await accessToken(emulator, { grant_type: 'client_credentials' });
  emulator.rotateSigningKeys();
  const after = await accessToken(emulator, { grant_type: 'client_credentials' });
  const [old, fresh] = [await verify(emulator, before), await verify(emulator, after)];
  assert.notEqual(fresh.protectedHeader.kid, old.protectedHeader.kid);
  const [header, payload, signature = ''] = after.split('.');
  const changed = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  await assert.rejects(verify(emulator, changed), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
});

test('jose: a revoked JWT verifies to its end, the org itself takes it no more', async (t) => {
  const emulator = await orgWithJwts(t);
  const token = await accessToken(emulator, { grant_type: 'client_credentials' });
  const { payload } = await verify(emulator, token);
  const described = await post(emulator, 'introspect', { token });
  assert.deepEqual([described.active, described.exp], [true, payload.exp]);
  await post(emulator, 'revoke', { token });
  await verify(emulator, token);
  assert.deepEqual(await post(emulator, 'introspect', { token }), { active: false });
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { headers });
  assert.equal(status, 401);
});

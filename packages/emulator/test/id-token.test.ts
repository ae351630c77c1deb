import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { Emulator } from '../src/index.ts';
import { appOf, get, obtainTokens, startEmulator } from './emulator-client.ts';

async function idTokenClaims(emulator: Emulator, accessToken?: (token: string) => void): Promise<JWTPayload> {
  const { id_token: token = '', access_token: access = '' } = await obtainTokens(emulator, 'web', { nonce: 'nonce-1' });
  accessToken?.(access);
  const keys = createRemoteJWKSet(new URL(`${emulator.loginUrl}/id/keys`));
  const { payload } = await jwtVerify(token, keys, { audience: appOf(emulator, 'web').clientId, issuer: emulator.loginUrl });
  return payload;
}

test('an ID token lives for two minutes and carries the claims of userinfo', async (t) => {
  const emulator = await startEmulator(t);
  let accessToken = '';
  const claims = await idTokenClaims(emulator, (token) => {
    accessToken = token;
  });
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 120);
  assert.equal(claims.nonce, 'nonce-1');
  const { text } = await get(`${emulator.myDomainUrl}/services/oauth2/userinfo`, { authorization: `Bearer ${accessToken}` });
  const userinfo: Record<string, unknown> = JSON.parse(text);
  const shared = Object.fromEntries(Object.keys(userinfo).map((name) => [name, claims[name]]));
  assert.deepEqual(shared, userinfo);
});

test('life, audiences and claims of ID tokens are settings of the app', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', {
    idTokenValidityMinutes: 720,
    idTokenAudiences: ['https://api.emulator.example'],
    idTokenIncludeStandardClaims: false,
  });
  const claims = await idTokenClaims(emulator);
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 720 * 60);
  assert.deepEqual(claims.aud, [appOf(emulator, 'web').clientId, 'https://api.emulator.example']);
  assert.deepEqual(Object.keys(claims).sort(), ['at_hash', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'nonce', 'sub']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Emulator } from '../src/index.ts';
import { get, jwtForm, obtainTokens, requestToken, startEmulator } from './emulator-client.ts';

const NOW_MS = 1_795_000_000_000;

async function jwtAccessToken(emulator: Emulator): Promise<string> {
  emulator.configureApp('jwt', { isNamedUserJwtEnabled: true });
  const { body, text } = await requestToken(emulator, jwtForm(emulator, 'jwt', { exp: NOW_MS / 1000 + 120 }));
  assert.match(body.access_token ?? '', /^eyJ/, text);
  return body.access_token ?? '';
}

test('reset keeps the signing keys: a client that has fetched them verifies what is signed later', async (t) => {
  const emulator = await startEmulator(t, { clock: () => NOW_MS });
  const keys = createRemoteJWKSet(new URL(`${emulator.myDomainUrl}/id/keys`), { cooldownDuration: 3_600_000 });
  const verify = (token: string) => jwtVerify(token, keys, { currentDate: new Date(NOW_MS) });
  const before = await jwtAccessToken(emulator);
  await verify(before);
  emulator.reset();
  const after = await jwtAccessToken(emulator);
  await verify(after);
  await verify(before);
  await verify((await obtainTokens(emulator, 'web')).id_token ?? '');
  assert.equal(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
});

test('no two signing keys have one name, rotations before and after a reset included', async (t) => {
  const emulator = await startEmulator(t, { clock: () => NOW_MS });
  const moduli = new Map<string, string>();
  const look = async (): Promise<void> => {
    for (const { kid, n } of JSON.parse((await get(`${emulator.loginUrl}/id/keys`)).text).keys) {
      assert.equal(n, moduli.get(kid) ?? n, `${kid} has another key than before`);
      moduli.set(kid, n);
    }
  };
  await look();
  for (let round = 0; round < 3; round++) {
    emulator.rotateSigningKeys();
    await look();
    emulator.reset();
    await look();
  }
  assert.equal(moduli.size, 8, 'the first of each purpose, and three rotations');
});

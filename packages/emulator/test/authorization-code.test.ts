import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import {
  appOf,
  CALLBACK,
  codeForm,
  isAccepted,
  obtainCode,
  obtainTokens,
  requestToken,
  startEmulator,
  VERIFIER,
} from './emulator-client.ts';

test("a code is exchanged for tokens in Salesforce's shape", async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'web');
  assert.match(code, /^aPrx[A-Za-z0-9._]+==$/);
  const { status, body, headers } = await requestToken(emulator, codeForm(emulator, 'web', code));
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'application/json;charset=UTF-8');
  assert.equal(headers.get('cache-control'), 'no-cache, no-store');
  assert.match(body.access_token ?? '', /^00D\w{12,15}![.\w]+$/);
  assert.match(body.refresh_token ?? '', /^5Aep861\.[\w.]+$/);
  assert.equal(body.instance_url, emulator.myDomainUrl);
  assert.equal(body.id, `${emulator.loginUrl}/id/${emulator.ready.org.id}/${emulator.ready.users[0]?.id}`);
  assert.equal(body.token_type, 'Bearer');
  assert.match(body.issued_at ?? '', /^\d{13}$/);
  assert.equal('expires_in' in body, false);
  assert.equal(body.scope, appOf(emulator, 'web').scopes.join(' '));
  const secret = appOf(emulator, 'web').clientSecret ?? '';
  const signature = createHmac('sha256', secret).update(`${body.id}${body.issued_at}`).digest('base64');
  assert.equal(body.signature, signature);
  assert.ok(await isAccepted(emulator, body.access_token));
});

test('a code works once, and for its own app only', async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'web');
  const foreign = await requestToken(emulator, codeForm(emulator, 'all', code));
  assert.deepEqual(foreign.body, { error: 'invalid_grant', error_description: 'invalid authorization code' });
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', code))).status, 200);
  const again = await requestToken(emulator, codeForm(emulator, 'web', code));
  assert.equal(again.status, 400);
  assert.deepEqual(again.body, { error: 'invalid_grant', error_description: 'expired authorization code' });
});

test('a code lives for 15 minutes', async (t) => {
  const emulator = await startEmulator(t);
  const [early, late] = [await obtainCode(emulator, 'web'), await obtainCode(emulator, 'web')];
  emulator.advanceClock(15 * 60 - 5);
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', early))).status, 200);
  emulator.advanceClock(10);
  const { body } = await requestToken(emulator, codeForm(emulator, 'web', late));
  assert.equal(body.error_description, 'expired authorization code');
});

test('a code that was left encoded, and one that nobody issued, are invalid', async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'web');
  for (const wrong of [encodeURIComponent(code), code.slice(0, -2), '', undefined]) {
    const { status, body } = await requestToken(emulator, codeForm(emulator, 'web', code, { code: wrong }));
    assert.equal(status, 400);
    assert.deepEqual(body, { error: 'invalid_grant', error_description: 'invalid authorization code' });
  }
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', code))).status, 200, 'a refusal uses nothing up');
});

test('the redirect URI must be the one of the authorization request', async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'web');
  const wrong = await requestToken(emulator, codeForm(emulator, 'web', code, { redirect_uri: `${CALLBACK}/` }));
  assert.equal(wrong.body.error, 'redirect_uri_mismatch');
  const missing = await requestToken(emulator, codeForm(emulator, 'web', code, { redirect_uri: undefined }));
  assert.equal(missing.body.error, 'redirect_uri_missing');
});

test('PKCE: the verifier must be there and hash to the challenge', async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'rotating');
  const missing = await requestToken(emulator, codeForm(emulator, 'rotating', code, { code_verifier: undefined }));
  assert.equal(missing.body.error, 'invalid_grant');
  for (const verifier of [`${VERIFIER}x`, 'short', VERIFIER.slice(0, 42)]) {
    const { body } = await requestToken(emulator, codeForm(emulator, 'rotating', code, { code_verifier: verifier }));
    assert.equal(body.error, 'invalid_request');
  }
  assert.equal((await requestToken(emulator, codeForm(emulator, 'rotating', code))).status, 200);
});

test('PKCE: verifiers from 43 to 171 characters are accepted, 172 are not', async (t) => {
  const emulator = await startEmulator(t);
  for (const [length, status] of [
    [43, 200],
    [128, 200],
    [171, 200],
    [172, 400],
  ] as const) {
    const verifier = 'v'.repeat(length);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = await obtainCode(emulator, 'web', { code_challenge: challenge, code_challenge_method: 'S256' });
    const answer = await requestToken(emulator, codeForm(emulator, 'web', code, { code_verifier: verifier }));
    assert.equal(answer.status, status, `${length} characters`);
  }
});

test('the refresh token comes only with its scope', async (t) => {
  const emulator = await startEmulator(t);
  const without = await obtainTokens(emulator, 'web', { scope: 'api id' });
  assert.equal(without.scope, 'api id');
  assert.equal('refresh_token' in without, false);
  assert.equal('id_token' in without, false);
  const offline = await obtainTokens(emulator, 'web', { scope: 'api offline_access' });
  assert.equal(typeof offline.refresh_token, 'string');
});

test('the policy `zero` issues no refresh token', async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { refreshTokenPolicy: 'zero' });
  assert.equal('refresh_token' in (await obtainTokens(emulator, 'web')), false);
});

test('the ID token is signed by the key at /id/keys and carries nonce and at_hash', async (t) => {
  const emulator = await startEmulator(t);
  const body = await obtainTokens(emulator, 'web', { nonce: 'synthetic-nonce' });
  const [header = '', claims = ''] = (body.id_token ?? '').split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  assert.equal(read(header).alg, 'RS256');
  const { nonce, at_hash, iss, sub, aud, exp, iat } = read(claims);
  const half = createHash('sha256')
    .update(body.access_token ?? '')
    .digest()
    .subarray(0, 16)
    .toString('base64url');
  assert.deepEqual(
    { nonce, at_hash, iss, sub, aud, life: exp - iat },
    {
      nonce: 'synthetic-nonce',
      at_hash: half,
      iss: emulator.loginUrl,
      sub: body.id,
      aud: appOf(emulator, 'web').clientId,
      life: 120,
    },
  );
});

test('the sixth approval revokes the first; the limit is a switch', async (t) => {
  const emulator = await startEmulator(t);
  const tokens: string[] = [];
  for (let approval = 0; approval < 6; approval++) tokens.push((await obtainTokens(emulator, 'web')).access_token ?? '');
  const alive = await Promise.all(tokens.map((token) => isAccepted(emulator, token)));
  assert.deepEqual(alive, [false, true, true, true, true, true]);
  emulator.setSwitches({ approvalLimit: 0 });
  const seventh = await obtainTokens(emulator, 'web');
  assert.ok(await isAccepted(emulator, seventh.access_token));
  assert.ok(await isAccepted(emulator, tokens[1]));
});

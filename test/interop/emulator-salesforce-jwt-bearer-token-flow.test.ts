import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createEmulator, type Emulator } from '@forcemint/emulator';
import { getToken, type TokenParameters } from 'salesforce-jwt-bearer-token-flow';
import { appOf, JWT_BEARER, outcomesOf, privateKeyOf } from './support/emulated-org.ts';

const token = promisify(getToken);

function parameters(emulator: Emulator, changes: Partial<TokenParameters> = {}): TokenParameters {
  const { clientId, username = '' } = appOf(emulator, 'jwt');
  return { iss: clientId, sub: username, aud: emulator.loginUrl, privateKey: privateKeyOf(emulator, 'jwt'), ...changes };
}

test('salesforce-jwt-bearer-token-flow: a token on both hosts, exp five minutes ahead', async () => {
  await using emulator = await createEmulator();
  for (const aud of [emulator.loginUrl, emulator.myDomainUrl]) {
    const answer = await token(parameters(emulator, { aud }));
    assert.equal(answer?.instance_url, emulator.myDomainUrl);
    assert.equal(answer?.token_type, 'Bearer');
    assert.equal(answer?.refresh_token, undefined);
    assert.equal(answer?.expires_in, undefined);
  }
});

test('salesforce-jwt-bearer-token-flow: an audience with a trailing slash, and so a doubled slash in the token endpoint’s path', async () => {
  await using emulator = await createEmulator();
  const answer = await token(parameters(emulator, { aud: `${emulator.loginUrl}/` }));
  assert.equal(answer?.scope, 'api refresh_token');
  assert.deepEqual(outcomesOf(emulator, JWT_BEARER), ['ok']);
});

test('salesforce-jwt-bearer-token-flow: refusals arrive as the JSON object of the token endpoint', async () => {
  await using emulator = await createEmulator();
  const refused: readonly [Partial<TokenParameters>, string, string][] = [
    [{ sub: 'nobody@emulator.example' }, 'invalid_grant', "user hasn't approved this consumer"],
    [{ iss: 'unknown-consumer-key' }, 'invalid_client_id', 'client identifier invalid'],
    [{ iss: appOf(emulator, 'web').clientId }, 'invalid_grant', 'invalid assertion'],
  ];
  for (const [changes, error, description] of refused) {
    await assert.rejects(token(parameters(emulator, changes)), { error, error_description: description });
  }
});

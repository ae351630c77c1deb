import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import { createEmulator, type Emulator } from '@forcemint/emulator';
import { adminOf, appOf, JWT_BEARER, outcomesOf, privateKeyOf } from './emulated-org.ts';
import { connect, type JsforceConnection, type JsforceLibrary, logIn, obtainCode, VERSION } from './jsforce-library.ts';

async function assertUsable(emulator: Emulator, connection: JsforceConnection): Promise<void> {
  assert.equal(connection.instanceUrl, emulator.myDomainUrl);
  const { records, done } = await connection.query('SELECT Id, Name FROM Account ORDER BY Name LIMIT 2');
  assert.deepEqual([done, records.map(({ Name }) => Name)], [true, ['Emulated Account 1', 'Emulated Account 2']]);
  assert.ok((connection.limitInfo.apiUsage?.used ?? 0) > 0);
  const identity = await connection.identity();
  assert.equal(identity.organization_id, emulator.ready.org.id);
}

function assertion(emulator: Emulator, app: string, changes: object): string {
  const { clientId, username } = appOf(emulator, app);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: clientId, sub: username, aud: `${emulator.loginUrl}/`, exp: Date.now() + 300, ...changes };
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKeyOf(emulator, app)).toString('base64url')}`;
}

/** How the library gets its tokens: code, JWT bearer, client credentials; and what it makes of refusals. */
export function judgeAuthorization(name: string, library: JsforceLibrary): void {
  test(`${name}: code with its own PKCE: a verifier of 171 characters, no method named`, async () => {
    await using emulator = await createEmulator();
    for (const app of ['web', 'rotating', 'PlatformCLI']) {
      const connection = connect(library, emulator, app);
      const parameters = new URL(connection.oauth2.getAuthorizationUrl({})).searchParams;
      assert.equal(connection.oauth2.codeVerifier?.length, 171);
      assert.equal(parameters.get('code_challenge')?.length, 43);
      assert.equal(parameters.has('code_challenge_method'), false, 'why an absent method means S256');
      await connection.authorize(await obtainCode(emulator, connection, 'api refresh_token'));
      await assertUsable(emulator, connection);
    }
    assert.deepEqual(outcomesOf(emulator, 'authorization_code'), ['ok', 'ok', 'ok']);
  });

  test(`${name}: a code is good for one exchange only`, async () => {
    await using emulator = await createEmulator();
    const connection = connect(library, emulator, 'web');
    const code = await obtainCode(emulator, connection);
    await connection.oauth2.requestToken(code);
    await assert.rejects(connection.oauth2.requestToken(code), {
      name: 'invalid_grant',
      message: 'expired authorization code',
    });
    assert.deepEqual(outcomesOf(emulator, 'authorization_code'), ['ok', 'expired authorization code']);
  });

  test(`${name}: a code that comes with another verifier, or with none, is refused`, async () => {
    await using emulator = await createEmulator();
    const refusals = [
      [connect(library, emulator, 'web'), 'invalid_request'],
      [connect(library, emulator, 'web', { useVerifier: false }), 'invalid_grant'],
    ] as const;
    for (const [connection, name] of refusals) {
      const code = await obtainCode(emulator, connect(library, emulator, 'web'));
      await assert.rejects(connection.authorize(code), { name, message: 'invalid code verifier' });
    }
  });

  test(`${name}: no answer has expires_in`, async () => {
    await using emulator = await createEmulator();
    const connection = connect(library, emulator, 'web');
    const tokens = await connection.oauth2.requestToken(await obtainCode(emulator, connection));
    const renewed = await connection.oauth2.refreshToken(tokens.refresh_token ?? '');
    for (const answer of [tokens, renewed]) assert.equal('expires_in' in answer, false);
  });

  test(`${name}: JWT bearer, the audience with a trailing slash and exp in milliseconds`, async () => {
    await using emulator = await createEmulator();
    const connection = library.connect({ oauth2: { loginUrl: emulator.loginUrl }, version: VERSION });
    await connection.authorize({ grant_type: JWT_BEARER, assertion: assertion(emulator, 'jwt', {}) });
    await assertUsable(emulator, connection);
    assert.equal(connection.refreshToken ?? null, null);
    assert.deepEqual(outcomesOf(emulator, JWT_BEARER), ['ok']);
  });

  test(`${name}: client credentials on My Domain, refused on the login host`, async () => {
    await using emulator = await createEmulator();
    const connection = connect(library, emulator, 'all', { loginUrl: emulator.myDomainUrl, useVerifier: false });
    const { id } = await connection.authorize({ grant_type: 'client_credentials' });
    assert.equal((await connection.identity()).user_id, id);
    await assertUsable(emulator, connection);
    await assert.rejects(connect(library, emulator, 'all').authorize({ grant_type: 'client_credentials' }), {
      name: 'invalid_grant',
      message: 'request not supported on this domain',
    });
  });

  test(`${name}: refusals of the token endpoint: the error is the name, its description the message`, async () => {
    await using emulator = await createEmulator();
    const connection = library.connect({ oauth2: { loginUrl: emulator.loginUrl }, version: VERSION });
    const refused: readonly [object, string, string][] = [
      [{ aud: 'https://example.com' }, 'invalid_grant', 'audience is invalid'],
      [{ iss: 'unknown-consumer-key' }, 'invalid_client_id', 'client identifier invalid'],
      [{ sub: 'nobody@emulator.example' }, 'invalid_grant', "user hasn't approved this consumer"],
      [{ exp: 1 }, 'invalid_grant', 'expired authorization code'],
    ];
    for (const [changes, error, message] of refused) {
      const parameters = { grant_type: JWT_BEARER, assertion: assertion(emulator, 'jwt', changes) };
      await assert.rejects(connection.authorize(parameters), { name: error, message });
    }
    await assert.rejects(connection.authorize({ grant_type: 'nonsense' }), {
      name: 'unsupported_grant_type',
      message: 'grant type not supported',
    });
    emulator.fault({ action: { status: 503, body: '<html>maintenance</html>' } });
    await assert.rejects(connection.authorize({ grant_type: 'nonsense' }), { name: 'ERROR_HTTP_503' });
  });

  test(`${name}: logout revokes the access token, or the refresh token and all that came of it`, async () => {
    await using emulator = await createEmulator();
    const connection = await logIn(library, emulator, 'web');
    const { accessToken, refreshToken, oauth2, instanceUrl } = connection;
    const witness = library.connect({ version: VERSION, instanceUrl, accessToken: accessToken ?? '' });
    await witness.limits();
    await connection.logout();
    await assert.rejects(async () => witness.limits(), { errorCode: 'INVALID_SESSION_ID' });
    await assert.rejects(oauth2.revokeToken(accessToken ?? ''), { name: 'invalid_token', message: 'invalid token' });

    const renewed = await oauth2.refreshToken(refreshToken ?? '');
    const again = connect(library, emulator, 'web', {
      instanceUrl,
      accessToken: renewed.access_token,
      refreshToken: refreshToken ?? '',
    });
    assert.equal((await again.identity()).username, adminOf(emulator).username);
    await again.logout(true);
    const secondWitness = library.connect({ version: VERSION, instanceUrl, accessToken: renewed.access_token });
    await assert.rejects(async () => secondWitness.limits(), { errorCode: 'INVALID_SESSION_ID' });
    await assert.rejects(oauth2.refreshToken(refreshToken ?? ''), {
      name: 'invalid_grant',
      message: 'expired access/refresh token',
    });
  });
}

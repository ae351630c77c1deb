import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { AuthorizationCode, ClientCredentials, type ModuleOptions } from 'simple-oauth2';
import { adminOf, appOf, CALLBACK, newRefreshToken, outcomesOf, refreshesOf } from './support/emulated-org.ts';

function settings(emulator: Emulator, app: string, tokenHost: string, options: ModuleOptions['options'] = {}): ModuleOptions {
  const { clientId, clientSecret = '' } = appOf(emulator, app);
  return {
    client: { id: clientId, secret: clientSecret },
    auth: {
      tokenHost,
      tokenPath: '/services/oauth2/token',
      revokePath: '/services/oauth2/revoke',
    },
    options,
  };
}

function webServerFlow(emulator: Emulator, options?: ModuleOptions['options']): AuthorizationCode {
  const { auth, ...rest } = settings(emulator, 'web', emulator.loginUrl, options);
  return new AuthorizationCode({ ...rest, auth: { ...auth, authorizePath: '/services/oauth2/authorize' } });
}

/** The error of its HTTP client, with the body that the server answered. */
interface ResponseError extends Error {
  readonly output: { readonly statusCode: number };
  readonly data: { readonly payload: unknown };
}

function isRefused(error: string, description: string): (reason: ResponseError) => true {
  return ({ output, data }) => {
    assert.deepEqual([output.statusCode, data.payload], [400, { error, error_description: description }]);
    return true;
  };
}

const AUTHENTICATIONS: readonly ModuleOptions['options'][] = [
  { authorizationMethod: 'header', credentialsEncodingMode: 'strict' },
  { authorizationMethod: 'header', credentialsEncodingMode: 'loose' },
  { authorizationMethod: 'body' },
];

test('simple-oauth2: client credentials by header, strict and loose, and in the body', async () => {
  await using emulator = await createEmulator();
  for (const options of AUTHENTICATIONS) {
    const client = new ClientCredentials(settings(emulator, 'clientCredentials', emulator.myDomainUrl, options));
    const { token } = await client.getToken({});
    assert.equal(token.instance_url, emulator.myDomainUrl);
    assert.equal(token.scope, 'api id');
  }
  assert.deepEqual(outcomesOf(emulator, 'client_credentials'), ['ok', 'ok', 'ok']);
});

test('simple-oauth2: client credentials are refused on the login host, with a wrong secret, with a scope, and as JSON', async () => {
  await using emulator = await createEmulator();
  const good = settings(emulator, 'clientCredentials', emulator.myDomainUrl);
  const onLoginHost = { ...good, auth: { ...good.auth, tokenHost: emulator.loginUrl } };
  const wrongSecret = { ...good, client: { ...good.client, secret: 'wrong' } };
  const asJson: ModuleOptions = { ...good, options: { bodyFormat: 'json' } };
  const refused: readonly [ModuleOptions, Record<string, string>, string, string][] = [
    [onLoginHost, {}, 'invalid_grant', 'request not supported on this domain'],
    [wrongSecret, {}, 'invalid_client', 'invalid client credentials'],
    [good, { scope: 'api' }, 'invalid_request', 'scope parameter not supported'],
    [asJson, {}, 'unsupported_grant_type', 'grant type not supported'],
  ];
  for (const [options, parameters, error, description] of refused) {
    await assert.rejects(new ClientCredentials(options).getToken(parameters), isRefused(error, description));
  }
});

async function obtainCode(emulator: Emulator, client: AuthorizationCode): Promise<string> {
  const url = client.authorizeURL({ redirect_uri: CALLBACK, scope: 'api refresh_token', state: 'state' });
  return new URL(await signIn(url, adminOf(emulator))).searchParams.get('code') ?? '';
}

test('simple-oauth2: a code without PKCE, once; refresh; an access token that never counts as expired', async () => {
  await using emulator = await createEmulator();
  const client = webServerFlow(emulator);
  const code = await obtainCode(emulator, client);
  const tokens = await client.getToken({ code, redirect_uri: CALLBACK });
  await assert.rejects(
    client.getToken({ code, redirect_uri: CALLBACK }),
    isRefused('invalid_grant', 'expired authorization code'),
  );
  const renewed = await tokens.refresh();
  assert.notEqual(renewed.token.access_token, tokens.token.access_token);
  for (const one of [tokens, renewed]) {
    assert.equal(one.token.expires_in, undefined);
    assert.equal(one.token.expires_at, undefined, 'made of expires_in if there were one');
    assert.equal(one.expired(86_400), false);
  }
  // It means to keep the refresh token of before where an answer has none, and looks for it in the wrong place.
  assert.equal(renewed.token.refresh_token, undefined);
  assert.deepEqual(refreshesOf(emulator), ['ok']);
});

test('simple-oauth2: rotation: each refresh token works once, two clients at once don’t both get one', async () => {
  await using emulator = await createEmulator({ config: { switches: { processingMs: 1000 } } });
  emulator.configureApp('web', { isRefreshTokenRotationEnabled: true });
  const client = webServerFlow(emulator, { authorizationMethod: 'body' });
  const stored = client.createToken({ refresh_token: newRefreshToken(emulator, 'web') });
  const [first, second] = await Promise.allSettled([stored.refresh(), stored.refresh()]);
  const [won, lost] = first.status === 'fulfilled' ? [first, second] : [second, first];
  assert.ok(won.status === 'fulfilled' && lost.status === 'rejected');
  isRefused('invalid_grant', 'token request is already being processed')(lost.reason);
  assert.notEqual(won.value.token.refresh_token, stored.token.refresh_token);
  await won.value.refresh();
  await assert.rejects(won.value.refresh(), isRefused('invalid_grant', 'expired access/refresh token'));
});

test('simple-oauth2: revocation works, though its HTTP client wants JSON where there is nothing to say', async () => {
  await using emulator = await createEmulator();
  const client = webServerFlow(emulator);
  const tokens = await client.getToken({ code: await obtainCode(emulator, client), redirect_uri: CALLBACK });
  await assert.rejects(tokens.revoke('access_token'), { message: 'The content-type is not JSON compatible' });
  await assert.rejects(tokens.revoke('access_token'), isRefused('invalid_token', 'invalid token'));
  assert.deepEqual(await tokens.revoke('refresh_token', { json: false }), Buffer.alloc(0));
  await assert.rejects(tokens.refresh(), isRefused('invalid_grant', 'expired access/refresh token'));
});

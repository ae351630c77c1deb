import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADMIN,
  appOf,
  authorizeUrl,
  clientCredentialsForm,
  obtainTokens,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** What each endpoint takes, and what the others are told. */
const TAKEN: readonly (readonly [path: string, methods: readonly string[], told: 'POST' | 'GET'])[] = [
  ['/services/oauth2/token', ['GET', 'POST'], 'POST'],
  ['/services/oauth2/revoke', ['GET', 'POST'], 'POST'],
  ['/services/oauth2/introspect', ['POST'], 'POST'],
  ['/services/oauth2/userinfo', ['GET', 'HEAD', 'POST'], 'GET'],
  ['/id/00D000000000EMUEA2/005000000EMU001AAA', ['GET', 'HEAD', 'POST'], 'GET'],
  ['/services/oauth2/singleaccess', ['GET', 'HEAD', 'POST'], 'GET'],
  ['/services/oauth2/authorize', ['GET', 'HEAD', 'POST'], 'GET'],
  ['/.well-known/openid-configuration', ['GET', 'HEAD'], 'GET'],
  ['/id/keys', ['GET', 'HEAD'], 'GET'],
];

test('each OAuth endpoint says which method it must have', async (t) => {
  const emulator = await startEmulator(t);
  for (const [path, methods, told] of TAKEN) {
    for (const method of METHODS) {
      const response = await fetch(`${emulator.myDomainUrl}${path}`, { method, redirect: 'manual' });
      const text = await response.text();
      const place = `${method} ${path}`;
      if (methods.includes(method)) {
        assert.doesNotMatch(text, /must use/, place);
        assert.ok(response.status < 500, place);
        continue;
      }
      assert.equal(response.status, 400, place);
      if (method === 'HEAD') continue;
      const description = `must use HTTP ${told}`;
      const expected = path.endsWith('revoke')
        ? new URLSearchParams({ error: 'invalid_request', error_description: description }).toString()
        : JSON.stringify({ error: 'invalid_request', error_description: description });
      if (path.endsWith('authorize'))
        assert.ok(text.includes(`error=invalid_request&amp;error_description=${description}<`), place);
      else assert.equal(text, expected, place);
    }
  }
});

test('a method that is not taken changes nothing', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: access = '', refresh_token: refresh = '' } = await obtainTokens(emulator, 'web');
  const { clientId, clientSecret } = appOf(emulator, 'web');
  const form = new URLSearchParams({ token: refresh, client_id: clientId, client_secret: clientSecret ?? '' });
  for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status } = await fetch(`${emulator.loginUrl}/services/oauth2/revoke?${form}`, { method });
    assert.equal(status, 400);
  }
  const url = `${emulator.myDomainUrl}/services/oauth2/userinfo`;
  const head = await fetch(url, { method: 'HEAD', headers: { authorization: `Bearer ${access}` } });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  const query = await fetch(`${emulator.loginUrl}/services/oauth2/introspect?${form}`);
  assert.equal(query.status, 400);
});

test('a good authorization request with a wrong method goes back to the client', async (t) => {
  const emulator = await startEmulator(t);
  const response = await fetch(authorizeUrl(emulator, 'web'), { method: 'DELETE', redirect: 'manual' });
  const { searchParams } = new URL(response.headers.get('location') ?? '');
  assert.deepEqual([response.status, searchParams.get('error_description')], [302, 'must use HTTP GET']);
});

test('a fault comes before the method', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { row: 'T6' } });
  const response = await fetch(`${emulator.loginUrl}/services/oauth2/introspect`, { method: 'PUT' });
  assert.deepEqual(await response.json(), { error: 'invalid_request', error_description: 'HTTPS required' });
  emulator.grant({ app: 'web', user: ADMIN.username });
  assert.equal((await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' })).status, 200);
});

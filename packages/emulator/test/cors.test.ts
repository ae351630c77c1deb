import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientCredentialsForm, get, isAccepted, post, startEmulator } from './emulator-client.ts';

const ORIGIN = 'https://app.example';
const SCRIPTED = [
  '/services/oauth2/token',
  '/services/oauth2/revoke',
  '/services/oauth2/introspect',
  '/services/oauth2/userinfo',
  '/services/oauth2/singleaccess',
  '/id/00D000000000EMUEA2/005000000EMU001AAA',
  '/id/keys',
  '/.well-known/openid-configuration',
  '/services/data',
  '/services/data/v66.0/query',
];

const preflight = (url: string, origin: string, asked = 'POST') =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': asked,
      'access-control-request-headers': 'authorization, content-type',
    },
  });

test('no CORS headers unless origins are configured', async (t) => {
  const emulator = await startEmulator(t);
  for (const path of SCRIPTED) {
    for (const response of [
      await preflight(`${emulator.myDomainUrl}${path}`, ORIGIN),
      await fetch(`${emulator.myDomainUrl}${path}`, { headers: { origin: ORIGIN } }),
    ]) {
      assert.deepEqual(
        [...response.headers.keys()].filter((name) => name.startsWith('access-control') || name === 'vary'),
        [],
      );
    }
  }
});

test('pages of listed origins may ask and read; others may not', async (t) => {
  const emulator = await startEmulator(t, {
    config: { corsOrigins: [ORIGIN, 'https://*.postman.example', 'http://localhost:5173'] },
  });
  for (const path of SCRIPTED) {
    const response = await preflight(`${emulator.myDomainUrl}${path}`, ORIGIN, 'PATCH');
    const header = (name: string) => response.headers.get(`access-control-${name}`);
    assert.equal(response.status, 200, path);
    assert.deepEqual(
      [header('allow-origin'), header('allow-headers'), header('max-age')],
      [ORIGIN, 'authorization, content-type', '86400'],
    );
    assert.match(header('allow-methods') ?? '', /\bPATCH\b/);
    assert.equal(response.headers.get('vary'), 'Origin');
    const read = await get(`${emulator.myDomainUrl}${path}`, { origin: ORIGIN });
    assert.equal(read.headers.get('access-control-allow-origin'), ORIGIN, path);
  }
  const allowed = async (origin: string) =>
    (await preflight(`${emulator.loginUrl}/services/oauth2/token`, origin)).headers.get('access-control-allow-origin') !== null;
  for (const origin of [
    'https://web.postman.example',
    'https://a.b.postman.example',
    'http://localhost:5173',
    'HTTPS://APP.example',
  ]) {
    assert.ok(await allowed(origin), origin);
  }
  for (const origin of [
    'http://app.example',
    'http://web.postman.example',
    'https://app.example.evil.example',
    'https://evil-app.example',
    'https://postman.example',
    'https://.postman.example',
    'https://evilpostman.example',
    'http://localhost:5174',
    'null',
  ]) {
    assert.equal(await allowed(origin), false, origin);
  }
  const refused = await preflight(`${emulator.loginUrl}/services/oauth2/token`, 'https://evil.example');
  assert.deepEqual([refused.status, refused.headers.get('vary')], [400, 'Origin']);
  for (const path of ['/services/oauth2/authorize', '/login', '/nothing']) {
    const response = await preflight(`${emulator.loginUrl}${path}`, ORIGIN);
    assert.equal(response.headers.get('access-control-allow-origin'), null, path);
  }
});

test('a preflight uses no fault and writes no line; the faulty answer can be read by the page', async (t) => {
  const emulator = await startEmulator(t, { config: { corsOrigins: [ORIGIN] } });
  const url = `${emulator.myDomainUrl}/services/oauth2/token`;
  emulator.fault({ action: { row: 'T3' } });
  assert.equal((await preflight(url, ORIGIN)).status, 200);
  assert.deepEqual(emulator.ledger(), []);
  const form = clientCredentialsForm(emulator);
  const refused = await post(url, form, { origin: ORIGIN });
  assert.deepEqual([refused.body.error, refused.headers.get('access-control-allow-origin')], ['unknown_error', ORIGIN]);
  const { headers, body } = await post(url, form, { origin: ORIGIN });
  assert.equal(headers.get('access-control-allow-origin'), ORIGIN);
  assert.ok(await isAccepted(emulator, body.access_token));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, appOf, authorizeUrl, CALLBACK, get, post, startEmulator } from './emulator-client.ts';

const LOGIN_FOCUS = /<input id="username"[^>]* autofocus>/;
const PASSWORD_FOCUS = /<input id="password"[^>]* autofocus>/;

function transactionOf(html: string): string | undefined {
  return /name="transaction" value="([^"]+)"/.exec(html)?.[1];
}

test('login page: the cursor is where something is missing; a wrong password opens the list of users', async (t) => {
  const emulator = await startEmulator(t);
  const { text: empty } = await get(authorizeUrl(emulator, 'web'));
  assert.match(empty, LOGIN_FOCUS);
  assert.doesNotMatch(empty, PASSWORD_FOCUS);
  assert.match(empty, /<details><summary>/);
  const { text: hinted } = await get(authorizeUrl(emulator, 'web', { login_hint: ADMIN.username }));
  assert.match(hinted, PASSWORD_FOCUS);
  assert.doesNotMatch(hinted, LOGIN_FOCUS);
  const form = { transaction: transactionOf(empty), username: ADMIN.username, password: 'wrong' };
  const { text: refused } = await post(`${emulator.loginUrl}/login`, form);
  assert.match(refused, PASSWORD_FOCUS);
  assert.match(refused, /<details open><summary>/);
});

test('consent page: a word on each scope that is known', async (t) => {
  const emulator = await startEmulator(t, {
    config: { apps: { own: { scopes: ['api', 'acme_scope'], callbackUrls: [CALLBACK] } } },
  });
  const { text } = await get(authorizeUrl(emulator, 'own'));
  const consent = await post(`${emulator.loginUrl}/login`, { transaction: transactionOf(text), ...ADMIN });
  assert.match(consent.text, /<li><code>api<\/code><br>[^<]{10,}<\/li><li><code>acme_scope<\/code><\/li>/);
});

test('error page: error and description on two lines, and what arrived beside what is registered', async (t) => {
  const emulator = await startEmulator(t);
  const wrong = 'http://localhost:1/elsewhere?"><b>x';
  const { text } = await get(authorizeUrl(emulator, 'web', { redirect_uri: wrong }));
  assert.match(text, /role="alert"><strong>redirect_uri_mismatch<\/strong><br>[^<]+<\/p>/);
  const { clientId, redirectUris = [] } = appOf(emulator, 'web');
  for (const value of [clientId, 'http://localhost:1/elsewhere?&quot;&gt;&lt;b&gt;x', ...redirectUris]) {
    assert.ok(text.includes(`<dd><code>${value}</code></dd>`), value);
  }
  const { text: unknown } = await get(authorizeUrl(emulator, 'web', { client_id: 'nobody' }));
  assert.ok(unknown.includes('<dd><code>nobody</code></dd>') && unknown.includes(`<dd><code>${clientId} (web)</code></dd>`));
  assert.doesNotMatch(unknown, /Redirect URIs of/);
});

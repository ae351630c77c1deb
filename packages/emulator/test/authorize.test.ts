import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Emulator, signIn } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  authorizeUrl,
  CALLBACK,
  codeForm,
  type Form,
  get,
  INTEGRATION,
  obtainCode,
  post,
  type Reply,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);
const hidden = ({ text }: Reply) => /name="transaction" value="([^"]+)"/.exec(text)?.[1];

async function redirectedWith(emulator: Emulator, app: string, changes: Form): Promise<Record<string, string>> {
  const { status, headers } = await get(authorizeUrl(emulator, app, changes));
  assert.equal(status, 302);
  return parametersOf(headers.get('location') ?? '');
}

test('login, consent and the way back, by hand', async (t) => {
  const emulator = await startEmulator(t);
  const loginPage = await get(authorizeUrl(emulator, 'web', { login_hint: '"><b>x' }));
  assert.equal(loginPage.status, 200);
  assert.match(loginPage.text, /Forcemint emulator – not Salesforce/);
  assert.match(loginPage.text, /value="&quot;&gt;&lt;b&gt;x"/);
  assert.doesNotMatch(loginPage.text, /<script/);
  assert.ok(loginPage.text.includes(ADMIN.username) && loginPage.text.includes(ADMIN.password), 'who can log in is said');
  const transaction = hidden(loginPage);

  const wrong = await post(`${emulator.loginUrl}/login`, { transaction, ...ADMIN, password: 'wrong' });
  assert.match(wrong.text, /check your username and password/);
  const early = await post(`${emulator.loginUrl}/setup/secur/RemoteAccessAuthorizationPage.apexp`, {
    transaction,
    decision: 'allow',
  });
  assert.match(early.text, /name="password"/, 'no consent without login');

  const consentPage = await post(`${emulator.loginUrl}/login`, { transaction, ...ADMIN });
  assert.equal(consentPage.status, 200);
  assert.match(consentPage.headers.get('set-cookie') ?? '', /^emulator_sid_\d+=00D[\w.!]+; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.match(consentPage.text, /value="allow".*value="deny"/s);
  const back = await post(`${emulator.loginUrl}/setup/secur/RemoteAccessAuthorizationPage.apexp`, {
    transaction: hidden(consentPage),
    decision: 'allow',
  });
  assert.equal(back.status, 302);
  const location = back.headers.get('location') ?? '';
  assert.ok(location.startsWith(`${CALLBACK}?code=aPrx`));
  assert.match(location, /%3D%3D&state=/, 'the code arrives URL-encoded');
  assert.equal(parametersOf(location).state, 'state/+ with=signs&more');
  const again = await post(`${emulator.loginUrl}/setup/secur/RemoteAccessAuthorizationPage.apexp`, {
    transaction,
    decision: 'allow',
  });
  assert.equal(again.status, 400, 'a transaction ends with its code');
});

test('deny sends access_denied and the state', async (t) => {
  const emulator = await startEmulator(t);
  const location = await signIn(authorizeUrl(emulator, 'web'), { ...ADMIN, decision: 'deny' });
  const { error, error_description, state } = parametersOf(location);
  assert.deepEqual(
    [error, error_description, state],
    ['access_denied', 'end-user denied authorization', 'state/+ with=signs&more'],
  );
});

test('without state none comes back; a query in the redirect URI stays', async (t) => {
  const callback = 'https://client.example/callback?tenant=1';
  const emulator = await startEmulator(t);
  emulator.configureApp('web', { callbackUrls: [callback] });
  const location = await signIn(authorizeUrl(emulator, 'web', { state: undefined, redirect_uri: callback }), ADMIN);
  assert.ok(location.startsWith(`${callback}&code=`));
  assert.equal(new URL(location).searchParams.has('state'), false);
});

test("what can't safely be redirected is shown on a page", async (t) => {
  const emulator = await startEmulator(t);
  for (const [changes, error] of [
    [{ client_id: '3MVG9nobody' }, 'invalid_client_id'],
    [{ client_id: undefined }, 'invalid_client_id'],
    [{ redirect_uri: undefined }, 'redirect_uri_missing'],
    [{ redirect_uri: 'https://evil.example/callback' }, 'redirect_uri_mismatch'],
    [{ redirect_uri: `${CALLBACK}/more` }, 'redirect_uri_mismatch'],
    [{ redirect_uri: 'urn:ietf:wg:oauth:2.0:oob' }, 'invalid_request'],
  ] as const) {
    const { status, text, headers } = await get(authorizeUrl(emulator, 'web', changes));
    assert.equal(status, 400);
    assert.equal(headers.get('location'), null);
    assert.ok(text.includes(`error=${error}&amp;error_description=`), JSON.stringify(changes));
  }
  await assert.rejects(signIn(authorizeUrl(emulator, 'web', { client_id: '3MVG9nobody' }), ADMIN), /client identifier invalid/);
});

test('what can be redirected goes to the client', async (t) => {
  const emulator = await startEmulator(t);
  const error = async (changes: Form, app = 'web') => (await redirectedWith(emulator, app, changes)).error;
  assert.equal(await error({ response_type: 'token' }), 'unsupported_response_type');
  assert.equal(await error({ response_type: undefined }), 'unsupported_response_type');
  assert.equal(await error({ scope: 'api wave_api' }), 'invalid_scope');
  assert.equal(await error({ code_challenge: undefined }, 'rotating'), 'invalid_request');
  assert.equal(await error({ code_challenge_method: 'plain' }), 'invalid_request');
  assert.equal(await error({ code_challenge: 'short' }), 'invalid_request');
  assert.equal(await error({ immediate: 'true' }), 'immediate_unsuccessful');
  assert.equal((await redirectedWith(emulator, 'web', { scope: 'nonsense' })).state, 'state/+ with=signs&more');
});

test("PKCE is the app's choice, or the org's by switch", async (t) => {
  const emulator = await startEmulator(t);
  const code = await obtainCode(emulator, 'web', { code_challenge: undefined });
  assert.equal((await requestToken(emulator, codeForm(emulator, 'web', code, { code_verifier: undefined }))).status, 200);
  emulator.setSwitches({ pkceRequired: true });
  const { error_description } = await redirectedWith(emulator, 'web', { code_challenge: undefined });
  assert.equal(error_description, 'missing required code challenge');
});

test('the session cookie spares the login, an approval spares the consent; prompt asks again', async (t) => {
  const emulator = await startEmulator(t);
  const loginPage = await get(authorizeUrl(emulator, 'web'));
  const consentPage = await post(`${emulator.loginUrl}/login`, { transaction: hidden(loginPage), ...ADMIN });
  const cookie = (consentPage.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const visit = (changes: Form) => get(authorizeUrl(emulator, 'web', changes), { cookie: `other=1; ${cookie}` });

  assert.match((await visit({})).text, /name="decision"/, 'logged in, not approved yet');
  assert.equal((await visit({ immediate: 'true' })).headers.get('location')?.includes('immediate_unsuccessful'), true);
  await post(`${emulator.loginUrl}/setup/secur/RemoteAccessAuthorizationPage.apexp`, {
    transaction: hidden(consentPage),
    decision: 'allow',
  });
  assert.match((await visit({})).headers.get('location') ?? '', /code=aPrx/);
  assert.match((await visit({ immediate: 'true' })).headers.get('location') ?? '', /code=aPrx/);
  assert.match((await visit({ prompt: 'consent' })).text, /name="decision"/);
  for (const prompt of ['login', 'select_account', 'login consent']) {
    assert.match((await visit({ prompt })).text, /name="password"/);
  }
  emulator.advanceClock(2 * 3600 + 1);
  assert.match((await visit({})).text, /name="password"/);
});

test("admin-approved apps show no consent page, and refuse users who aren't approved", async (t) => {
  const emulator = await startEmulator(t);
  const loginPage = await get(authorizeUrl(emulator, 'all'));
  const back = await post(`${emulator.loginUrl}/login`, { transaction: hidden(loginPage), ...INTEGRATION });
  assert.equal(back.status, 302);
  emulator.configureApp('all', { approvedUsers: [ADMIN.username] });
  await assert.rejects(signIn(authorizeUrl(emulator, 'all'), INTEGRATION), /OAUTH_APP_ACCESS_DENIED/);

  const transaction = hidden(await get(authorizeUrl(emulator, 'all')));
  await post(`${emulator.loginUrl}/login`, { transaction, ...INTEGRATION });
  const url = `${emulator.loginUrl}/setup/secur/RemoteAccessAuthorizationPage.apexp`;
  const consent = await post(url, { transaction, decision: 'allow' });
  assert.equal(consent.headers.get('location'), null, 'the consent form is no way round');
  assert.match(consent.text, /OAUTH_APP_ACCESS_DENIED/);
});

test("inactive users can't log in", async (t) => {
  const emulator = await startEmulator(t);
  emulator.configureUser(ADMIN.username, { isActive: false });
  await assert.rejects(signIn(authorizeUrl(emulator, 'web'), ADMIN), /did not take the username and password/);
});

test('registered ports: 1717 and 10000 to 65535, no others', async (t) => {
  const emulator = await startEmulator(t);
  const status = async (redirect_uri: string) => (await get(authorizeUrl(emulator, 'PlatformCLI', { redirect_uri }))).status;
  for (const port of ['1717', '10000', '49152', '65535']) {
    for (const host of ['localhost', '127.0.0.1']) {
      for (const path of ['', '/', '/callback', '/OauthRedirect']) {
        assert.equal(await status(`http://${host}:${port}${path}`), 200);
      }
    }
  }
  for (const port of ['1718', '9999', '65536', '080', '', '1717x', '99999']) {
    assert.equal(await status(`http://localhost:${port}/callback`), 400, port);
  }
  assert.equal(await status('https://localhost:1717/callback'), 400);
  assert.equal(await status('http://localhost:1717/Callback'), 400);
  assert.ok(appOf(emulator, 'PlatformCLI').redirectUris?.includes('http://localhost:1717/OauthRedirect'));
});

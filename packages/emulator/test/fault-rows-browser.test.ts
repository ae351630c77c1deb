import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Emulator, type FaultAction, signIn } from '../src/index.ts';
import { ADMIN, authorizeUrl, CALLBACK, get, post, type Reply, startEmulator } from './emulator-client.ts';
import { type ExpectedError, PAGE_ERRORS, REDIRECTED_ERRORS } from './expected-rows.ts';

const STATE = 'state/+ with=signs&more';

function actions(all: readonly ExpectedError[], { id, variant }: ExpectedError): FaultAction[] {
  const isFirst = all.find((one) => one.id === id)?.variant === variant;
  return [...(isFirst ? [{ row: id }] : []), ...(variant === undefined ? [] : [{ row: id, variant }])];
}

function assertErrorPage({ status, headers, text }: Reply, error: string, description: string): void {
  assert.deepEqual([status, headers.get('content-type'), headers.get('location')], [400, 'text/html;charset=UTF-8', null]);
  assert.match(text, /<h1>We can&#39;t authorize you because of an OAuth error<\/h1>|<h1>We can't authorize you/);
  assert.ok(text.includes(`<code>error=${error}&amp;error_description=${description.replaceAll("'", '&#39;')}</code>`), text);
}

test('rows that go back to the client, where its redirect URI is known', async (t) => {
  const emulator = await startEmulator(t);
  const check = async ({ error, description }: ExpectedError, action: FaultAction) => {
    emulator.fault({ action });
    const good = await get(authorizeUrl(emulator, 'web'));
    const expected = new URLSearchParams({ error, error_description: description, state: STATE });
    assert.deepEqual([good.status, good.headers.get('location'), good.text], [302, `${CALLBACK}?${expected}`, '']);

    emulator.fault({ action });
    const stateless = await get(authorizeUrl(emulator, 'web', { state: undefined }));
    expected.delete('state');
    assert.equal(stateless.headers.get('location'), `${CALLBACK}?${expected}`);

    for (const bad of [{ client_id: 'nobody' }, { redirect_uri: 'https://evil.example/' }, { redirect_uri: undefined }]) {
      emulator.fault({ action });
      assertErrorPage(await get(authorizeUrl(emulator, 'web', bad)), error, description);
    }
  };
  for (const expected of REDIRECTED_ERRORS) {
    for (const action of actions(REDIRECTED_ERRORS, expected)) {
      await t.test([action.row, action.variant].filter(Boolean).join(' '), () => check(expected, action));
    }
  }
});

test('rows that stay on the error page, however good the request', async (t) => {
  const emulator = await startEmulator(t);
  for (const { id, error, description } of PAGE_ERRORS) {
    await t.test(id, async () => {
      emulator.fault({ action: { row: id } });
      assertErrorPage(await get(authorizeUrl(emulator, 'web')), error, description);
    });
  }
  emulator.fault({ action: { row: 'Z18', error: 'OAUTH_APP_BLOCKED', description: 'this app is blocked by admin' } });
  assertErrorPage(await get(authorizeUrl(emulator, 'web')), 'OAUTH_APP_BLOCKED', 'this app is blocked by admin');
});

test('a row at the login and consent pages goes back to the client of that login', async (t) => {
  const emulator = await startEmulator(t);
  const steps = async (path: string): Promise<URL> => {
    emulator.fault({ match: { path }, action: { row: 'Z7' } });
    return new URL(await signIn(authorizeUrl(emulator, 'web'), ADMIN));
  };
  for (const path of ['/login', '/setup/secur/RemoteAccessAuthorizationPage.apexp']) {
    const { origin, pathname, searchParams } = await steps(path);
    assert.equal(`${origin}${pathname}`, CALLBACK);
    assert.deepEqual([searchParams.get('error'), searchParams.get('state')], ['invalid_scope', STATE]);
  }
});

test('Z17: the pages of OAuth 1.0A, 1701 to 1716', async (t) => {
  const emulator = await startEmulator(t);
  const numbers = Array.from({ length: 16 }, (_, index) => 1701 + index);
  const page = async (variant: number | undefined): Promise<Reply> => {
    emulator.fault({ action: { row: 'Z17', ...(variant === undefined ? {} : { variant: String(variant) }) } });
    return get(authorizeUrl(emulator, 'web'));
  };
  for (const number of [undefined, ...numbers]) {
    const { status, headers, text } = await page(number);
    assert.deepEqual([status, headers.get('content-type')], [400, 'text/html;charset=UTF-8']);
    assert.equal(text, `<!doctype html><html><body><p>OAuth 1.0A error ${number ?? 1701}</p></body></html>`);
  }
});

test('Z19: the login page refuses a right password once, and the login can go on', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ action: { row: 'Z19' } });
  const form = await get(authorizeUrl(emulator, 'web'));
  const transaction = /name="transaction" value="([^"]+)"/.exec(form.text)?.[1];
  const login = () => post(`${emulator.loginUrl}/login`, { ...ADMIN, transaction });
  const refused = await login();
  assert.equal(refused.status, 200);
  assert.match(refused.text, /role="alert">Please check your username and password\. If you still can&#39;t log in, contact/);
  assert.ok(refused.text.includes(`name="transaction" value="${transaction}"`));
  assert.match((await login()).text, /Allow access/);
});

test('Z19 on the authorize endpoint shows the same page', async (t) => {
  const emulator = await startEmulator(t);
  emulator.fault({ match: { path: '/services/oauth2/authorize' }, action: { row: 'Z19' } });
  const { status, text } = await get(authorizeUrl(emulator, 'web', { login_hint: 'somebody@emulator.example' }));
  assert.equal(status, 200);
  assert.match(text, /role="alert">Please check your username[\s\S]*value="somebody@emulator\.example"/);
});

test('rows of other endpoints keep their own form', async (t) => {
  const emulator: Emulator = await startEmulator(t);
  const at = { match: { path: '/services/oauth2/authorize' } };
  emulator.fault({ ...at, action: { row: 'H1' } });
  assert.equal(
    (await get(authorizeUrl(emulator, 'web'))).text,
    '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]',
  );
  emulator.fault({ ...at, action: { row: 'J1' } });
  assert.match((await get(authorizeUrl(emulator, 'web'))).headers.get('location') ?? '', /\?error=invalid_grant&/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import { ADMIN, get, jwtForm, obtainTokens, post, requestToken, startEmulator } from './emulator-client.ts';

const singleAccess = (emulator: Emulator, token: string | undefined, query = '') =>
  get(`${emulator.myDomainUrl}/services/oauth2/singleaccess${query}`, { authorization: `Bearer ${token}` });

async function frontdoorUri(emulator: Emulator, query?: string): Promise<string> {
  const { access_token: token } = await obtainTokens(emulator, 'web');
  const { status, body } = await singleAccess(emulator, token, query);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['frontdoor_uri']);
  return body.frontdoor_uri ?? '';
}

test('singleaccess turns an access token into a link that opens one browser session', async (t) => {
  const emulator = await startEmulator(t);
  const link = await frontdoorUri(emulator);
  assert.ok(link.startsWith(`${emulator.myDomainUrl}/secur/frontdoor.jsp?otp=`), link);
  const opened = await get(link);
  assert.equal(opened.status, 302);
  const location = opened.headers.get('location') ?? '';
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const home = await get(location, { cookie });
  assert.equal(home.status, 200);
  assert.ok(home.text.includes(ADMIN.username));
  assert.equal((await get(link)).status, 403, 'a second use');
});

test('HEAD looks at the link and does not use it up', async (t) => {
  const emulator = await startEmulator(t);
  const link = await frontdoorUri(emulator);
  const look = () => fetch(link, { method: 'HEAD', redirect: 'manual' });
  const looked = await look();
  assert.deepEqual([looked.status, looked.headers.get('set-cookie')], [302, null]);
  const opened = await get(link);
  assert.deepEqual([opened.status, opened.headers.get('location')], [302, looked.headers.get('location')]);
  assert.equal((await look()).status, 403, 'used up');
});

test('the link lives for a minute', async (t) => {
  const emulator = await startEmulator(t);
  const link = await frontdoorUri(emulator);
  emulator.advanceClock(61);
  assert.equal((await get(link)).status, 403);
});

test('the link goes where redirect_uri says, on this host only', async (t) => {
  const emulator = await startEmulator(t);
  const target = async (redirectUri: string) => {
    const link = await frontdoorUri(emulator, `?redirect_uri=${encodeURIComponent(redirectUri)}`);
    return (await get(link)).headers.get('location');
  };
  assert.equal(
    await target('/lightning/setup/SetupOneHome/home?a=b'),
    `${emulator.myDomainUrl}/lightning/setup/SetupOneHome/home?a=b`,
  );
  for (const foreign of ['https://elsewhere.example/x', '//elsewhere.example', 'javascript:alert(1)']) {
    assert.equal(await target(foreign), `${emulator.myDomainUrl}/lightning/page/home`);
  }
});

test('singleaccess takes POST, and the older sid form of the front door works', async (t) => {
  const emulator = await startEmulator(t);
  const { access_token: token = '' } = await obtainTokens(emulator, 'web');
  const { body } = await post(`${emulator.myDomainUrl}/services/oauth2/singleaccess`, {}, { authorization: `Bearer ${token}` });
  assert.match(body.frontdoor_uri ?? '', /otp=/);
  assert.equal((await get(`${emulator.myDomainUrl}/secur/frontdoor.jsp?sid=${encodeURIComponent(token)}`)).status, 302);
  assert.equal((await get(`${emulator.myDomainUrl}/secur/frontdoor.jsp?sid=nonsense`)).status, 403);
});

test('singleaccess is 403 for a token without the scope web, an expired one, an API-only user, and none', async (t) => {
  const emulator = await startEmulator(t);
  const { body } = await requestToken(emulator, jwtForm(emulator));
  assert.equal((await singleAccess(emulator, body.access_token)).status, 403, 'scopes api and refresh_token');
  const { access_token: token } = await obtainTokens(emulator, 'web');
  emulator.configureUser(ADMIN.username, { isApiOnly: true });
  assert.equal((await singleAccess(emulator, token)).status, 403);
  emulator.configureUser(ADMIN.username, { isApiOnly: false });
  assert.equal((await singleAccess(emulator, token)).status, 200);
  emulator.advanceClock(7201);
  assert.equal((await singleAccess(emulator, token)).status, 403);
  assert.equal((await get(`${emulator.myDomainUrl}/services/oauth2/singleaccess`)).status, 403);
});

test('the session of a browser is no OAuth token: REST and revoke say so in their own ways', async (t) => {
  const emulator = await startEmulator(t);
  const opened = await get(await frontdoorUri(emulator));
  const sid = opened.headers.get('set-cookie')?.split(';')[0]?.split('=')[1] ?? '';
  const rest = await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { authorization: `Bearer ${sid}` });
  assert.equal(rest.status, 401);
  assert.deepEqual(JSON.parse(rest.text), [
    { message: 'This session is not valid for use with the REST API', errorCode: 'INVALID_SESSION_ID' },
  ]);
  const revoked = await post(`${emulator.myDomainUrl}/services/oauth2/revoke`, { token: sid }, { accept: 'application/json' });
  assert.equal(revoked.status, 400);
  assert.deepEqual(revoked.body, { error: 'unsupported_token_type', error_description: `invalid token: ${sid}` });
});

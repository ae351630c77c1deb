import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator, signIn } from '@forcemint/emulator';
import { freePort } from '../support/free-port.ts';
import { CoreProcess } from './support/core-process.ts';
import { adminOf, appOf, newRefreshToken, outcomesOf, refreshesOf } from './support/emulated-org.ts';

const SESSION_SECONDS = 7200;
const ACCOUNTS = 'SELECT Name FROM Account';

/** The person at the browser, who goes where the login leads and sees its last page. */
async function logInAtTheBrowser(emulator: Emulator, authorizationUrl: string): Promise<string> {
  const callback = await signIn(authorizationUrl, adminOf(emulator));
  return (await fetch(callback)).url;
}

async function storedRefreshToken(core: CoreProcess, username: string): Promise<string> {
  const { refreshToken } = (await core.ask({ do: 'fields', username })) as { refreshToken: string };
  return refreshToken;
}

/** The admin's grant, adopted as from an sfdx auth URL; this way it may be http. */
async function logIn(emulator: Emulator, core: CoreProcess, app: string): Promise<void> {
  const { clientId } = appOf(emulator, app);
  await core.ask({
    do: 'login-refresh-token',
    clientId,
    refreshToken: newRefreshToken(emulator, app),
    loginUrl: emulator.loginUrl,
  });
}

test('@salesforce/core: web login of its own app, PKCE with 171 characters and no method, and the front door', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t, { callbackPort: await freePort() });
  const url = String(await core.ask({ do: 'start-web-login', loginUrl: emulator.loginUrl }));
  const { searchParams } = new URL(url);
  assert.equal(searchParams.get('client_id'), 'PlatformCLI');
  assert.equal(searchParams.get('code_challenge')?.length, 43);
  assert.equal(searchParams.has('code_challenge_method'), false);
  assert.match(await logInAtTheBrowser(emulator, url), /\/OauthSuccess$/);
  const { username } = adminOf(emulator);
  assert.partialDeepStrictEqual(await core.ask({ do: 'finish-web-login' }), {
    username,
    clientId: 'PlatformCLI',
    instanceUrl: emulator.myDomainUrl,
    orgId: emulator.ready.org.id,
  });
  assert.deepEqual(outcomesOf(emulator, 'authorization_code'), ['ok']);
  emulator.advanceClock(SESSION_SECONDS + 1);
  const frontDoor = new URL(String(await core.ask({ do: 'front-door', username })));
  assert.deepEqual([frontDoor.origin, frontDoor.pathname], [emulator.myDomainUrl, '/secur/frontdoor.jsp']);
  assert.notEqual(frontDoor.searchParams.get('otp'), null);
  assert.deepEqual(refreshesOf(emulator), ['ok'], 'it looks whether the token is good before it asks for the door');
});

test('@salesforce/core: a refused code is told with error and description', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t, { callbackPort: await freePort() });
  const url = String(await core.ask({ do: 'start-web-login', loginUrl: emulator.loginUrl }));
  emulator.fault({ match: { grantType: 'authorization_code' }, action: { row: 'A10' } });
  assert.match(await logInAtTheBrowser(emulator, url), /\/OauthError$/);
  const { name, message } = await core.failure({ do: 'finish-web-login' });
  assert.deepEqual(
    [name, message],
    ['AuthCodeExchangeError', 'Error authenticating with auth code due to: invalid_grant::authentication failure'],
  );
});

test('@salesforce/core: a rotated refresh token is stored: another process goes on with it', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const { username } = adminOf(emulator);
  await logIn(emulator, core, 'rotating');
  const first = await storedRefreshToken(core, username);
  emulator.advanceClock(SESSION_SECONDS + 1);
  await core.ask({ do: 'query', username, soql: ACCOUNTS, times: 5 });
  const another = new CoreProcess(t, { home: core.home });
  const second = await storedRefreshToken(another, username);
  assert.notEqual(second, first);
  emulator.advanceClock(SESSION_SECONDS + 1);
  await another.ask({ do: 'query', username, soql: ACCOUNTS, times: 5 });
  assert.deepEqual(refreshesOf(emulator), ['ok', 'ok', 'ok'], 'login, and one for each expiry');
  const [one, two, three] = emulator.ledger();
  assert.deepEqual([two?.presented, three?.presented], [one?.issued, two?.issued]);
});

test('@salesforce/core: two processes whose session expired rotate once between them', async (t) => {
  await using emulator = await createEmulator({ config: { switches: { processingMs: 300 } } });
  const core = new CoreProcess(t);
  const { username } = adminOf(emulator);
  await logIn(emulator, core, 'rotating');
  const both = [core, new CoreProcess(t, { home: core.home })];
  await Promise.all(both.map((one) => one.ask({ do: 'query', username, soql: ACCOUNTS })));
  emulator.advanceClock(SESSION_SECONDS + 1);
  await Promise.all(both.map((one) => one.ask({ do: 'query', username, soql: ACCOUNTS, times: 5 })));
  assert.deepEqual(refreshesOf(emulator), ['ok', 'ok'], 'login, and one for the expiry');
});

test('@salesforce/core: a dead refresh token is told, and so is an org that is gone', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const { username } = adminOf(emulator);
  await logIn(emulator, core, 'rotating');
  emulator.advanceClock(SESSION_SECONDS + 1);
  emulator.fault({ match: { grantType: 'refresh_token' }, action: { row: 'R8' } });
  const gone = await core.failure({ do: 'query', username, soql: ACCOUNTS });
  assert.match(gone.message, /'Data Not Found Error'/);
  emulator.revoke({ app: 'rotating' });
  const dead = await core.failure({ do: 'query', username, soql: ACCOUNTS });
  assert.match(dead.message, /Error authenticating with the refresh token due to: expired access\/refresh token/);
  assert.deepEqual(refreshesOf(emulator), ['ok', 'Data Not Available', 'expired access/refresh token']);
});

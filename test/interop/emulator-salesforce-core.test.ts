import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmulator, type Emulator } from '@forcemint/emulator';
import type { CoreCommand } from './support/core-command.ts';
import { CoreProcess } from './support/core-process.ts';
import { appOf, JWT_BEARER, outcomesOf } from './support/emulated-org.ts';

/** As `sf org login jwt` asks for it: the login URL went through the URL parser, which puts a slash behind it. */
function jwtLogin(emulator: Emulator, username = appOf(emulator, 'jwt').username ?? ''): CoreCommand {
  const { clientId, privateKeyFile = '' } = appOf(emulator, 'jwt');
  return { do: 'login-jwt', username, clientId, privateKeyFile, loginUrl: `${emulator.loginUrl}/` };
}

async function accessTokenOf(emulator: Emulator): Promise<string> {
  const { clientId, clientSecret = '' } = appOf(emulator, 'all');
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const response = await fetch(`${emulator.myDomainUrl}/services/oauth2/token`, { method: 'POST', body });
  const { access_token: accessToken } = (await response.json()) as { access_token: string };
  return accessToken;
}

async function newestVersion(emulator: Emulator): Promise<string> {
  const response = await fetch(`${emulator.myDomainUrl}/services/data`);
  const versions = (await response.json()) as { version: string }[];
  return versions.at(-1)?.version ?? '';
}

function accountsOf(username: string, times = 1): CoreCommand {
  return { do: 'query', username, soql: 'SELECT Name FROM Account', times };
}

test('@salesforce/core: AuthInfo by JWT, the audience with a trailing slash and exp in milliseconds; Org, Connection, query', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const username = appOf(emulator, 'jwt').username ?? '';
  const fields = await core.ask(jwtLogin(emulator));
  assert.partialDeepStrictEqual(fields, {
    username,
    orgId: emulator.ready.org.id,
    instanceUrl: emulator.myDomainUrl,
    loginUrl: `${emulator.loginUrl}/`,
    isDevHub: false,
    isSandbox: false,
    isScratch: false,
    namespacePrefix: null,
    orgEdition: 'Developer Edition',
  });
  assert.partialDeepStrictEqual(await core.ask({ do: 'use', username }), { version: await newestVersion(emulator) });
  assert.partialDeepStrictEqual(await core.ask(accountsOf(username)), [[{ Name: 'Emulated Account 1' }]]);
  assert.equal(await core.ask({ do: 'dev-hub', username }), false);
  assert.deepEqual(outcomesOf(emulator, JWT_BEARER), ['ok'], 'the first assertion is good');
  assert.deepEqual(await core.ask({ do: 'refused-attempts' }), []);
});

test('@salesforce/core: its exp lies so far ahead that any upper bound refuses it', async (t) => {
  await using emulator = await createEmulator({ config: { switches: { maxAssertionLifetimeSeconds: 1_000_000_000 } } });
  await new CoreProcess(t).failure(jwtLogin(emulator));
  assert.equal(outcomesOf(emulator, JWT_BEARER)[0], "Failed: : Couldn't validate jwt token");
});

test('@salesforce/core: a refused JWT makes it try Salesforce’s own login hosts, which this process can’t reach', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const { name, message } = await core.failure(jwtLogin(emulator, 'nobody@emulator.example'));
  assert.equal(name, 'JwtAuthError');
  assert.deepEqual(message.split('\n'), [
    'Error authenticating with JWT.',
    'Errors encountered:',
    "user hasn't approved this consumer",
    'fetch failed',
    'fetch failed',
    "user hasn't approved this consumer",
    `audience is invalid  [audience=https://test.salesforce.com login=${emulator.loginUrl}/]`,
  ]);
  assert.deepEqual(await core.ask({ do: 'refused-attempts' }), [
    'connect test.salesforce.com:443',
    'connect login.salesforce.com:443',
  ]);
  const refused = "user hasn't approved this consumer";
  assert.deepEqual(outcomesOf(emulator, JWT_BEARER), [refused, refused, 'audience is invalid'], 'this org is no sandbox');
});

test('@salesforce/core: an expired JWT session costs one assertion for five queries, and the new one is stored', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const username = appOf(emulator, 'jwt').username ?? '';
  await core.ask(jwtLogin(emulator));
  await core.ask({ do: 'refresh-auth', username });
  assert.equal(outcomesOf(emulator, JWT_BEARER).length, 1, 'a token that is good stays');
  emulator.advanceClock(7201);
  await core.ask(accountsOf(username, 5));
  assert.deepEqual(outcomesOf(emulator, JWT_BEARER), ['ok', 'ok']);
  const another = new CoreProcess(t, { home: core.home });
  await another.ask(accountsOf(username));
  emulator.advanceClock(7201);
  await another.ask({ do: 'refresh-auth', username });
  assert.deepEqual(outcomesOf(emulator, JWT_BEARER), ['ok', 'ok', 'ok']);
});

test('@salesforce/core: an instance URL with a trailing slash makes it ask for //services/data', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const { username = '' } = appOf(emulator, 'all');
  const instanceUrl = `${emulator.myDomainUrl}/`;
  const fields = await core.ask({ do: 'login-access-token', accessToken: await accessTokenOf(emulator), instanceUrl });
  assert.partialDeepStrictEqual(fields, { username, orgId: emulator.ready.org.id, orgEdition: 'Developer Edition' });
  const version = await newestVersion(emulator);
  assert.partialDeepStrictEqual(await core.ask({ do: 'use', username }), { version, instanceUrl });
  assert.partialDeepStrictEqual(await core.ask(accountsOf(username)), [[{ Name: 'Emulated Account 1' }]]);
});

test('@salesforce/core: an access token that is a JWT', async (t) => {
  await using emulator = await createEmulator();
  emulator.configureApp('all', { isNamedUserJwtEnabled: true });
  const core = new CoreProcess(t);
  const { username = '' } = appOf(emulator, 'all');
  const accessToken = await accessTokenOf(emulator);
  assert.match(accessToken, /^eyJ/);
  const fields = await core.ask({ do: 'login-access-token', accessToken, instanceUrl: emulator.myDomainUrl });
  assert.partialDeepStrictEqual(fields, { username, accessToken, orgId: emulator.ready.org.id });
  assert.partialDeepStrictEqual(await core.ask(accountsOf(username)), [[{ Name: 'Emulated Account 1' }]]);
});

test('@salesforce/core: a bad access token is told in the word of userinfo, errors of REST by their errorCode', async (t) => {
  await using emulator = await createEmulator();
  const core = new CoreProcess(t);
  const { name, message } = await core.failure({
    do: 'login-access-token',
    accessToken: `${emulator.ready.org.id}!nonsense`,
    instanceUrl: emulator.myDomainUrl,
  });
  assert.equal(name, 'AuthCodeUsernameRetrievalError');
  assert.match(message, /Due to: Bad_OAuth_Token$/);

  const { username = '' } = appOf(emulator, 'jwt');
  await core.ask(jwtLogin(emulator));
  const refused = await core.failure({ do: 'query', username, soql: 'SELECT Id FROM Nothing' });
  assert.deepEqual([refused.name, refused.code], ['INVALID_TYPE', 'INVALID_TYPE']);
});

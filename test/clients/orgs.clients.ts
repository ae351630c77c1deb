import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliSandbox } from './sandbox/cli-sandbox.ts';

const INTEGRATION = 'integration@emulator.example';
const RESOURCES = 'mydomain GET /services/data/{latest} 200';
const EMU = ['--target-org', 'emu'];

async function shownToken(sf: CliSandbox): Promise<string> {
  const { stdout } = await sf.ok(['org', 'auth', 'show-access-token', ...EMU, '--json']);
  return JSON.parse(stdout).result.accessToken;
}

test('sf org display: connected, and no secret on the screen', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const { result, requests } = await sf.json(['org', 'display', ...EMU]);
  assert.deepEqual(requests, [RESOURCES, RESOURCES]);
  assert.deepEqual(result, {
    id: sf.emulator.ready.org.id,
    apiVersion: sf.latest.slice(1),
    accessToken: "[REDACTED] Use 'sf org auth show-access-token' to view",
    instanceUrl: sf.emulator.myDomainUrl,
    username: INTEGRATION,
    clientId: sf.app('jwt').clientId,
    connectedStatus: 'Connected',
    alias: 'emu',
  });
  const { stdout } = await sf.ok(['org', 'display', ...EMU]);
  assert.match(stdout, /│ Connected Status +│ Connected +│/);
  assert.match(stdout, /│ Username +│ integration@emulator\.example +│/);
});

test('sf org auth show-access-token: a token that the org takes', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const { result, requests } = await sf.json(['org', 'auth', 'show-access-token', ...EMU]);
  assert.deepEqual(requests, [RESOURCES]);
  const { accessToken } = Object(result);
  const answer = await fetch(`${sf.emulator.myDomainUrl}/services/oauth2/userinfo`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  assert.partialDeepStrictEqual(await answer.json(), { preferred_username: INTEGRATION });
});

test('sf org open: a URL that logs in, on stdout and in the browser', async () => {
  await using sf = await CliSandbox.make();
  const { clientId, privateKeyFile = '' } = sf.app('all');
  const login = ['--client-id', clientId, '--jwt-key-file', privateKeyFile, '--username', INTEGRATION];
  await sf.ok(['org', 'login', 'jwt', ...login, '--instance-url', sf.emulator.loginUrl, '--alias', 'emu']);
  const { result, requests } = await sf.json(['org', 'open', '--url-only', ...EMU]);
  const frontDoor = 'mydomain GET /services/oauth2/singleaccess 200';
  assert.deepEqual(requests, [RESOURCES, frontDoor]);
  const { url, ...rest } = Object(result);
  assert.deepEqual(rest, { orgId: sf.emulator.ready.org.id, username: INTEGRATION });
  const isFrontDoor = (text: string) => text.startsWith(`${sf.emulator.myDomainUrl}/secur/frontdoor.jsp?otp=`);
  assert.ok(isFrontDoor(url));

  const setup = await sf.ok(['org', 'open', '--url-only', '--path', '/lightning/setup/SetupOneHome/home', ...EMU]);
  assert.deepEqual(setup.requests, [RESOURCES, frontDoor.replace(' 200', ' (redirect_uri) 200')]);
  assert.match(setup.stdout, /^\nAccess org \w{18} as user integration@emulator\.example with the following URL: http:/);

  await sf.ok(['org', 'open', ...EMU]);
  assert.ok(isFrontDoor(await sf.browsed()));
});

test('sf org open without the scope web: refused with 403', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const { code, requests } = await sf.json(['org', 'open', '--url-only', ...EMU]);
  assert.equal(code, 1);
  assert.deepEqual(requests, [RESOURCES, 'mydomain GET /services/oauth2/singleaccess 403']);
});

test('sf org list: each org is asked, for people and in JSON', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  await sf.ok(sf.loginJwt('other', 'user@emulator.example'));
  const { stdout, requests } = await sf.ok(['org', 'list']);
  const devHub = 'mydomain GET /services/data/{latest}/query (q) [SELECT Id FROM ScratchOrgInfo limit 1] 400';
  assert.deepEqual(requests.toSorted(), [RESOURCES, RESOURCES, devHub, devHub].toSorted());
  assert.match(stdout, /│ emu +│ integration@emulator\.example +│ \w{18} │ Connected │/);
  assert.match(stdout, /│ other +│ user@emulator\.example +│ \w{18} │ Connected │/);
  const { result } = await sf.json(['org', 'list']);
  const { other, devHubs, scratchOrgs, sandboxes } = Object(result);
  assert.deepEqual([devHubs, scratchOrgs, sandboxes], [[], [], []]);
  assert.deepEqual(other.map(({ alias, connectedStatus }: Record<string, string>) => `${alias} ${connectedStatus}`).toSorted(), [
    'emu Connected',
    'other Connected',
  ]);
});

test('sf org logout: forgets the org and tells it nothing, so that the access token lives on', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  const token = await shownToken(sf);
  const { stdout, requests } = await sf.ok(['org', 'logout', '--no-prompt', ...EMU]);
  assert.equal(stdout, 'Successfully logged out of orgs: integration@emulator.example\n');
  assert.deepEqual(requests, []);
  const answer = await fetch(`${sf.emulator.myDomainUrl}/services/data/v66.0/limits`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, 200);
  assert.equal((await sf.run(['org', 'display', ...EMU])).code, 2);
  const again = await sf.json(['org', 'logout', '--all', '--no-prompt']);
  assert.deepEqual([again.code, again.result], [0, []]);
});

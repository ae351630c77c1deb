import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliSandbox } from './sandbox/cli-sandbox.ts';
import { orgQuestions, sandboxQuestion, userQuestions } from './sandbox/request-line.ts';

const ADMIN = 'admin@emulator.example';

/** An access token that nobody can renew. */
async function accessToken(sf: CliSandbox): Promise<string> {
  const [refreshToken = ''] = sf.emulator.grant({ app: 'PlatformCLI', user: ADMIN });
  const form = { grant_type: 'refresh_token', client_id: 'PlatformCLI', refresh_token: refreshToken };
  const url = `${sf.emulator.loginUrl}/services/oauth2/token`;
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token }: { access_token: string } = await answer.json();
  return access_token;
}

const login = (sf: CliSandbox, alias = 'emu') => [
  'org',
  'login',
  'access-token',
  '--instance-url',
  sf.emulator.myDomainUrl,
  '--alias',
  alias,
];

test('sf org login access-token, from the environment: the instance URL is kept with a slash, and all requests have two then', async () => {
  await using sf = await CliSandbox.make();
  const token = await accessToken(sf);
  const { result, requests } = await sf.json([...login(sf), '--no-prompt'], { env: { SF_ACCESS_TOKEN: token } });
  const { org } = sf.emulator.ready;
  assert.deepEqual(requests, [...userQuestions(sf.user(ADMIN).id), ...orgQuestions('//'), sandboxQuestion(org.id, '//')]);
  const instanceUrl = `${sf.emulator.myDomainUrl}/`;
  assert.partialDeepStrictEqual(result, { username: ADMIN, orgId: org.id, instanceUrl, loginUrl: instanceUrl });

  const query = await sf.ok(['data', 'query', '--target-org', 'emu', '--query', 'SELECT Name FROM Account']);
  assert.deepEqual(query.requests, [
    'mydomain GET //services/data/{latest}/query (q) [SELECT Name FROM Account] 200',
    'mydomain GET //services/data/{latest}/query (q columns) [SELECT Name FROM Account] 200',
  ]);
  assert.match(query.stdout, /│ Emulated Account 1 │/);
});

test('sf org login access-token, from stdin, for people', async () => {
  await using sf = await CliSandbox.make();
  const { stdout } = await sf.ok(login(sf), { stdin: `${await accessToken(sf)}\n` });
  assert.equal(stdout, `Successfully authorized ${ADMIN} with org ID ${sf.emulator.ready.org.id}\n`);
});

test('when it has expired nothing renews it, and the CLI says what Salesforce said', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(login(sf), { stdin: await accessToken(sf) });
  sf.emulator.advanceClock(7201);
  const query = await sf.run(['data', 'query', '--target-org', 'emu', '--query', 'SELECT Name FROM Account']);
  assert.equal(query.code, 1);
  assert.match(query.stderr, /Error \(1\): Session expired or invalid/);
  assert.deepEqual(query.requests, ['mydomain GET //services/data/{latest}/query (q) [SELECT Name FROM Account] 401']);
  const list = await sf.ok(['org', 'list']);
  assert.match(list.stdout, /│ emu +│ admin@emulator\.example +│ \w{18} │ Session expired or invalid │/);
});

test('a token that the org does not take is no login; text that is no token is never sent', async () => {
  await using sf = await CliSandbox.make();
  const stale = await accessToken(sf);
  sf.emulator.advanceClock(7201);
  const refused = await sf.json(login(sf), { stdin: stale });
  assert.equal(refused.name, 'AuthCodeUsernameRetrievalError');
  assert.match(refused.message ?? '', /Due to: Bad_OAuth_Token$/);
  assert.deepEqual(refused.requests, ['mydomain GET /services/oauth2/userinfo 403']);
  const malformed = await sf.run(login(sf), { stdin: 'synthetic-text' });
  assert.deepEqual([malformed.code, malformed.requests], [1, []]);
});

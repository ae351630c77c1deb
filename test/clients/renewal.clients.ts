import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LedgerEntry, signIn } from '@forcemint/emulator';
import { CliSandbox } from './sandbox/cli-sandbox.ts';
import { DEV_HUB_PROBE } from './sandbox/request-line.ts';

const ADMIN = 'admin@emulator.example';
const SOQL = 'SELECT Id FROM User';
const QUERY = ['data', 'query', '--query', SOQL, '--target-org', 'emu'];
const SESSION_SECONDS = 7200;

async function logInByWeb(sf: CliSandbox, isRotating = false): Promise<void> {
  sf.emulator.configureApp('PlatformCLI', { isRefreshTokenRotationEnabled: isRotating });
  await sf.takeFreeLoginPort();
  const running = sf.ok(['org', 'login', 'web', '--instance-url', sf.emulator.loginUrl, '--alias', 'emu']);
  await fetch(await signIn(await sf.browsed(), sf.user(ADMIN)));
  await running;
}

function renewed(form: string): readonly string[] {
  const query = (parameters: string, status: number) =>
    `mydomain GET /services/data/{latest}/query (${parameters}) [${SOQL}] ${status}`;
  return [
    query('q', 401),
    `login POST /services/oauth2/token (${form}) 200`,
    DEV_HUB_PROBE,
    query('q', 200),
    query('q columns', 200),
  ];
}

const tokensOf = ({ outcome, presented, issued, consumed }: LedgerEntry) => ({ outcome, presented, issued, consumed });

test('an expired token of a JWT login: a new assertion, and the query again', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  assert.equal((await sf.ok(QUERY)).requests.length, 2);
  sf.emulator.advanceClock(SESSION_SECONDS + 1);
  const { stdout, requests } = await sf.ok(QUERY);
  assert.match(stdout, /retrieved: 3\./);
  assert.deepEqual(requests, renewed('grant_type assertion'));
  assert.deepEqual(
    sf.emulator.ledger().map(({ outcome }) => outcome),
    ['ok', 'ok'],
  );
  assert.equal((await sf.ok(QUERY)).requests.length, 2, 'the new token was kept');
});

test('an expired token of a web login: refreshed without a secret, and the query again', async () => {
  await using sf = await CliSandbox.make();
  await logInByWeb(sf);
  for (let round = 0; round < 2; round++) {
    sf.emulator.advanceClock(SESSION_SECONDS + 1);
    assert.deepEqual((await sf.ok(QUERY)).requests, renewed('grant_type refresh_token client_id'));
  }
  const [login, first, second] = sf.emulator.ledger().map(tokensOf);
  const presented = login?.issued ?? '';
  assert.deepEqual(
    [first, second],
    Array.from({ length: 2 }, () => ({ outcome: 'ok', presented, issued: null, consumed: false })),
  );
});

test('with rotation the CLI throws the new refresh token away, presents the old one again, and the login is dead', async () => {
  await using sf = await CliSandbox.make();
  await logInByWeb(sf, true);
  sf.emulator.advanceClock(SESSION_SECONDS + 1);
  assert.equal((await sf.ok(QUERY)).code, 0, 'the first refresh goes well');
  sf.emulator.advanceClock(SESSION_SECONDS + 1);
  const { code, stderr } = await sf.run(QUERY);
  assert.equal(code, 1);
  assert.match(stderr, /Error authenticating with the refresh token due to: expired access\/refresh token/);
  const [login, first, second] = sf.emulator.ledger().map(tokensOf);
  assert.equal(first?.presented, login?.issued);
  assert.deepEqual([first?.outcome, first?.consumed], ['ok', true]);
  assert.notEqual(first?.issued, null);
  assert.deepEqual(second, { outcome: 'invalid_grant', presented: login?.issued, issued: null, consumed: false });
});

test('a refresh token that was revoked: the CLI says what Salesforce said, and org display goes on', async () => {
  await using sf = await CliSandbox.make();
  await logInByWeb(sf);
  sf.emulator.revoke({ app: 'PlatformCLI', user: ADMIN });
  const { name, message } = await sf.json(QUERY);
  assert.match(`${name} ${message}`, /expired access\/refresh token/);
  const { code, result } = await sf.json(['org', 'display', '--target-org', 'emu']);
  assert.equal(code, 0);
  assert.match(Object(result).connectedStatus, /expired access\/refresh token/);
});

test('four commands at once after the expiry: each of them renews for itself', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  sf.emulator.advanceClock(SESSION_SECONDS + 1);
  const before = sf.emulator.ledger().at(-1)?.seq;
  const codes = await Promise.all(Array.from({ length: 4 }, async () => (await sf.run(QUERY)).code));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  const outcomes = sf.emulator.ledger(before).map(({ outcome }) => outcome);
  assert.ok(outcomes.length >= 1 && outcomes.every((outcome) => outcome === 'ok'), outcomes.join());
});

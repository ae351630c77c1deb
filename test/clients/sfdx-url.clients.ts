import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '@forcemint/emulator';
import { CliSandbox } from './sandbox/cli-sandbox.ts';
import { orgQuestions, sandboxQuestion, userQuestions } from './sandbox/request-line.ts';

const ADMIN = 'admin@emulator.example';

/** The URL that carries a login from one machine to another; always https. */
function sfdxAuthUrl(sf: CliSandbox, refreshToken: string): string {
  return `force://PlatformCLI::${refreshToken}@${new URL(sf.emulator.loginUrl).host}`;
}

test('sf org login sfdx-url, over TLS that only the CA of the emulator vouches for', async () => {
  await using sf = await CliSandbox.make({ tls: true });
  const [refreshToken = ''] = sf.emulator.grant({ app: 'PlatformCLI', user: ADMIN });
  const url = sf.file('login.txt', sfdxAuthUrl(sf, refreshToken));
  const { code, result, requests, warnings } = await sf.json([
    'org',
    'login',
    'sfdx-url',
    '--sfdx-url-file',
    url,
    '--alias',
    'emu',
  ]);
  assert.equal(code, 0);
  assert.deepEqual(requests, [
    'login POST /services/oauth2/token (grant_type refresh_token client_id) 200',
    ...userQuestions(sf.user(ADMIN).id),
    ...orgQuestions(),
    sandboxQuestion(sf.emulator.ready.org.id),
  ]);
  assert.partialDeepStrictEqual(result, {
    username: ADMIN,
    loginUrl: sf.emulator.loginUrl,
    instanceUrl: sf.emulator.myDomainUrl,
  });
  assert.equal(
    warnings.some((warning) => warning.includes('insecure')),
    false,
  );

  const shown = await sf.json(['org', 'auth', 'show-sfdx-auth-url', '--target-org', 'emu']);
  assert.equal(Object(shown.result).sfdxAuthUrl, `force://PlatformCLI::${refreshToken}@${new URL(sf.emulator.myDomainUrl).host}`);
});

test('sf org login sfdx-url from stdin, for people; the token is renewed later', async () => {
  await using sf = await CliSandbox.make({ tls: true });
  const [refreshToken = ''] = sf.emulator.grant({ app: 'PlatformCLI', user: ADMIN });
  const login = ['org', 'login', 'sfdx-url', '--alias', 'emu', '--sfdx-url-stdin'];
  const { stdout } = await sf.ok(login, { stdin: sfdxAuthUrl(sf, refreshToken) });
  assert.equal(stdout, `Successfully authorized ${ADMIN} with org ID ${sf.emulator.ready.org.id}\n`);
  sf.emulator.advanceClock(7201);
  await sf.ok(['data', 'query', '--query', 'SELECT Id FROM User', '--target-org', 'emu']);
  const presented = fingerprint(refreshToken);
  assert.deepEqual(
    sf.emulator.ledger().map((entry) => [entry.outcome, entry.presented]),
    [
      ['ok', presented],
      ['ok', presented],
    ],
  );
});

test('with rotation the login itself uses the token up, and the CLI throws the new one away', async () => {
  await using sf = await CliSandbox.make({ tls: true });
  sf.emulator.configureApp('PlatformCLI', { isRefreshTokenRotationEnabled: true });
  const [refreshToken = ''] = sf.emulator.grant({ app: 'PlatformCLI', user: ADMIN });
  const url = sf.file('login.txt', sfdxAuthUrl(sf, refreshToken));
  await sf.ok(['org', 'login', 'sfdx-url', '--sfdx-url-file', url, '--alias', 'emu']);
  sf.emulator.advanceClock(7201);
  const { code, message } = await sf.json(['data', 'query', '--query', 'SELECT Id FROM User', '--target-org', 'emu']);
  assert.equal(code, 1);
  assert.match(message ?? '', /expired access\/refresh token/);
  const presented = fingerprint(refreshToken);
  assert.deepEqual(
    sf.emulator.ledger().map((entry) => [entry.outcome, entry.presented, entry.consumed]),
    [
      ['ok', presented, true],
      ['invalid_grant', presented, false],
    ],
  );
});

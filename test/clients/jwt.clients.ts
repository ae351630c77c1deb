import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { tcpRelay } from '../support/tcp-relay.ts';
import { CliSandbox } from './sandbox/cli-sandbox.ts';
import { orgQuestions, sandboxQuestion } from './sandbox/request-line.ts';

const INTEGRATION = 'integration@emulator.example';
const TOKEN = 'login POST /services/oauth2/token (grant_type assertion) 200';
const REFUSED = 'login POST /services/oauth2/token (grant_type assertion) 400';

test('sf org login jwt: the requests in their order, and what it knows of the org then', async () => {
  await using sf = await CliSandbox.make();
  const { emulator } = sf;
  const { result, requests, warnings } = await sf.json(sf.loginJwt('emu'));
  assert.deepEqual(requests, [TOKEN, ...orgQuestions(), sandboxQuestion(emulator.ready.org.id)]);
  assert.partialDeepStrictEqual(result, {
    username: INTEGRATION,
    orgId: emulator.ready.org.id,
    loginUrl: `${emulator.loginUrl}/`,
    instanceUrl: emulator.myDomainUrl,
    clientId: sf.app('jwt').clientId,
    instanceApiVersion: sf.latest.slice(1),
    isDevHub: false,
    isSandbox: false,
    name: 'Forcemint Emulator',
    instanceName: 'EMU1',
    orgEdition: 'Developer Edition',
    accessToken: "[REDACTED] Use 'sf org auth show-access-token' to view",
  });
  assert.ok(warnings.includes(`Using insecure protocol: http: on url: ${emulator.loginUrl}`));
  assert.deepEqual(
    emulator.ledger().map(({ grantType, subject, outcome }) => [grantType, subject, outcome]),
    [['urn:ietf:params:oauth:grant-type:jwt-bearer', INTEGRATION, 'ok']],
  );
});

test('sf org login jwt at My Domain, for people: one line on stdout', async () => {
  await using sf = await CliSandbox.make();
  const { stdout, requests } = await sf.ok(sf.loginJwt('emu', 'user@emulator.example', sf.emulator.myDomainUrl));
  assert.equal(stdout, `Successfully authorized user@emulator.example with org ID ${sf.emulator.ready.org.id}\n`);
  assert.equal(requests[0], TOKEN.replace('login', 'mydomain'));
});

test('the assertion: aud is the instance URL with a slash, exp is in milliseconds', async (t) => {
  const port = await freePort();
  const relay = await tcpRelay(t, `http://127.0.0.1:${port}`);
  await using sf = await CliSandbox.make({ loginPort: port, myDomainPort: 0, config: { audiences: [relay.origin] } });
  const startedSeconds = Math.floor(Date.now() / 1000);
  await sf.ok(sf.loginJwt('emu', INTEGRATION, relay.origin));
  const [, header = '', claims = ''] = /assertion=([\w-]+)\.([\w-]+)\./.exec(relay.traffic()) ?? [];
  const decode = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString());
  assert.deepEqual(decode(header), { alg: 'RS256', typ: 'JWT' });
  const { exp, iat, ...rest } = decode(claims);
  assert.deepEqual(rest, { iss: sf.app('jwt').clientId, sub: INTEGRATION, aud: `${relay.origin}/` });
  assert.ok(Number(iat) >= startedSeconds && Number(iat) <= Date.now() / 1000);
  assert.ok(Number(exp) >= startedSeconds * 1000 && Number(exp) <= Date.now() + 300);
});

test('a refused assertion: the reason of Salesforce is told, and the assertion would have gone to the real login hosts', async () => {
  await using sf = await CliSandbox.make();
  sf.emulator.configureApp('jwt', { approvedUsers: ['user@emulator.example'] });
  const reason = 'user is not admin approved to access this app';
  const { code, stderr, requests } = await sf.run(sf.loginJwt('emu'));
  assert.equal(code, 1);
  assert.match(stderr, /^Error \(JwtGrantError\): .*JwtAuthError::Error authenticating with JWT\.\n/);
  const reasons = /Errors encountered:\n([\s\S]*?)\n\n/.exec(stderr)?.[1]?.split('\n');
  const sandboxAudience = `audience is invalid  [audience=https://test.salesforce.com login=${sf.emulator.loginUrl}/]`;
  assert.deepEqual(reasons, [reason, 'fetch failed', 'fetch failed', reason, sandboxAudience]);
  assert.deepEqual(requests, [REFUSED, REFUSED, REFUSED]);
  assert.deepEqual(sf.guard.takeAttempts(), ['connect test.salesforce.com:443', 'connect login.salesforce.com:443']);
  assert.deepEqual(
    sf.emulator.ledger().map(({ outcome, description }) => [outcome, description]),
    [
      ['invalid_app_access', reason],
      ['invalid_app_access', reason],
      ['invalid_grant', 'audience is invalid'],
    ],
  );

  const { name, message = '' } = await sf.json(sf.loginJwt('emu'));
  assert.equal(name, 'JwtGrantError');
  assert.ok(message.includes(reason));
  assert.deepEqual(sf.guard.takeAttempts(), ['connect test.salesforce.com:443', 'connect login.salesforce.com:443']);
});

test('an audience that the org does not know: both real login hosts are tried before login.salesforce.com is taken as audience', async (t) => {
  const port = await freePort();
  const relay = await tcpRelay(t, `http://127.0.0.1:${port}`);
  await using sf = await CliSandbox.make({ loginPort: port, myDomainPort: 0 });
  const { requests } = await sf.ok(sf.loginJwt('emu', INTEGRATION, relay.origin));
  assert.deepEqual(requests.slice(0, 2), [REFUSED, TOKEN]);
  assert.equal(sf.emulator.ledger()[0]?.description, 'audience is invalid');
  assert.deepEqual(sf.guard.takeAttempts(), ['connect test.salesforce.com:443', 'connect login.salesforce.com:443']);
});

test('a login that is refused takes away the login that there was', async () => {
  await using sf = await CliSandbox.make();
  await sf.ok(sf.loginJwt('emu'));
  sf.emulator.configureApp('jwt', { approvedUsers: ['user@emulator.example'] });
  assert.equal((await sf.run(sf.loginJwt('emu'))).code, 1);
  assert.equal(sf.guard.takeAttempts().length, 2);
  const { code, message } = await sf.json(['org', 'display', '--target-org', INTEGRATION]);
  assert.equal(code, 2);
  assert.match(message ?? '', /No authorization information found for integration@emulator\.example/);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { CHECKS, type Finding } from '@forcemint/diagnose';
import { createKeyPair } from '@forcemint/setup';
import { World } from './support/command-line.ts';

interface Checkup {
  readonly exit_code: number;
  readonly findings: readonly Finding[];
}

const DAY_MS = 86_400_000;
const ORG_USER = 'integration@emulator.example';

describe('doctor', () => {
  let world: World;
  before(async () => {
    const login = { username: ORG_USER, secondsAgo: 3600 };
    const loginHistory = [
      { ...login, loginType: 'Other Apex API', apiType: 'SOAP Partner', application: 'Nightly ETL' },
      { ...login, loginType: 'Remote Access 2.0', loginSubType: 'OAuth Username-Password', application: 'Old script' },
      { ...login, loginType: 'Remote Access 2.0', application: 'Report', loginUrl: 'na12.salesforce.com' },
      { ...login, loginType: 'Other Apex API', apiType: 'SOAP Partner', application: 'Long gone', secondsAgo: 40 * 86_400 },
    ];
    world = await World.make({ config: { loginHistory } });
  });
  after(() => world[Symbol.asyncDispose]());

  /** The findings by their checks, in a run that must end with this code. */
  async function examine(name: string, code: number, ...more: readonly string[]): Promise<Map<string, Finding>> {
    const { code: ended, stdout, stderr } = await world.run(['doctor', name, '--json', ...more]);
    assert.equal(ended, code, `${stdout}\n${stderr}`);
    const { exit_code, findings }: Checkup = JSON.parse(stdout);
    assert.equal(exit_code, code);
    assert.deepEqual(
      findings.map(({ check }) => check),
      [...CHECKS],
      'each is told once, in order',
    );
    return new Map(findings.map((finding) => [finding.check, finding]));
  }

  const verdicts = (found: Map<string, Finding>): Record<string, string[]> => {
    const all: Record<string, string[]> = { good: [], warning: [], bad: [], skipped: [] };
    for (const { check, verdict } of found.values()) all[verdict]?.push(check);
    return all;
  };

  test('every grant, healthy: nothing is bad, and a real exchange was done', async () => {
    const { certificateFile = '' } = world.app('jwt');
    await world.ok(world.connectJwt('jwt', '--no-verify', '--certificate-file', certificateFile));
    await world.ok(world.connectClient('client', '--no-verify'), { stdin: world.clientSecret });
    await world.ok(world.connectRotating('rotating', '--no-verify'), { stdin: world.rotatingToken() });
    const before = world.emulator.ledger().length;
    const jwt = await examine('jwt', 0);
    assert.deepEqual(verdicts(jwt).bad, []);
    assert.match(jwt.get('certificate')?.found ?? '', /^belongs to the key, valid until/);
    assert.match(jwt.get('private-key')?.found ?? '', /^RSA, 2048 bits/);
    assert.match(jwt.get('userinfo')?.found ?? '', /integration@emulator\.example/);
    assert.match(jwt.get('api-version')?.found ?? '', /^REST API 66\.0 is open; .*requests of the last 24 hours: \d+\/15000$/);
    const client = await examine('client', 0);
    assert.match(client.get('client-secret')?.found ?? '', /^64 letters and digits/);
    const rotating = await examine('rotating', 0);
    assert.match(rotating.get('refresh-token')?.found ?? '', /^version 2, used/);
    assert.match(rotating.get('rotation')?.found ?? '', /keeps up with it \(version 2\)/);
    assert.equal(world.emulator.ledger().length, before + 3);
    assert.deepEqual((await examine('rotating', 0)).get('exchange')?.verdict, 'good', 'not again so soon, which is no problem');
    assert.equal(world.emulator.ledger().length, before + 3);
  });

  test('logins that Salesforce ends, and old hosts, are told of the same user', async () => {
    const found = await examine('jwt', 0);
    assert.equal(found.get('old-logins')?.verdict, 'warning');
    assert.match(
      found.get('old-logins')?.found ?? '',
      /by SOAP \(1 login in 30 days: Nightly ETL\), and by username and password \(1 login in 30 days: Old script\)/,
    );
    assert.match(found.get('legacy-hosts')?.found ?? '', /^na12\.salesforce\.com$/);
  });

  test('for people: headings, what to do, and the row that says more', async () => {
    await world.ok(world.connectClient('wrong', '--no-verify'), { stdin: 'synthetic wrong secret' });
    const { code, stdout } = await world.run(['doctor', 'wrong']);
    assert.equal(code, 4);
    assert.match(stdout, /^wrong {2}client credentials at http/);
    for (const heading of ['Network', 'Settings', 'Credentials', 'Exchange', 'Ready for 2026'])
      assert.match(stdout, new RegExp(`^${heading}$`, 'm'));
    assert.match(stdout, /^ {2}! client secret +what is stored has white space in it$/m);
    assert.match(stdout, /^ {2}✘ exchange +/m);
    assert.match(stdout, /^ +more: forcemint why K5$/m);
    assert.match(stdout, /^1 problem, \d warnings?$/m);
    assert.doesNotMatch(stdout, /synthetic|NAME\b/);
  });

  test('--no-exchange gets no token, and looks at the one that there is', async () => {
    const before = world.emulator.ledger().length;
    const found = await examine('jwt', 0, '--no-exchange');
    assert.match(found.get('exchange')?.found ?? '', /not asked for/);
    assert.equal(found.get('userinfo')?.verdict, 'good');
    await world.ok(world.connectClient('unused', '--no-verify'), { stdin: world.clientSecret });
    assert.equal((await examine('unused', 5, '--no-exchange')).get('userinfo')?.verdict, 'skipped');
    assert.equal(world.emulator.ledger().length, before);
  });

  test('nobody has logged in: 3; and the port that a login comes back to is looked at', async (t) => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await world.ok(world.connectLogin('person', '--redirect-uri', `http://localhost:${port}/callback`));
    const found = await examine('person', 3);
    server.close();
    assert.deepEqual(found.get('callback')?.verdict, 'warning');
    assert.deepEqual(found.get('exchange')?.fix, ['forcemint login person']);
    assert.equal((await examine('person', 3)).get('callback')?.verdict, 'good');
  });

  test('a host that this process does not trust gets no token, whatever is stored', async () => {
    await world.ok(world.connectClient('untrusted'), { stdin: world.clientSecret });
    const before = world.emulator.requests().length;
    const env = { FORCEMINT_EXTRA_HOSTS: '' };
    const { code, stdout } = await world.run(['doctor', 'untrusted', '--no-exchange'], { env });
    assert.equal(code, 2);
    assert.match(stdout, /^ {2}✘ login host +127\.0\.0\.1:\d+ is not trusted here$/m);
    const asked = world.emulator.requests().slice(before);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/.well-known/openid-configuration'],
    );
  });

  test('secrets that do not open are told as that', async () => {
    await world.ok(world.connectClient('sealed', '--no-verify'), { stdin: world.clientSecret });
    const database = new DatabaseSync(join(world.home, 'forcemint.db'));
    const changed = database.prepare(
      "UPDATE connections SET settings = replace(settings, '3MVG9EMU', '3MVG9emu') WHERE name = 'sealed'",
    );
    assert.equal(changed.run().changes, 1);
    database.close();
    const { stdout } = await world.run(['doctor', 'sealed']);
    assert.match(stdout, /^ {2}✘ client secret +.*open/m);
    assert.match(stdout, /^ {2}– private key +not to be told/m);
    await world.ok(['remove', 'sealed', '--keep-grant', '--yes']);
  });

  test('a grant that was handed over is another product’s: nothing is wrong with that', async () => {
    await world.ok(world.connectRotating('given'), { stdin: world.rotatingToken() });
    await world.ok(['export', 'given', '--hand-over', '--out', join(world.folder, 'given.json'), '--yes']);
    const found = await examine('given', 0);
    assert.deepEqual([found.get('exchange')?.verdict, found.get('refresh-token')?.verdict], ['skipped', 'skipped']);
  });

  test('an outage of the REST API passes: 5', async () => {
    await world.ok(world.connectClient('outage'), { stdin: world.clientSecret });
    world.emulator.fault({ match: { path: '/services/data/v66.0' }, action: { status: 503, body: '' }, times: 1 });
    await examine('outage', 5, '--no-exchange');
    world.emulator.fault({ match: { path: '/services/data/v66.0' }, action: { dropBefore: true }, times: 1 });
    assert.doesNotMatch((await examine('outage', 5, '--no-exchange')).get('api-version')?.found ?? '', /answered 0/);
  });

  test('what kind of app it is: as the org lists it', async () => {
    assert.match((await examine('outage', 0, '--no-exchange')).get('app-kind')?.found ?? '', /^a connected app: /);
    world.emulator.configureApp('clientCredentials', { kind: 'external-client-app' });
    assert.match(
      (await examine('outage', 0, '--no-exchange')).get('app-kind')?.found ?? '',
      /is not among the connected apps of the org$/,
    );
    world.emulator.configureApp('clientCredentials', { kind: 'connected-app' });
  });

  test('a dead grant: 3, with its row', async () => {
    const refreshToken = world.rotatingToken();
    await world.ok(world.connectRotating('dead', '--no-verify'), { stdin: refreshToken });
    world.emulator.revoke({ token: refreshToken });
    const found = await examine('dead', 3);
    assert.equal(found.get('exchange')?.id, 'R1');
    assert.equal(found.get('refresh-token')?.verdict, 'bad');
  });

  test('a refusal of the REST API is explained by its row, although the token is good', async () => {
    await world.ok(world.connectClient('closed'), { stdin: world.clientSecret });
    world.emulator.fault({ match: { path: '/services/data/v66.0' }, action: { row: 'H6' }, times: 1 });
    const found = await examine('closed', 4, '--no-exchange');
    assert.deepEqual([found.get('exchange')?.verdict, found.get('api-version')?.id], ['good', 'H6']);
    world.emulator.fault({ match: { path: '/services/oauth2/userinfo' }, action: { row: 'V6' }, times: 1 });
    assert.equal((await examine('closed', 0, '--no-exchange')).get('userinfo')?.verdict, 'warning');
  });

  test('a certificate that ends soon, has ended, or is for another key', async () => {
    // The app knows another key: what Salesforce says of that is not what this is about.
    for (const [name, nowMs, verdict] of [
      ['soon', Date.now() - 355 * DAY_MS, 'warning'],
      ['ended', Date.now() - 366 * DAY_MS, 'bad'],
    ] as const) {
      const pair = await createKeyPair({ commonName: 'synthetic', nowMs });
      const key = await world.file(`${name}.key`, pair.privateKeyPem);
      const certificate = await world.file(`${name}.crt`, pair.certificatePem);
      const { privateKeyFile } = world.app('jwt');
      const line = world.connectJwt(name, '--no-verify', '--certificate-file', certificate);
      await world.ok(line.map((word) => (word === privateKeyFile ? key : word)));
      const found = await examine(name, 4);
      assert.deepEqual([found.get('certificate')?.verdict, found.get('exchange')?.id], [verdict, 'J2']);
      assert.match(found.get('certificate')?.fix[0] ?? '', new RegExp(`forcemint setup ${name} --rotate-certificate`));
    }
    const { certificatePem } = await createKeyPair({ commonName: 'synthetic', nowMs: Date.now() });
    const refused = await world.run(
      world.connectJwt('foreign', '--certificate-file', await world.file('foreign.crt', certificatePem)),
    );
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /does not belong to the private key/);
  });

  test('a web page, a redirect, a clock that is off, and nobody: what stands between here and the org', async (t) => {
    const hour = 3_600_000;
    const dated = (atMs: number): readonly [number, Record<string, string>, string] => {
      const document = { issuer: origin, token_endpoint: `${origin}/services/oauth2/token` };
      return [200, { date: new Date(atMs).toUTCString() }, JSON.stringify(document)];
    };
    const answers: Readonly<Record<string, () => readonly [status: number, headers: Record<string, string>, body: string]>> = {
      page: () => [200, { 'content-type': 'text/html' }, '<html><body>Sign in to the proxy</body></html>'],
      moved: () => [302, { location: 'https://new.my.salesforce.com/.well-known/openid-configuration' }, ''],
      late: () => dated(Date.now() + hour),
      early: () => dated(Date.now() - 61_000),
    };
    let answer = answers['page'];
    const server = createServer((_request, response) => {
      const [status, headers, body] = answer?.() ?? [500, {}, ''];
      response.sendDate = false;
      response.writeHead(status, headers).end(body);
    });
    server.listen(0, '127.0.0.1');
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { FORCEMINT_EXTRA_HOSTS: `${world.env['FORCEMINT_EXTRA_HOSTS']},${origin}` };
    const connect = world.connectJwt('between', '--no-verify').map((word) => (word === world.emulator.loginUrl ? origin : word));
    await world.ok(connect, { env });
    const examined = async (): Promise<[number | null, Map<string, Finding>]> => {
      const { code, stdout } = await world.run(['doctor', 'between', '--json'], { env });
      const { findings }: Checkup = JSON.parse(stdout);
      return [code, new Map(findings.map((finding) => [finding.check, finding]))];
    };
    const [pageCode, page] = await examined();
    assert.match(page.get('discovery')?.found ?? '', /answers a web page \(200\)/);
    assert.notEqual(pageCode, 0);
    answer = answers['moved'];
    const [, moved] = await examined();
    assert.match(moved.get('discovery')?.fix[0] ?? '', /--login-url https:\/\/new\.my\.salesforce\.com/);
    answer = answers['late'];
    const [, late] = await examined();
    assert.match(late.get('clock')?.found ?? '', /^(?:59|60) min behind the server’s$/);
    assert.equal(late.get('clock')?.verdict, 'bad');
    answer = answers['early'];
    const [, early] = await examined();
    assert.match(early.get('clock')?.found ?? '', /^6[01] s ahead of the server’s$/, 'a date may be a second old');
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    const [code, gone] = await examined();
    assert.equal(code, 5);
    assert.equal(gone.get('discovery')?.verdict, 'bad');
    assert.deepEqual([gone.get('clock')?.verdict, gone.get('exchange')?.verdict], ['skipped', 'bad']);
    const proxied = await world.run(['doctor', 'jwt', '--json'], {
      env: { ...env, HTTP_PROXY: 'socks5://127.0.0.1:1', NO_PROXY: '' },
    });
    assert.equal(proxied.code, 0, 'this machine is never reached through a proxy');
  });

  test('without a name: hosts, and what is stored of each connection; nothing is asked of Salesforce', async () => {
    const before = world.emulator.ledger().length;
    const { code, stdout } = await world.run(['doctor']);
    assert.equal(code, 4, stdout);
    assert.match(stdout, /^✔ http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(stdout, /^✘ +dead +exchange: dead must be authorized again/m);
    assert.match(stdout, /^✘ +ended +certificate: it ended/m);
    assert.match(stdout, /^✘ +person +refresh token: nobody has logged in yet$/m);
    assert.match(stdout, /^✔ +client\b/m);
    const { connections } = JSON.parse((await world.run(['doctor', '--json'])).stdout);
    assert.ok(connections.length >= 9);
    assert.equal(world.emulator.ledger().length, before);
  });

  test('a name that there is not: 6', async () => {
    assert.equal((await world.run(['doctor', 'nobody'])).code, 6);
  });
});

test('doctor over TLS says what was agreed on, and what is not trusted', async () => {
  await using world = await World.make({ tls: true });
  await world.ok(world.connectClient('acme', '--no-verify'), { stdin: world.clientSecret });
  const found = await world.ok(['doctor', 'acme']);
  assert.match(found, /^ {2}✔ tls +TLSv1\.3, certificate by .* until \d{4}-\d\d-\d\d; NODE_EXTRA_CA_CERTS is trusted, too$/m);
  const { code, stdout } = await world.run(['doctor', 'acme'], { env: { NODE_EXTRA_CA_CERTS: undefined } });
  assert.match(stdout, /^ {2}✘ tls +No trusted TLS connection/m);
  assert.match(stdout, /NODE_EXTRA_CA_CERTS/);
  assert.match(stdout, /^ {2}– discovery +not looked at/m);
  assert.equal(code, 5);
});

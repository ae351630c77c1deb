import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ReadyLine } from '@forcemint/emulator';
import { type Running, type RunOptions, World } from './support/command-line.ts';

describe('forcemint emulator', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  /** What must be refused with exit code 2. @returns the error document */
  async function refused(args: readonly string[]): Promise<{ code: string; message: string; cause?: string; fix: string[] }> {
    const { code, stdout, stderr } = await world.run(['emulator', ...args, '--json']);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'usage');
    assert.ok(error.fix.length > 0);
    return error;
  }

  /** Starts it with --json. */
  async function started(args: readonly string[], options: RunOptions = {}): Promise<{ ready: ReadyLine; running: Running }> {
    const running = world.start(['emulator', '--json', ...args], options);
    return { running, ready: JSON.parse((await running.seen('stdout', /\n/)).split('\n')[0] ?? '') };
  }

  async function stopped(running: Running, signal: NodeJS.Signals): Promise<void> {
    running.child.kill(signal);
    const { code, stdout, stderr } = await running.finished;
    assert.deepEqual([code, stdout.trim().split('\n').length, stderr], [0, 1, '']);
  }

  const originOf = (running: Running, label: string): Promise<string> =>
    running.seen('stdout', /forcemint list\n/).then((text) => new RegExp(`^${label} +(\\S+)$`, 'm').exec(text)?.[1] ?? '');

  test('--tls: the CA file is where it was asked for, the next process gets a token with it, and a signal clears it away', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const TMPDIR = join(world.folder, `tmp-${signal}`);
      mkdirSync(TMPDIR);
      const caFile = join(world.folder, `ca-${signal}.pem`);
      const { ready, running } = await started(['--tls', '--ca-file', caFile], { env: { TMPDIR } });
      assert.equal(ready.caFile, caFile);
      assert.equal(statSync(caFile).mode & 0o777, 0o644);
      assert.match(ready.loginUrl, /^https:\/\/127\.0\.0\.1:\d+$/);
      const { clientId, clientSecret = '' } = ready.apps.clientCredentials ?? {};
      const flags = ['--grant', 'client-credentials', '--login-url', ready.myDomainUrl, '--client-id', String(clientId)];
      const env = { FORCEMINT_EXTRA_HOSTS: `${ready.loginUrl},${ready.myDomainUrl}`, NODE_EXTRA_CA_CERTS: caFile };
      const name = `over-tls-${signal.toLowerCase()}`;
      await world.ok(['connect', name, ...flags, '--client-secret-file', '-'], { stdin: clientSecret, env });
      assert.match(await world.ok(['token', name], { env }), /^00D/);
      await stopped(running, signal);
      assert.equal(existsSync(caFile), false);
      assert.deepEqual(
        readdirSync(TMPDIR).filter((entry) => entry !== 'node-compile-cache'),
        [],
      );
    }
  });

  test('the lines to try are whole: pasted into a shell they give a connection that works', async () => {
    const running = world.start(['emulator', '--tls', '--hostname', 'localhost']);
    const text = await running.seen('stdout', /forcemint list\n/);
    assert.match(text, /^login host +https:\/\/localhost:\d+$/m);
    assert.match(text, /^CA file +\/\S+\/ca\.pem$/m);
    const exported = [...text.matchAll(/export (\w+)=(.+)/g)].map(([, name, value]) => [name, value] as const);
    const [home, ...rest] = exported;
    assert.deepEqual(home, ['FORCEMINT_HOME', '$(mktemp -d)'], 'the connections of the last emulator are not in the way');
    const env = Object.fromEntries(rest);
    assert.deepEqual(Object.keys(env), ['NODE_EXTRA_CA_CERTS', 'FORCEMINT_EXTRA_HOSTS']);
    assert.match(text, /^control +https:\/\/localhost:\d+\/_emulator\/$/m);
    const [, jwt = ''] = /^ +forcemint (connect try-jwt .+)$/m.exec(text) ?? [];
    await world.ok(jwt.split(' '), { env });
    const [, secret = '', client = ''] = /^ +printf %s (\w+) \| forcemint (connect try-client .+)$/m.exec(text) ?? [];
    await world.ok(client.split(' '), { env, stdin: secret });
    for (const name of ['try-jwt', 'try-client']) assert.match(await world.ok(['token', name], { env }), /^00D/);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.finished;
    assert.deepEqual([code, stderr], [0, 'The emulator has stopped.\n']);
  });

  test('apps of a configuration of one’s own are tried by what they can do, not by their names', async () => {
    const apps = {
      nightly: { scopes: ['api', 'refresh_token'], certificate: true, isAdminApproved: true },
      billing: { scopes: ['api'], isClientCredentialEnabled: true, oauthClientCredentialUser: 'bot@acme.example' },
      portal: { scopes: ['api'], callbackUrls: ['https://portal.example/callback'] },
    };
    const users = [{ username: 'bot@acme.example', password: 'synthetic' }];
    const config = await world.file('own-apps.json', JSON.stringify({ users, apps }));
    const running = world.start(['emulator', '--config', config]);
    const text = await running.seen('stdout', /forcemint list\n/);
    assert.match(text, /forcemint connect try-jwt .*--username bot@acme\.example/);
    assert.match(text, /\| forcemint connect try-client /);
    assert.doesNotMatch(text, /try-login/, 'the login would be refused: its redirect URI is not on this machine');
    const [, url = '', data = ''] = /^ +curl (\S+\/services\/oauth2\/token) (--data-urlencode .+)$/m.exec(text) ?? [];
    const form = data.split('--data-urlencode ').flatMap((field) => (field === '' ? [] : [field.trim().split('=')]));
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: token } = await answer.json();
    const [, query = ''] = /^ +curl '([^']+)' -H "Authorization: Bearer \$\(forcemint token try-jwt\)"$/m.exec(text) ?? [];
    const records = await (await fetch(query, { headers: { authorization: `Bearer ${token}` } })).json();
    assert.equal(records.totalSize, 3);
    running.child.kill('SIGTERM');
    await running.finished;
  });

  test('it runs on when nobody reads its output or feeds its input any more', async () => {
    const running = world.startTyping(['emulator', '--json']);
    const ready: ReadyLine = JSON.parse((await running.seen('stdout', /\n/)).split('\n')[0] ?? '');
    running.child.stdin?.end();
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    for (let round = 0; round < 20; round += 1) {
      assert.equal((await fetch(`${ready.myDomainUrl}/services/data`)).status, 200);
    }
    running.child.kill('SIGTERM');
    assert.equal((await running.finished).code, 0);
  });

  test('--config and --switch go together, and --switch wins', async () => {
    const switches = { loginLimitPerHour: 5, sameSession: true, identityHost: 'login' };
    const config = await world.file('switches.json', JSON.stringify({ $schema: './emulator.schema.json', switches }));
    const line = ['--config', config, '--switch', 'loginLimitPerHour=3600', '--switch', 'pkceRequired=true'];
    const { ready, running } = await started([...line, '--switch', 'identityHost=mydomain']);
    const now = JSON.parse(await (await fetch(`${ready.controlUrl}/_emulator/switches`)).text());
    assert.deepEqual(
      [now.loginLimitPerHour, now.sameSession, now.pkceRequired, now.identityHost],
      [3600, true, true, 'mydomain'],
    );
    await stopped(running, 'SIGTERM');
  });

  test('--print-schema prints the schema that the package publishes', async () => {
    const published = new URL('../../packages/emulator/schema.json', import.meta.url);
    assert.deepEqual(JSON.parse(await world.ok(['emulator', '--print-schema'])), JSON.parse(readFileSync(published, 'utf8')));
  });

  test('a port in use is named, the login host’s as well as My Domain’s', async () => {
    const running = world.start(['emulator']);
    const [login, myDomain] = await Promise.all(['login host', 'My Domain'].map((label) => originOf(running, label)));
    const loginPort = Number(new URL(login ?? '').port);
    const first = await refused(['--port', String(loginPort)]);
    assert.match(
      first.message,
      new RegExp(`login host can't listen on 127\\.0\\.0\\.1:${loginPort} \\(EADDRINUSE\\): another process`),
    );
    const next = Number(new URL(myDomain ?? '').port);
    const second = await refused(['--port', String(next - 1)]);
    // Somebody else may have taken the port before it meanwhile.
    assert.match(second.message, new RegExp(`127\\.0\\.0\\.1:(${next}|${next - 1}) \\(EADDRINUSE\\)`));
    running.child.kill('SIGTERM');
    await running.finished;
  });

  test('a bad configuration is a usage error that names the place', async () => {
    const cases: readonly (readonly [config: string, message: RegExp])[] = [
      ['[]', /: config: expected an object, found an array$/],
      ['null', /: config: expected an object, found null$/],
      ['{"app": {}}', /: config\.app: unknown; known are org, users, apps/],
      ['{"apps": {"web": {}}}', /: config\.apps\.web\.scopes: missing$/],
      ['{"apps": {"web": {"scopes": ["api", "Full Access"]}}}', /: config\.apps\.web\.scopes\[1\]: expected a scope/],
      ['{"users": [{"username": "a", "password": "b"}, {"username": "c"}]}', /: config\.users\[1\]\.password: missing$/],
      ['{"org": {"id": "001000000000001"}}', /: config\.org\.id: expected 15 or 18 characters beginning with 00D/],
      ['{"switches": {"concurrentRefresh": "maybe"}}', /: config\.switches\.concurrentRefresh: expected one of refuse, /],
      ['{"switches": []}', /: config\.switches: expected an object, found an array$/],
      ['{"org": {}\n "users": []}', /is no JSON: line 2, column 2\. A comma or a closing brace/],
      ['', /is no JSON: line 1, column 1\./],
    ];
    /** Those into which a switch of the command line can't be put. */
    const unfit = [0, 1, 8];
    for (const [index, [config, message]] of cases.entries()) {
      const file = await world.file(`bad-${index}.json`, config);
      assert.match((await refused(['--config', file])).message, message, config);
    }
    for (const index of unfit) {
      const line = ['--config', join(world.folder, `bad-${index}.json`), '--switch', 'pkceRequired=true'];
      assert.match((await refused(line)).message, cases[index]?.[1] ?? /never/);
    }
    assert.match((await refused(['--config', join(world.folder, 'missing.json')])).message, /missing\.json cannot be read/);
    const told = await world.run(['emulator', '--config', join(world.folder, 'bad-0.json')]);
    assert.equal(told.code, 2);
    assert.match(told.stderr, /^error: .* config: expected an object, found an array\ndo: +.*--print-schema\n$/);
  });

  test('bad flags are usage errors', async () => {
    const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [['--port', '65535'], /"65535" is no port for --port/],
      [['--port', 'http'], /"http" is no port/],
      [['--hostname', '0.0.0.0'], /cannot be called "0\.0\.0\.0"/],
      [['--ca-file', 'ca.pem'], /--ca-file needs --tls/],
      [['--tls', '--ca-file', ''], /--ca-file needs the name of a file/],
      [['--tls', '--ca-file', world.folder], /is a folder, not the CA file of an emulator: it is not overwritten/],
      [['--tls', '--ca-file', join(world.folder, 'missing', 'ca.pem')], /can't be written to .*ca\.pem \(ENOENT\)/],
      [['--switch', 'pkceRequired'], /--switch needs NAME=VALUE, not "pkceRequired"/],
      [['--switch', 'pkce=true'], /config\.switches\.pkce: unknown; known are reuseCascade, /],
      [
        ['--switch', 'pkceRequired=1'],
        /^--switch pkceRequired=1 is wrong: config\.switches\.pkceRequired: expected true or false/,
      ],
      [['--switch', 'loginLimitPerHour=-1'], /config\.switches\.loginLimitPerHour: expected an integer from 0/],
      [['--switch', 'constructor=1'], /config\.switches\.constructor: unknown/],
      [['--switch', '__proto__=1'], /--switch needs NAME=VALUE/],
    ];
    for (const [args, message] of cases) assert.match((await refused(args)).message, message, args.join(' '));
    assert.match((await refused(['--port', '65535'])).cause ?? '', /^My Domain needs the next port/);
  });
});

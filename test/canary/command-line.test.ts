import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { filesBelow, findCanaries, type Remains } from '../support/canaries.ts';
import { CommandLine, type Ran, type RunOptions } from '../support/command-line.ts';
import { emulatedSalesforce, extraHosts, newRefreshToken } from '../support/emulated-salesforce.ts';
import { tcpRelay } from '../support/tcp-relay.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { wireSecrets } from '../support/wire-secrets.ts';

const TOKEN_REQUESTS = { path: '/services/oauth2/token' };
const REDIRECT = 'http://127.0.0.1:0/callback';
const WRONG_SECRET = 'synthetic-canary-wrong-client-secret-0123456789';
const ARGUMENT_SECRET = 'synthetic-canary-on-argv-0123456789';
const PASTED = 'aPrx.synthetic-canary-pasted-code-0123456789';
const BROKEN = 'synthetic-canary-9876543210-in-a-broken-answer';

const LISTED = 'synthetic-canary-of-a-list-0123456789';

const showsToken = (name: string) => name.startsWith('access token');
const showsState = (name: string) => name === 'state';

for (const debug of ['', '1']) {
  test(`the command line leaves no secret where it does not belong, FORCEMINT_DEBUG=${debug}`, async (t) => {
    const emulator = await emulatedSalesforce(t);
    emulator.configureApp('web', { isRefreshTokenRotationEnabled: true });
    const { web, jwt, clientCredentials: app } = emulator.ready.apps;
    const [user] = emulator.ready.users;
    assert.ok(web !== undefined && jwt !== undefined && app !== undefined && user !== undefined);
    const [login, myDomain] = [await tcpRelay(t, emulator.loginUrl), await tcpRelay(t, emulator.myDomainUrl)];
    const [machine, given] = [temporaryHome(t), temporaryHome(t)];
    const home = join(machine, 'forcemint');
    for (const directory of ['user', 'tmp']) mkdirSync(join(machine, directory));
    const secrets = new Map<string, string>([
      ['wrong client secret', WRONG_SECRET],
      ['secret on argv', ARGUMENT_SECRET],
      ['pasted code', PASTED],
      ['broken answer', BROKEN],
      ['password', user.password],
      ['secret of a list', LISTED],
    ]);
    const secretFile = (name: string, secret: string) => {
      const path = join(given, name.replaceAll(' ', '-'));
      writeFileSync(path, secret, { mode: 0o600 });
      secrets.set(name, secret);
      return path;
    };
    const commandLine = new CommandLine({
      PATH: process.env['PATH'],
      HOME: join(machine, 'user'),
      TMPDIR: join(machine, 'tmp'),
      FORCEMINT_HOME: home,
      FORCEMINT_EXTRA_HOSTS: [...extraHosts(emulator), login.origin, myDomain.origin].join(),
      FORCEMINT_DEBUG: debug,
    });
    const ran: Ran[] = [];
    const remains: Remains[] = [];
    const run = async (
      exitCode: number,
      args: readonly string[],
      options: RunOptions & { readonly stdoutMay?: (secret: string) => boolean } = {},
    ): Promise<Ran> => {
      const result = await commandLine.run(args, options);
      ran.push(result);
      const { stdout, stderr } = result;
      const place = `forcemint ${args.slice(0, 3).join(' ')}`;
      remains.push({
        place: `stdout of ${place}`,
        bytes: Buffer.from(stdout),
        ...(options.stdoutMay && { allowed: options.stdoutMay }),
      });
      // The address to open, state in it, is what `login` is there to say.
      remains.push({
        place: `stderr of ${place}`,
        bytes: Buffer.from(stderr),
        ...(args[0] === 'login' && { allowed: showsState }),
      });
      assert.equal(result.exitCode, exitCode, `${place}: ${stdout}${stderr}`);
      return result;
    };
    const client = (grant: string, { clientId }: { readonly clientId: string }) => ['--grant', grant, '--client-id', clientId];

    const appSecret = secretFile('app secret', app.clientSecret ?? '');
    const webSecret = secretFile('web secret', web.clientSecret ?? '');
    const key = secretFile('private key', readFileSync(jwt.privateKeyFile ?? '', 'utf8'));
    const refreshToken = secretFile('adopted refresh token', newRefreshToken(emulator, 'web'));
    const connectApp = ['connect', 'app', ...client('client-credentials', app), '--login-url', myDomain.origin];
    await run(4, [...connectApp, '--client-secret-file', secretFile('wrong secret file', WRONG_SECRET)]);
    await run(2, [...connectApp, `--client-secret=${ARGUMENT_SECRET}`]);
    await run(0, [...connectApp, '--client-secret-file', appSecret]);
    await run(0, [
      'connect',
      'jwt',
      ...client('jwt-bearer', jwt),
      '--login-url',
      login.origin,
      '--audience',
      emulator.loginUrl,
      '--username',
      jwt.username ?? '',
      '--private-key-file',
      key,
    ]);
    await run(0, [
      'connect',
      'web',
      ...client('authorization-code', web),
      '--login-url',
      login.origin,
      '--client-secret-file',
      webSecret,
      '--redirect-uri',
      REDIRECT,
    ]);
    await run(
      0,
      [
        'connect',
        'adopted',
        ...client('refresh-token', web),
        '--login-url',
        login.origin,
        '--client-secret-file',
        webSecret,
        '--refresh-token-file',
        '-',
      ],
      { stdin: readFileSync(refreshToken, 'utf8') },
    );
    await run(3, ['token', 'web']);

    let browsing: Promise<unknown> | undefined;
    const browse = async (line: string) => {
      const { authorize_url: url } = JSON.parse(line);
      secrets.set('state', new URL(url).searchParams.get('state') ?? '');
      await fetch(await signIn(url, user));
    };
    await run(0, ['login', 'web', '--json'], {
      onLine: (line) => {
        browsing ??= browse(line);
      },
      stdoutMay: showsState,
    });
    await browsing;
    await run(3, ['login', 'web', '--paste', '--no-browser'], { stdin: `${PASTED}\n`, stdoutMay: showsState });

    const raw = await run(0, ['token', 'app'], { stdoutMay: showsToken });
    const exec = ['-e', 'process.stdout.write(process.env.SF_ACCESS_TOKEN)'];
    const shown = await run(0, ['exec', 'app', '--', process.execPath, ...exec], { stdoutMay: showsToken });
    assert.equal(shown.stdout, raw.stdout.trim(), 'exec hands the token on');
    await run(0, ['token', 'web', '--json'], { stdoutMay: showsToken });
    await run(0, ['exec', 'web', '--', process.execPath, '-e', '0']);
    await run(0, ['api', 'app', 'limits']);
    await run(0, ['renew', 'web']);
    await run(5, ['renew', 'web', '--json']);
    const tokenFile = secretFile('access token to report', raw.stdout.trim());
    await run(0, ['report-invalid', 'app', '--token-file', tokenFile]);
    const broken = (action: Parameters<typeof emulator.fault>[0]['action']) => emulator.fault({ match: TOKEN_REQUESTS, action });
    broken({ status: 200, body: JSON.stringify({ access_token: BROKEN, refresh_token: { token: BROKEN } }) });
    await run(4, ['token', 'app']);
    broken({
      status: 400,
      body: JSON.stringify({ error: 'invalid_client', error_description: `no such secret: ${secrets.get('app secret')}` }),
    });
    await run(4, ['token', 'app', '--json']);
    broken({ tamper: { jsonPatch: { instance_url: 'https://attacker.example' } } });
    await run(4, ['renew', 'adopted']);
    broken({ dropAfter: true });
    await run(5, ['renew', 'jwt']);
    emulator.clearFaults();
    await run(6, ['token', 'nobody']);
    await run(0, ['list', '--json']);
    for (const name of ['web', 'adopted']) {
      await run(0, ['show', name, '--json']);
      await run(0, ['events', name, '--json']);
    }
    await run(0, ['status']);
    const leaving = ['connect', 'leaving', ...client('refresh-token', web), '--login-url', login.origin];
    await run(0, [...leaving, '--client-secret-file', webSecret, '--refresh-token-file', '-'], {
      stdin: newRefreshToken(emulator, 'web'),
    });
    await run(0, ['export', 'leaving']);
    const handOver = (name: string, out: string) => [
      'export',
      name,
      '--hand-over',
      '--yes',
      '--with-client-secret',
      '--out',
      out,
    ];
    const out = join(given, 'grant.json');
    await run(4, handOver('adopted', out));
    await run(2, handOver('leaving', webSecret));
    await run(0, [...handOver('leaving', out), '--json']);
    const grant = JSON.parse(readFileSync(out, 'utf8'));
    assert.equal(grant.client_secret, web.clientSecret);
    secrets.set('handed-over refresh token', grant.refresh_token);
    await run(2, handOver('leaving', out));
    await run(3, ['token', 'leaving']);
    await run(0, ['events', 'leaving', '--json']);

    const setUp = async (name: string, ...flags: readonly string[]) => {
      const folder = join(given, name);
      await run(0, ['setup', name, '--email', 'a@acme.example', '--username', user.username, '--out', folder, '--yes', ...flags]);
      return (path: string) => readFileSync(join(folder, path), 'utf8');
    };
    const signed = await setUp('signed', '--grant', 'jwt-bearer', '--login-url', login.origin, '--json');
    secrets.set('generated private key', signed('signed.key'));
    const secretive = await setUp('secretive', '--grant', 'client-credentials', '--login-url', myDomain.origin);
    const settings = 'force-app/main/default/extlClntAppGlobalOauthSets/Forcemint_secretiveGlblOAuth.ecaGlblOauth-meta.xml';
    const [, generated = ''] = /<consumerSecret>(\w+)</.exec(secretive(settings)) ?? [];
    assert.equal(generated.length, 64);
    secrets.set('generated client secret', generated);
    await run(4, ['setup', 'secretive', '--prove', '--wait', '1s']);
    const rotated = await run(0, ['setup', 'signed', '--rotate-certificate', '--out', join(given, 'signed'), '--json']);
    const [newKeyFile] = JSON.parse(rotated.stdout).files;
    secrets.set('staged private key', readFileSync(join(given, 'signed', newKeyFile.path), 'utf8'));
    const staged = secretFile('staged client secret', 'SYNTHETICCANARY0123456789ABCDEF'.repeat(2));
    await run(0, ['setup', 'secretive', '--rotate-secret', '--client-secret-file', staged]);
    await run(2, ['setup', 'secretive', '--rotate-secret', '--client-secret-file', staged]);
    await run(0, ['export', 'app', '--format', 'postman', '--out', join(machine, 'user', 'postman')]);
    const row = (name: string) => `${name},client-credentials,https://acme.my.salesforce.com,3MVG9synthetic,${LISTED}\n`;
    const list = secretFile('list', `name,grant,login_url,client_id,client_secret\n${row('listed')}${row('Not Listed')}`);
    await run(2, ['import', list, '--rejects', join(machine, 'user', 'refused.csv')]);
    await run(2, ['import', list, '--json']);
    await run(0, ['why', '--json'], { stdin: `unsupported_token_type: invalid token: ${raw.stdout.trim()}` });
    await run(1, ['why'], { stdin: `what is ${LISTED}` });
    await run(0, ['doctor', 'app', '--json']);
    await run(0, ['doctor', 'jwt']);
    await run(0, ['doctor', 'adopted']);
    await run(4, ['doctor', 'secretive']);
    await run(4, ['doctor']);
    remains.push(...filesBelow(machine, (path) => basename(path) === 'master.key'));
    const newKey = secretFile('new master key', randomBytes(32).toString('base64'));
    const copy = `sqlite:${join(machine, 'copy.db')}`;
    await run(0, ['store', 'backup', '--out', join(machine, 'backup.db')]);
    await run(2, ['store', 'copy', copy, `postgres://forcemint:${ARGUMENT_SECRET}@localhost/forcemint`]);
    await run(5, ['store', 'rotate-key', '--new-master-key-file', newKey, '--json']);
    await run(0, ['store', 'copy', `sqlite:${join(home, 'forcemint.db')}`, copy]);
    await run(0, ['store', 'copy', copy, `sqlite:${join(home, 'forcemint.db')}`]);
    await run(0, ['store', 'status', '--json']);
    await run(0, ['store', 'verify']);
    await run(0, ['store', 'adopt', '--restored', '--json']);
    remains.push(...filesBelow(machine, (path) => basename(path) === 'master.key'));
    await run(0, ['revoke', 'web', '--yes']);
    await run(0, ['remove', 'app', '--yes']);

    remains.push(...filesBelow(machine, (path) => basename(path) === 'master.key'));
    const onArgv = (name: string) => name === 'secret on argv';
    remains.push(...commandLine.sampled.map((sample) => ({ ...sample, allowed: onArgv })));
    secrets.set('master key', readFileSync(join(home, 'master.key'), 'utf8').trim());
    for (const relay of [login, myDomain]) for (const [name, secret] of wireSecrets(relay.traffic())) secrets.set(name, secret);
    assert.ok(commandLine.sampled.length > 2 * ran.length, 'every command was looked at while it ran');
    t.diagnostic(`${ran.length} commands, ${secrets.size} secrets, ${remains.length} places`);
    assert.deepEqual(findCanaries(secrets, remains), []);

    // What must be there is found: the scan looks at the right bytes.
    const strict = remains.map(({ place, bytes }) => ({ place, bytes }));
    const known = findCanaries(secrets, strict);
    for (const place of ['stdout of forcemint token app: access token', 'stdout of forcemint login web --json: state']) {
      assert.ok(
        known.some((line) => line.startsWith(place)),
        `${place} should be seen`,
      );
    }
  });
}

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { World } from './support/command-line.ts';
import { placeForAnOrg } from './support/place-for-an-org.ts';

const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

describe('setup', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  const USER = 'integration@emulator.example';
  const common = ['--username', USER, '--email', 'admins@acme.example', '--yes'];

  for (const app of ['external-client-app', 'connected-app']) {
    test(`JWT bearer, ${app}: from nothing to a token with three commands`, async () => {
      const { loginUrl, env, deploy } = await placeForAnOrg();
      const name = `jwt-${app}`;
      const folder = join(world.folder, name);
      const flags = [
        '--grant',
        'jwt-bearer',
        '--login-url',
        loginUrl,
        '--app',
        app,
        '--label',
        'Sync <&> Co',
        '--out',
        folder,
        ...common,
      ];
      const text = await world.ok(['setup', name, ...flags], { env });
      assert.match(text, new RegExp(`cd ${folder} && sf project deploy start --manifest manifest/package\\.xml`));
      assert.match(text, /sf org assign permset --name Forcemint_jwt_/);
      assert.equal((await stat(join(folder, `${name}.key`))).mode & 0o777, 0o600);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
      const certificate = new X509Certificate(await readFile(join(folder, `${name}.crt`)));
      assert.ok(certificate.validToDate.getTime() > Date.now() + 364 * 86_400_000);

      const early = await world.run(['setup', name, '--prove', '--wait', '1s'], { env });
      assert.equal(early.code, 5, 'nothing is there yet');
      assert.match(early.stderr, new RegExp(`Then try again: forcemint setup ${name} --prove`));

      await using emulator = await deploy(folder);
      assert.equal(emulator.ready.apps[Object.keys(emulator.ready.apps)[0] ?? '']?.clientId.length, 64);
      assert.match(await world.ok(['setup', name, '--prove'], { env }), new RegExp(`✔ ${name} works`));
      assert.match(await world.ok(['token', name], { env }), /^00D/);
    });
  }

  test('client credentials: the secret is in the file that the .gitignore names, and nowhere else', async () => {
    const { myDomainUrl, env, deploy } = await placeForAnOrg();
    const folder = join(world.folder, 'client');
    const flags = ['--grant', 'client-credentials', '--login-url', myDomainUrl, '--out', folder, ...common];
    const told = await world.json(['setup', 'client', ...flags], { env });
    const files = told['files'] as readonly { path: string; secret: boolean }[];
    const secret = files.filter((file) => file.secret).map(({ path }) => path);
    assert.equal(secret.length, 1);
    assert.equal((await stat(join(folder, secret[0] ?? ''))).mode & 0o777, 0o600);
    assert.ok((await readFile(join(folder, '.gitignore'), 'utf8')).split('\n').includes(`/${secret[0]}`));
    const [, value = ''] = /<consumerSecret>(\w+)</.exec(await readFile(join(folder, secret[0] ?? ''), 'utf8')) ?? [];
    assert.equal(value.length, 64);
    for (const { path } of files.filter((file) => !file.secret))
      assert.doesNotMatch(await readFile(join(folder, path), 'utf8'), new RegExp(value));
    assert.doesNotMatch(JSON.stringify(told), new RegExp(value));
    await using _emulator = await deploy(folder);
    const proved = await world.json(['setup', 'client', '--prove'], { env });
    assert.match(JSON.stringify(proved['proved']), /"fingerprint":"[0-9a-f]{16}"/);
  });

  test('authorization code: the login that is left works', async () => {
    const { loginUrl, env, deploy } = await placeForAnOrg();
    const folder = join(world.folder, 'person');
    const flags = [
      '--grant',
      'authorization-code',
      '--login-url',
      loginUrl,
      '--email',
      'a@acme.example',
      '--out',
      folder,
      '--yes',
    ];
    assert.match(await world.ok(['setup', 'person', ...flags], { env }), /Log in: forcemint login person/);
    await using emulator = await deploy(folder);
    const login = world.start(['login', 'person', '--no-browser', '--json'], { env });
    const { authorize_url: url } = JSON.parse((await login.seen('stdout', /\n/)).split('\n', 1)[0] ?? '');
    const { username = '', password = '' } = emulator.ready.users[0] ?? {};
    await fetch(await signIn(url, { username, password }));
    const { code, stderr } = await login.finished;
    assert.equal(code, 0, stderr);
    assert.match(await world.ok(['token', 'person'], { env }), /^00D/);
    await world.ok(['renew', 'person'], { env });
    assert.equal((await world.json(['show', 'person'], { env }))['rotation_seen'], 'yes');
  });

  test('the steps are in their order: what has to be seen before deploying stands before it', async () => {
    const flags = ['--grant', 'client-credentials', '--login-url', 'https://acme.my.salesforce.com', ...common];
    const text = await world.ok(['setup', 'ordered', ...flags, '--out', join(world.folder, 'ordered')]);
    assert.match(text, /^ 1\. Before deploying, see that integration@.*\n {4}Setup → Users .*\n 2\. Deploy the app:\n {4}cd /m);
    assert.match(text, /^ [3-9]\. See it work: forcemint setup ordered --prove$/m);
  });

  test('nothing is overwritten, and a private key never', async () => {
    const { loginUrl, env } = await placeForAnOrg();
    const folder = join(world.folder, 'taken');
    const flags = ['--grant', 'jwt-bearer', '--login-url', loginUrl, '--out', folder, ...common];
    await mkdir(folder);
    await writeFile(join(folder, 'mine.txt'), 'precious');
    const full = await world.run(['setup', 'taken', ...flags], { env });
    assert.deepEqual([full.code, /is not empty/.test(full.stderr)], [2, true]);
    assert.equal((await world.run(['show', 'taken'], { env })).code, 6, 'no connection is left behind');
    await world.ok(['setup', 'taken', ...flags, '--force'], { env });
    assert.equal(await readFile(join(folder, 'mine.txt'), 'utf8'), 'precious');
    const key = await readFile(join(folder, 'taken.key'), 'utf8');
    const again = await world.run(['setup', 'taken', ...flags, '--force'], { env });
    assert.match(again.stderr, /There is a connection taken already/);
    await world.ok(['remove', 'taken', '--yes', '--keep-grant'], { env });
    const over = await world.run(['setup', 'taken', ...flags, '--force'], { env });
    assert.match(over.stderr, /taken\.key is there already, and a private key is never written over/);
    assert.equal(await readFile(join(folder, 'taken.key'), 'utf8'), key);
  });

  test('a folder that cannot be written to leaves no connection', {
    skip: NOBODY === undefined && 'needs root, to be somebody else',
  }, async () => {
    const { loginUrl } = await placeForAnOrg();
    const home = join(world.folder, 'home-of-nobody');
    const locked = join(world.folder, 'locked');
    await mkdir(home, { mode: 0o700 });
    await mkdir(locked, { mode: 0o755 });
    const { chown } = await import('node:fs/promises');
    await chown(home, NOBODY ?? 0, NOBODY ?? 0);
    await chmod(world.folder, 0o755);
    const env = { FORCEMINT_HOME: home, FORCEMINT_EXTRA_HOSTS: loginUrl };
    const flags = ['--grant', 'jwt-bearer', '--login-url', loginUrl, '--out', join(locked, 'out'), ...common];
    const refused = await world.run(['setup', 'locked', ...flags], { env, ...(NOBODY !== undefined && { uid: NOBODY }) });
    assert.notEqual(refused.code, 0);
    assert.equal((await world.run(['show', 'locked'], { env, ...(NOBODY !== undefined && { uid: NOBODY }) })).code, 6);
  });

  test('a proxy’s page, and an address that leads elsewhere, in the place of the org: the proof says so', async (t) => {
    let answer: readonly [status: number, headers: Record<string, string>, body: string] = [
      200,
      { 'content-type': 'text/html' },
      '<html><body>Sign in to the proxy</body></html>',
    ];
    const server = createServer((_request, response) => response.writeHead(answer[0], answer[1]).end(answer[2]));
    server.listen(0, '127.0.0.1');
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { FORCEMINT_EXTRA_HOSTS: origin };
    const folder = join(world.folder, 'elsewhere');
    await world.ok(['setup', 'elsewhere', '--grant', 'jwt-bearer', '--login-url', origin, '--out', folder, ...common], { env });
    const proved = () => world.run(['setup', 'elsewhere', '--prove', '--wait', '1s'], { env });
    const page = await proved();
    assert.equal(page.code, 5, page.stderr);
    assert.match(page.stderr, /answered with an HTML page/);
    assert.doesNotMatch(page.stderr, /Sign in to the proxy/);
    answer = [302, { location: 'https://new.my.salesforce.com/' }, ''];
    const moved = await proved();
    assert.equal(moved.code, 4, moved.stderr);
    assert.match(moved.stderr, /redirect/i);
  });

  test('half answers and answers that Salesforce would refuse', async () => {
    const jwt = ['--grant', 'jwt-bearer', '--out', join(world.folder, 'never'), ...common];
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['--yes'], /--grant is missing/],
      [['--grant', 'jwt', '--yes'], /--grant "jwt" is none of: jwt-bearer, client-credentials, authorization-code/],
      [['--grant', 'jwt-bearer', '--yes'], /--username is missing/],
      [['--grant', 'client-credentials', ...common], /--login-url is missing/],
      [[...jwt, '--days', '36500'], /--days is 36500: a certificate that long is never renewed in time/],
      [[...jwt, '--days', 'x'], /--days needs a whole number/],
      [[...jwt, '--email', 'nobody'], /--email is "nobody"/],
      [[...jwt, '--org-kind', 'prod'], /--org-kind "prod" is none of/],
      [[...jwt, '--login-url', 'https://acme.lightning.force.com'], /Lightning/i],
      [[...jwt, '--login-url', 'https://evil.example'], /evil\.example/],
      [[...jwt, '--target-org', 'a; rm -rf /'], /--target-org is no alias/],
      [[...jwt, '--username', 'nobody'], /--username "nobody" is no Salesforce username/],
      [[...jwt, '--wait', '5'], /--wait needs a duration/],
    ];
    for (const [flags, message] of refusals) {
      const { code, stdout, stderr } = await world.run(['setup', 'never', ...flags]);
      assert.deepEqual([code, stdout], [2, ''], flags.join(' '));
      assert.match(stderr, message);
    }
    assert.equal((await world.run(['show', 'never'])).code, 6);
    assert.equal((await world.run(['setup', 'never', '--prove'])).code, 6, 'there is nothing to prove');
    await assert.rejects(stat(join(world.folder, 'never')), { code: 'ENOENT' });
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { jwtAudience } from '@forcemint/core';
import { type Emulator, signIn } from '@forcemint/emulator';
import { World } from './support/command-line.ts';
import { placeForAnOrg } from './support/place-for-an-org.ts';

const USER = 'integration@emulator.example';
const EMAIL = ['--email', 'admins@acme.example', '--yes'];
const PROGRAM = ['--username', USER, ...EMAIL];

interface Step {
  readonly id: string;
  readonly text: string;
  readonly setup: string | null;
  readonly link: string | null;
  readonly command: string | null;
}

describe('setup, where users log in', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  const setUp = async (name: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const folder = join(world.folder, `out of ${name}`);
    const told = await world.json(['setup', name, '--out', folder, ...flags], { env });
    const steps = told['steps'] as readonly Step[];
    return { folder, told, steps, ids: steps.map(({ id }) => id) };
  };

  /** The words of a command that starts with `forcemint`, as a shell reads them. */
  const wordsOf = (command: string): readonly string[] =>
    execFileSync('sh', ['-c', `forcemint() { printf '%s\\n' "$@"; }; ${command}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');

  async function logIn(name: string, emulator: Emulator, env: Readonly<Record<string, string>>): Promise<void> {
    const login = world.start(['login', name, '--no-browser', '--json'], { env });
    const { authorize_url: url } = JSON.parse((await login.seen('stdout', /\n/)).split('\n', 1)[0] ?? '');
    const { username = '', password = '' } = emulator.ready.users[0] ?? {};
    await fetch(await signIn(url, { username, password }));
    const { code, stderr } = await login.finished;
    assert.equal(code, 0, stderr);
  }

  test('the command that moves a connection to the My Domain brings key and certificate along', async () => {
    const { myDomainUrl, env, deploy } = await placeForAnOrg();
    const flags = ['--grant', 'jwt-bearer', '--org-kind', 'sandbox', ...PROGRAM];
    const { folder, steps, ids } = await setUp('moved', flags, env);
    assert.deepEqual(ids, ['find-login-url', 'move-connection', 'wait']);
    const [find, move] = steps;
    assert.match(find?.text ?? '', / https:\/\/MyDomainName--SandboxName\.sandbox\.my\.salesforce\.com$/);
    assert.deepEqual([move?.setup, move?.link], [null, null]);
    assert.equal(
      move?.command,
      `forcemint update moved --login-url https://MyDomainName--SandboxName.sandbox.my.salesforce.com --private-key-file '${folder}/moved.key' --certificate-file '${folder}/moved.crt'`,
    );
    assert.equal((await world.json(['show', 'moved'], { env }))['login_url'], 'https://test.salesforce.com');

    await using _emulator = await deploy(folder);
    const words = wordsOf(move?.command ?? '').map((word) => (word.startsWith('https://MyDomainName') ? myDomainUrl : word));
    assert.doesNotMatch(await world.ok(words, { env }), /are gone/);
    await world.ok(['setup', 'moved', '--prove'], { env });
    assert.match(await world.ok(['token', 'moved'], { env }), /^00D/);
    assert.equal((await world.json(['show', 'moved'], { env }))['login_url'], myDomainUrl);
  });

  test('the command that moves a connection of a person brings the consumer secret along, in a file of its own', async () => {
    const { myDomainUrl, env, deploy } = await placeForAnOrg();
    const { folder, told, steps, ids } = await setUp('wanderer', ['--grant', 'authorization-code', ...EMAIL], env);
    assert.deepEqual(ids, ['find-login-url', 'move-connection', 'wait']);
    const secretFile = join(folder, 'wanderer.secret');
    assert.equal((await stat(secretFile)).mode & 0o777, 0o600);
    assert.ok((await readFile(join(folder, '.gitignore'), 'utf8')).split('\n').includes('*.secret'));
    assert.deepEqual(
      (told['files'] as { path: string; secret: boolean }[]).filter(({ path }) => path === 'wanderer.secret'),
      [{ path: 'wanderer.secret', secret: true }],
    );
    assert.ok(!JSON.stringify(told).includes((await readFile(secretFile, 'utf8')).trim()));

    await using emulator = await deploy(folder);
    const words = wordsOf(steps[1]?.command ?? '').map((word) => (word.startsWith('https://MyDomainName') ? myDomainUrl : word));
    assert.deepEqual(words.slice(-2), ['--client-secret-file', secretFile]);
    await world.ok(words, { env });
    await logIn('wanderer', emulator, env);
    assert.match(await world.ok(['token', 'wanderer'], { env }), /^00D/);
  });

  test('nothing moves, and no secret lies beside, where the login URL is given or a login host serves', async () => {
    const login = ['--grant', 'authorization-code', ...EMAIL];
    for (const [name, flags] of [
      ['placed', ['--login-url', 'https://acme.my.salesforce.com']],
      ['connected', ['--app', 'connected-app']],
    ] as const) {
      const { ids, folder } = await setUp(name, [...login, ...flags]);
      assert.ok(!ids.includes('move-connection'), name);
      await assert.rejects(stat(join(folder, `${name}.secret`)), { code: 'ENOENT' });
    }
    const given = await setUp('given', [...login, '--login-url', 'https://login.salesforce.com']);
    assert.ok(given.ids.includes('move-connection'), 'a login host is none of the org’s own');
  });

  test('on a terminal commands stand alone, so that they can be pasted', async () => {
    const text = await world.ok(['setup', 'pasted', '--grant', 'jwt-bearer', '--out', join(world.folder, 'pasted'), ...PROGRAM]);
    assert.match(
      text,
      /^ 2\. Look up the My Domain .*\n {4}Setup → My Domain\n 3\. Move the connection .*:\n {4}forcemint update pasted --login-url \S+ --private-key-file \S+pasted\.key --certificate-file \S+pasted\.crt\n 4\. /m,
    );
  });

  for (const grant of ['jwt-bearer', 'client-credentials', 'authorization-code']) {
    test(`a site, ${grant}: a token at the URL of the site, and no step that leads elsewhere`, async () => {
      const { myDomainUrl: siteUrl, env, deploy } = await placeForAnOrg();
      const name = `site-${grant}`;
      const who = grant === 'authorization-code' ? EMAIL : PROGRAM;
      const flags = ['--grant', grant, '--org-kind', 'site', '--login-url', siteUrl, ...who];
      const { folder, steps, ids } = await setUp(name, flags, env);
      assert.ok(ids.includes('join-site') && !ids.includes('find-login-url'));
      assert.ok(steps.every(({ link }) => link === null));
      await using emulator = await deploy(folder);
      if (grant === 'authorization-code') await logIn(name, emulator, env);
      else await world.ok(['setup', name, '--prove'], { env });
      assert.match(await world.ok(['token', name], { env }), /^00D/);
    });
  }

  test('the connection to a site has its whole URL, which is the audience of its assertions', async () => {
    const siteUrl = 'https://acme.my.site.com/partners';
    const { steps } = await setUp('partners', [
      '--grant',
      'jwt-bearer',
      '--org-kind',
      'site',
      '--login-url',
      `${siteUrl}/`,
      ...PROGRAM,
    ]);
    assert.ok(steps.every(({ link }) => link === null));
    await using forcemint = await world.open();
    const { loginUrl, audience } = (await forcemint.status('partners')).connection.settings;
    assert.deepEqual([loginUrl, audience], [siteUrl, undefined]);
    assert.equal(jwtAudience(loginUrl, { extraOrigins: [], sovereign: false }), siteUrl);
    const text = await world.ok([
      ...['setup', 'partners-text', '--grant', 'jwt-bearer', '--org-kind', 'site', '--login-url', siteUrl],
      ...['--out', join(world.folder, 'partners-text'), ...PROGRAM],
    ]);
    assert.match(text, /Deploy the app to the org that has the site:/);
    assert.doesNotMatch(text, /lightning\/setup/);
  });

  test('a site without its URL, and URLs of another kind of org', async () => {
    const jwt = ['--grant', 'jwt-bearer', '--out', join(world.folder, 'never'), ...PROGRAM];
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['--org-kind', 'site'], /--login-url is missing.*--login-url https:\/\/ACME\.my\.site\.com\/SITE/s],
      [['--org-kind', 'site', '--login-url', 'https://acme.my.salesforce.com'], /is not the URL of an Experience Cloud site/],
      [['--org-kind', 'site', '--login-url', 'https://login.salesforce.com'], /is not the URL of an Experience Cloud site/],
      [['--org-kind', 'site', '--login-url', 'https://acme.my.site.com.evil.example'], /evil\.example/],
      [['--login-url', 'https://acme.my.site.com'], /--org-kind site --login-url https:\/\/acme\.my\.site\.com\n/],
      [
        ['--org-kind', 'sandbox', '--login-url', 'acme.my.site.com/x'],
        /--org-kind site --login-url https:\/\/acme\.my\.site\.com\/x/,
      ],
    ];
    for (const [flags, message] of refusals) {
      const { code, stdout, stderr } = await world.run(['setup', 'never', ...jwt, ...flags]);
      assert.deepEqual([code, stdout], [2, ''], flags.join(' '));
      assert.match(stderr, message);
    }
    assert.equal((await world.run(['show', 'never'])).code, 6);
    await assert.rejects(stat(join(world.folder, 'never')), { code: 'ENOENT' });
  });
});

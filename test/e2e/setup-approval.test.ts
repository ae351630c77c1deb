import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { World } from './support/command-line.ts';
import { placeForAnOrg } from './support/place-for-an-org.ts';

const USER = 'integration@emulator.example';
const JWT = ['--grant', 'jwt-bearer', '--username', USER, '--email', 'admins@acme.example', '--yes'];

describe('setup, where users authorize themselves', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  for (const app of ['external-client-app', 'connected-app']) {
    test(`${app}: refused until the user has allowed it in the browser, and then never asked again`, async () => {
      const { loginUrl, env, deploy } = await placeForAnOrg();
      const name = `self-${app}`;
      const folder = join(world.folder, name);
      const flags = [...JWT, '--self-authorize', '--app', app, '--login-url', loginUrl, '--out', folder];
      const told = await world.json(['setup', name, ...flags], { env });
      const url = String(told['pre_approval_url']);
      assert.ok(url.startsWith(`${loginUrl}/services/oauth2/authorize?`), url);
      const steps = told['steps'] as readonly { id: string; text: string }[];
      assert.ok(
        steps.find(({ id }) => id === 'pre-approve')?.text.endsWith(`As ${USER}, open this once and choose Allow: ${url}`),
      );
      assert.doesNotMatch(String(told['deploy']), /permset/);
      await assert.rejects(access(join(folder, 'force-app/main/default/permissionsets')), { code: 'ENOENT' });

      await using emulator = await deploy(folder);
      const refused = await world.run(['setup', name, '--prove', '--wait', '1s', '--json'], { env });
      assert.equal(refused.code, 4);
      const { id, fix } = JSON.parse(refused.stderr.trimEnd().split('\n').at(-1) ?? '').error;
      assert.equal(id, 'J1');
      assert.equal(fix[0], `If users of the app authorize themselves: as ${USER}, open this once and choose Allow: ${url}`);

      const password = emulator.ready.users.find(({ username }) => username === USER)?.password ?? '';
      assert.match(
        await signIn(url, { username: USER, password }),
        /^https:\/\/login\.salesforce\.com\/services\/oauth2\/success\?/,
      );
      const proved = await world.json(['setup', name, '--prove'], { env });
      assert.notEqual(proved['proved'], null);
      assert.equal(proved['pre_approval_url'], null, 'nothing is left to be approved');
    });
  }

  test('while it waits, the address is shown', async () => {
    const { loginUrl, env, deploy } = await placeForAnOrg();
    const folder = join(world.folder, 'waiting');
    const flags = [...JWT, '--self-authorize', '--login-url', loginUrl, '--out', folder];
    const { pre_approval_url: url } = await world.json(['setup', 'waiting', ...flags], { env });
    await using _emulator = await deploy(folder);
    const running = world.start(['setup', 'waiting', '--prove', '--wait', '10m'], { env });
    const shown = await running.seen('stderr', /authorize\?\S+\n/);
    assert.match(
      shown,
      /not yet: invalid_grant: .* \(forcemint why J1\)\n.*log in as integration@emulator\.example, and choose Allow/,
    );
    assert.ok(shown.includes(`\n  ${url}\n`));
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 130);
  });

  test('the address is told once it is known, and only where an approval is needed', async () => {
    const told = async (name: string, ...flags: string[]) => {
      const document = await world.json(['setup', name, '--out', join(world.folder, name), ...flags]);
      const approval = (document['steps'] as { id: string; text: string }[]).find(({ id }) => id === 'pre-approve')?.text;
      return { url: document['pre_approval_url'], approval };
    };
    const unknown = await told('unknown-domain', ...JWT, '--self-authorize');
    assert.equal(unknown.url, null);
    assert.match(unknown.approval ?? '', / https:\/\/mydomainname\.my\.salesforce\.com\/services\/oauth2\/authorize\?/);
    const shared = await told('shared-login', ...JWT, '--self-authorize', '--app', 'connected-app', '--org-kind', 'scratch');
    assert.match(String(shared.url), /^https:\/\/test\.salesforce\.com\/services\/oauth2\/authorize\?/);
    const site = 'https://acme.my.site.com/partners';
    const member = await told('member', ...JWT, '--self-authorize', '--org-kind', 'site', '--login-url', site);
    assert.ok(String(member.url).startsWith(`${site}/services/oauth2/authorize?`));
    const admin = await told('admin-approved', ...JWT, '--login-url', 'https://acme.my.salesforce.com');
    assert.deepEqual(admin, { url: null, approval: undefined });
  });

  test('a person who logs in always approves the app; client credentials never', async () => {
    const login = ['--grant', 'authorization-code', '--email', 'admins@acme.example', '--yes'];
    const [plain, said] = await Promise.all(
      [[], ['--self-authorize']].map(async (more, index) => {
        const name = `person-${index}`;
        const document = await world.json(['setup', name, ...login, ...more, '--out', join(world.folder, name)]);
        assert.doesNotMatch(String(document['deploy']), /permset/);
        return { url: document['pre_approval_url'], steps: (document['steps'] as { id: string }[]).map(({ id }) => id) };
      }),
    );
    assert.deepEqual(said, plain);
    assert.equal(said?.url, null);
    const flags = ['--grant', 'client-credentials', '--username', USER, '--email', 'a@acme.example', '--yes', '--self-authorize'];
    const out = join(world.folder, 'never');
    const { code, stdout, stderr } = await world.run([
      'setup',
      'never',
      ...flags,
      '--login-url',
      world.emulator.myDomainUrl,
      '--out',
      out,
    ]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /--self-authorize does not go with client credentials\.\nwhy: +An administrator chooses the one user/);
    await assert.rejects(access(out), { code: 'ENOENT' });
  });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type ListedOrg, StandInSf, showUrl } from '../support/stand-in-sf.ts';
import { until } from '../support/until.ts';
import { type Finished, World } from './support/command-line.ts';

const ADA = 'ada@acme.example';
const BOB = 'bob@acme.example';
const CLEO = 'cleo@acme.example';
const ALL = ['import', '--salesforce-cli'];

describe('what the Salesforce CLI is logged in to', () => {
  let world: World;
  let homes = 0;
  before(async () => {
    world = await World.make({ tls: true });
    world.emulator.configureApp('PlatformCLI', { isRefreshTokenRotationEnabled: true });
  });
  after(() => world[Symbol.asyncDispose]());

  /** A stand-in for the CLI, and a home of its own. Whatever is written, no refresh token is in it. */
  function scene(t: TestContext) {
    const sf = new StandInSf(t);
    homes += 1;
    const env = { PATH: sf.path, FORCEMINT_HOME: join(world.folder, `home-${homes}`) };
    const tokens: string[] = [];
    const checked = (finished: Finished): Finished => {
      for (const token of tokens)
        assert.ok(!`${finished.stdout}${finished.stderr}`.includes(token.slice(-20)), 'a token was shown');
      return finished;
    };
    return {
      sf,
      env,
      /** A login with the browser, as the CLI has it. */
      login(...usernames: readonly string[]): void {
        const [token = ''] = world.emulator.grant({ app: 'PlatformCLI', user: 'admin@emulator.example' });
        tokens.push(token);
        for (const username of usernames)
          sf.shows(username, { sfdxAuthUrl: `force://PlatformCLI::${token}@${new URL(world.emulator.myDomainUrl).host}` });
      },
      lists: (...orgs: readonly ListedOrg[]) =>
        sf.lists(...orgs.map((org) => ({ instanceUrl: 'https://acme.my.salesforce.com', ...org }))),
      run: async (args: readonly string[], more: Record<string, string> = {}) =>
        checked(await world.run(args, { env: { ...env, FORCEMINT_DEBUG: '1', ...more } })),
      start: (args: readonly string[]) => world.start(args, { env }),
      givenTokens: () => tokens.filter((token) => sf.calls.join().includes(token)),
    };
  }

  test('without --take-over they are listed, and nothing is asked for or made', async (t) => {
    const { sf, env, lists, login, run } = scene(t);
    lists({ username: ADA, alias: 'acme' }, { username: BOB }, { username: CLEO, oauthMethod: 'token' });
    login(ADA);
    const { code, stdout, stderr } = await run(ALL);
    assert.equal(code, 2);
    assert.deepEqual(stdout.split('\n'), [
      '○  acme               ada@acme.example   Its refresh token is in use by the Salesforce CLI: that needs --take-over.',
      '○  bob-acme.example   bob@acme.example   Its refresh token is in use by the Salesforce CLI: that needs --take-over.',
      '✖  cleo-acme.example  cleo@acme.example  It was logged in to with an access token alone: there is no refresh token.',
      'nothing made: 2 can be taken over, 1 not',
      '',
    ]);
    assert.match(stderr, /^why: {3}Both would renew the same grants\..*\n/);
    assert.match(stderr, /^do: {4}forcemint import --salesforce-cli --take-over$/m);
    const two = await run([...ALL, 'acme', BOB]);
    assert.match(two.stderr, /^do: {4}forcemint import --salesforce-cli acme bob@acme\.example --take-over$/m);
    const { refused, orgs } = JSON.parse((await run([...ALL, 'acme', '--json'])).stdout);
    assert.deepEqual([refused[0].code, orgs[0].outcome, orgs[0].name], ['take_over_needed', 'refused', 'acme']);
    assert.ok(!sf.calls.includes(showUrl(ADA)), 'no secret is asked for');
    assert.equal(existsSync(env.FORCEMINT_HOME), false, 'no store is made');
  });

  test('with --take-over each becomes a connection that works, and one that is refused stops no other', async (t) => {
    const { sf, env, lists, login, run, givenTokens } = scene(t);
    const jwt = {
      username: CLEO,
      clientId: '3MVG9synthetic',
      loginUrl: 'https://acme.my.salesforce.com/',
      privateKey: '/my keys/acme.key',
    };
    sf.says('org list --skip-connection-status --json', JSON.stringify({ status: 0, result: { other: [jwt] } }));
    lists({ username: ADA, alias: 'Acme Prod' }, { username: BOB }, { username: CLEO, alias: 'nightly', oauthMethod: 'jwt' });
    for (const username of [ADA, BOB]) login(username);
    const { code, stdout, stderr } = await run([...ALL, '--take-over']);
    assert.equal(code, 2);
    const at = world.emulator.myDomainUrl;
    assert.deepEqual(stdout.split('\n'), [
      `✔  acme-prod  ada@acme.example   made, at ${at}`,
      '✖  nightly    cleo@acme.example  It was logged in to with JWT: there is no refresh token, and none is needed.',
      `✔  acme       bob@acme.example   made, at ${at}`,
      '2 connections made, 1 refused; none was tried',
      '',
    ]);
    const connect = `forcemint connect nightly --grant jwt-bearer --client-id 3MVG9synthetic --username ${CLEO} --login-url https://acme.my.salesforce.com --private-key-file '/my keys/acme.key'`;
    const [warning = '', advice, ...rest] = stderr.split('\n');
    assert.match(
      warning,
      /^warning: the grants are shared with the Salesforce CLI from now on; .*sf org logout.*asks Salesforce nothing/,
    );
    assert.deepEqual([advice, rest], [`do:    ${connect}`, ['']]);
    const shown = await world.json(['show', 'acme-prod'], { env });
    assert.deepEqual(
      [shown['grant'], shown['client_id'], shown['shared_with'], shown['login_url']],
      ['refresh-token', 'PlatformCLI', 'Salesforce CLI', at],
    );
    for (const name of ['acme-prod', 'acme']) assert.match(await world.ok(['token', name], { env }), /^00D/);
    assert.deepEqual(givenTokens(), [], 'no token is on argv');

    await world.ok(['update', 'acme', '--api-version', '60.0'], { env });
    lists({ username: ADA, alias: 'renamed,Acme Prod' }, { username: BOB });
    const again = await run([...ALL, '--take-over', '--json']);
    assert.deepEqual([again.code, again.stderr], [0, '']);
    const { orgs, ...counts } = JSON.parse(again.stdout);
    assert.deepEqual(counts, { made: 0, were_there: 2, refused: [] });
    assert.deepEqual(orgs, [
      { username: ADA, aliases: ['renamed', 'Acme Prod'], name: 'acme-prod', login_url: at, outcome: 'was-there' },
      { username: BOB, aliases: [], name: 'acme', login_url: at, outcome: 'was-there' },
    ]);
    assert.equal((await world.json(['show', 'acme'], { env }))['api_version'], '60.0', 'it is left as it is');
    assert.match((await run([...ALL, '--take-over'])).stdout, /^0 connections made, 2 had been made before; none was tried$/m);
  });

  test('a name that another grant has, a grant that another connection has, an org that nobody knows: refused', async (t) => {
    const { env, lists, login, run } = scene(t);
    lists({ username: ADA, alias: 'acme' }, { username: BOB, alias: 'bob' });
    login(ADA);
    await run([...ALL, 'acme', '--take-over']);
    login(ADA);
    lists({ username: ADA, alias: 'acme' }, { username: BOB, alias: 'bob' }, { username: CLEO, alias: 'copy' });
    login(BOB, CLEO);
    const { code, stdout } = await run([...ALL, 'acme', 'bob', 'copy', 'nobody', '--take-over', '--json']);
    assert.equal(code, 2);
    const told = JSON.parse(stdout);
    assert.deepEqual(
      told.refused.map(({ username, code, reason }: Record<string, string>) => [username, code, reason]),
      [
        [ADA, 'connection_exists', 'There is a connection acme already, on another grant.'],
        [CLEO, 'grant_is_shared', 'This refresh token belongs to the connection bob already. Nothing was sent.'],
        ['nobody', 'org_not_known', 'The Salesforce CLI has no org with the alias or username nobody.'],
      ],
    );
    assert.equal(told.made, 1);
    assert.deepEqual((await world.json(['show', 'bob'], { env }))['state'], 'new');
  });

  test('a host that secrets do not go to is refused', async (t) => {
    const { sf, lists, run } = scene(t);
    lists({ username: ADA, alias: 'acme' });
    sf.shows(ADA, { sfdxAuthUrl: 'force://PlatformCLI::5AepCANARY@evil.example' });
    const { code, stdout, stderr } = await run([...ALL, '--take-over', '--json']);
    assert.deepEqual([code, JSON.parse(stdout).refused[0].code], [2, 'host_not_allowed']);
    assert.doesNotMatch(stdout + stderr, /CANARY/);
  });

  test('both ways at once, neither, and flags of the other way are refused; both ways are named', async (t) => {
    const { sf, run } = scene(t);
    for (const args of [['import'], ['import', 'settings.json', ...ALL.slice(1)]]) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /forcemint import FILE, or - for stdin[\s\S]*forcemint import --salesforce-cli \[ORG…\]/);
    }
    for (const flag of ['--name', '--login-url', '--rejects']) {
      const { code, stderr } = await run([...ALL, '--take-over', flag, 'synthetic']);
      assert.deepEqual([code, stderr.includes(`${flag} does not go with --salesforce-cli`)], [2, true]);
    }
    assert.deepEqual(sf.calls, []);
  });

  test('a CLI that is not there, or says nothing that can be read: an error, and nothing is made', async (t) => {
    const { sf, env, run, lists } = scene(t);
    const absent = await run([...ALL, '--take-over', '--json'], { PATH: '/nowhere' });
    assert.deepEqual([absent.code, absent.stdout], [2, '']);
    assert.match(JSON.parse(absent.stderr.split('\n')[0] ?? '').error.message, /there is no program sf on the PATH/);
    sf.says('org list auth --json', '<html>CANARY</html>');
    const html = await run([...ALL, '--take-over']);
    assert.equal(html.code, 2);
    assert.match(html.stderr, /^error: sf org list auth did not answer in JSON\.$/m);
    assert.doesNotMatch(html.stderr, /CANARY/);
    lists({ username: ADA });
    const old = await run([...ALL, '--take-over']);
    assert.match(old.stderr, /does not know sf org auth show-sfdx-auth-url/);
    assert.equal(existsSync(env.FORCEMINT_HOME), false);
  });

  test('Ctrl-C while the CLI is asked makes nothing, and leaves no process', async (t) => {
    const { sf, env, lists, start } = scene(t);
    lists({ username: ADA });
    sf.says(showUrl(ADA), '{', { hangs: true });
    const running = start([...ALL, '--take-over']);
    await until('the CLI hangs', () => sf.hanging > 0);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.finished;
    assert.deepEqual([code, stdout, stderr], [130, '', '']);
    assert.equal(existsSync(env.FORCEMINT_HOME), false);
    await until('what it had started has ended', () => !sf.isHanging);
  });
});

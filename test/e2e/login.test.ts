import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { type Running, World } from './support/command-line.ts';

interface Invitation {
  readonly authorize_url: string;
  readonly redirect_uri: string;
}

describe('login on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  /** What a person does in the browser. @returns where the browser is sent back to */
  function person(authorizeUrl: string, decision: 'allow' | 'deny' = 'allow'): Promise<string> {
    // Who allowed an app once is not asked again, so another one denies.
    const user = world.emulator.ready.users[decision === 'allow' ? 0 : 2];
    return signIn(authorizeUrl, { username: user?.username ?? '', password: user?.password ?? '', decision });
  }

  async function invitation(running: Running): Promise<Invitation> {
    const text = await running.seen('stdout', /\n/);
    return JSON.parse(text.split('\n')[0] ?? '');
  }

  /** A connection whose callback is on a free port. */
  function connect(name: string): Promise<string> {
    return world.ok(world.connectLogin(name, '--redirect-uri', 'http://localhost:0/OauthRedirect'));
  }

  test('the browser comes back, and the connection renews without anybody from then on', async () => {
    await connect('browser');
    const running = world.start(['login', 'browser', '--json']);
    const { authorize_url, redirect_uri } = await invitation(running);
    assert.match(redirect_uri, /^http:\/\/localhost:[1-9]\d+\/OauthRedirect$/);
    const url = new URL(authorize_url);
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
    const callback = await person(authorize_url);
    for (const stray of ['/favicon.ico', '/OauthRedirect?state=wrong&code=x', '/']) {
      assert.ok((await fetch(new URL(stray, redirect_uri))).status >= 400);
    }
    const page = await fetch(callback);
    assert.equal(page.status, 200);
    assert.ok(!page.url.includes('code='));
    const { code, stdout } = await running.finished;
    assert.equal(code, 0);
    const result = JSON.parse(stdout.split('\n')[1] ?? '');
    assert.equal(result.authorized, true);
    assert.ok(!stdout.includes((await world.ok(['token', 'browser'])).trim()));
    await world.ok(['renew', 'browser']);
    assert.equal((await world.json(['show', 'browser'])).refresh_token_version, 2);
  });

  test('a second login re-authorizes and revokes the grant that it supersedes', async () => {
    await connect('again');
    const granted: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const running = world.start(['login', 'again', '--json']);
      await fetch(await person((await invitation(running)).authorize_url));
      assert.equal((await running.finished).code, 0);
      granted.push((await world.ok(['token', 'again'])).trim());
    }
    const revoked = JSON.stringify(await world.ok(['events', 'again', '--json']));
    assert.match(revoked, /superseded/);
    const answer = await fetch(`${world.emulator.myDomainUrl}/services/data/v66.0/limits`, {
      headers: { authorization: `Bearer ${granted[1]}` },
    });
    assert.equal(answer.status, 200);
  });

  test('people see the address, and what they denied', async () => {
    await connect('denied');
    const running = world.start(['login', 'denied', '--no-browser']);
    const text = await running.seen('stderr', /http:\S+code_challenge\S+\n/);
    const authorizeUrl = /http:\S+/.exec(text)?.[0] ?? '';
    await fetch(await person(authorizeUrl, 'deny'));
    const { code, stderr } = await running.finished;
    assert.equal(code, 3);
    assert.match(stderr, /access was denied in the browser/);
  });

  test('nobody comes: exit 3 after the time-out', async () => {
    await connect('nobody');
    const { code, stderr } = await world.run(['login', 'nobody', '--no-browser', '--timeout', '1s']);
    assert.equal(code, 3);
    assert.match(stderr, /nobody finished the login in time/);
    assert.match(stderr, /forcemint login nobody/);
  });

  test('Ctrl-C while waiting ends at once and frees the port', async () => {
    await connect('stopped');
    const running = world.start(['login', 'stopped', '--json']);
    const { redirect_uri } = await invitation(running);
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 130);
    await assert.rejects(fetch(redirect_uri));
    assert.equal((await world.json(['show', 'stopped'])).state, 'new');
  });

  test('a callback port that is taken is an error that says what to do', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await world.ok(world.connectLogin('taken', '--redirect-uri', `http://localhost:${port}/OauthRedirect`));
    const { code, stderr } = await world.run(['login', 'taken', '--no-browser']);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`port ${port} .*EADDRINUSE`));
    assert.match(stderr, /--paste/);
    await new Promise((resolve) => blocker.close(resolve));
  });

  test('of several callback URLs the first with a free port is used', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const uris = [`http://localhost:${port}/OauthRedirect`, 'http://localhost:0/callback'];
    await world.ok(world.connectLogin('several', ...uris.flatMap((uri) => ['--redirect-uri', uri])));
    const running = world.start(['login', 'several', '--json']);
    const { authorize_url, redirect_uri } = await invitation(running);
    assert.match(redirect_uri, /\/callback$/);
    await fetch(await person(authorize_url));
    assert.equal((await running.finished).code, 0);
    await new Promise((resolve) => blocker.close(resolve));
  });

  test('a callback that is not on this machine needs --paste; a connection of another grant no login', async () => {
    await world.ok(world.connectLogin('elsewhere', '--redirect-uri', 'https://www.mysite.example/callback'));
    const { code, stderr } = await world.run(['login', 'elsewhere']);
    assert.equal(code, 2);
    assert.match(stderr, /forcemint login elsewhere --paste/);
    await world.ok(world.connectJwt('jwt'));
    const other = await world.run(['login', 'jwt']);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /needs no login/);
  });

  /** Runs `login --paste`, lets the person log in, and pastes what `paste` makes of where the browser ended. */
  async function pasting(name: string, paste: (callback: URL) => string, ...flags: string[]): ReturnType<World['run']> {
    const running = world.startTyping(['login', name, '--paste', '--json', ...flags]);
    const { authorize_url } = await invitation(running);
    running.child.stdin?.end(`${paste(new URL(await person(authorize_url)))}\n`);
    return running.finished;
  }

  const rawCode = (callback: URL): string => /[?&]code=([^&]+)/.exec(callback.search)?.[1] ?? '';

  test('--paste takes the whole address, the query, or the code: encoded or not', async () => {
    const pastes: readonly ((callback: URL) => string)[] = [
      (callback) => callback.href,
      (callback) => `  "${callback.href}#"  `,
      (callback) => callback.search,
      (callback) => decodeURIComponent(callback.href),
      (callback) => rawCode(callback),
      (callback) => decodeURIComponent(rawCode(callback)),
    ];
    for (const [index, paste] of pastes.entries()) {
      await world.ok(world.connectLogin(`paste-${index}`));
      const { code, stderr } = await pasting(`paste-${index}`, paste);
      assert.equal(code, 0, stderr);
      await world.ok(['token', `paste-${index}`]);
    }
  });

  test('a pasted address of another login is refused, and the code is not sent', async () => {
    await world.ok(world.connectLogin('mixed'));
    const before = world.emulator.ledger().length;
    const { code, stderr } = await pasting('mixed', (callback) => callback.href.replace(/state=[^&]+/, 'state=another'));
    assert.equal(code, 3);
    assert.equal(JSON.parse(stderr).error.code, 'state_mismatch');
    const without = await pasting('mixed', (callback) => callback.href.replace(/&?state=[^&]+/, ''));
    assert.equal(without.code, 3);
    assert.equal(world.emulator.ledger().length, before);
  });

  test('a pasted denial, the address to open, or nothing', async () => {
    await world.ok(world.connectLogin('odd'));
    const denied = await pasting('odd', (callback) => callback.href.replace(/code=[^&]+/, 'error=access_denied'));
    assert.equal(denied.code, 3);
    assert.equal(JSON.parse(denied.stderr).error.code, 'authorization_denied');
    const wrong = await pasting(
      'odd',
      () => `${world.emulator.loginUrl}/services/oauth2/authorize?response_type=code&client_id=x`,
    );
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /the address to open in the browser/);
    assert.equal((await pasting('odd', () => '')).code, 2);
    assert.equal((await world.json(['show', 'odd'])).state, 'new');
  });

  test('a code is good once', async () => {
    await world.ok(world.connectLogin('twice'));
    let used = '';
    const first = await pasting('twice', (callback) => {
      used = rawCode(callback);
      return callback.href;
    });
    assert.equal(first.code, 0);
    const { code, stderr } = await pasting('twice', () => used);
    assert.equal(code, 3);
    assert.equal(JSON.parse(stderr).error.code, 'code_refused');
  });

  test('without PKCE a bare code is warned of', async () => {
    const { clientId, clientSecret = '' } = world.app('web');
    const flags = ['--login-url', world.emulator.loginUrl, '--client-id', clientId, '--client-secret-file', '-'];
    await world.ok(['connect', 'plain', '--grant', 'authorization-code', ...flags], { stdin: clientSecret });
    const { code, stderr } = await pasting('plain', rawCode, '--no-pkce');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /not bound to this login/);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn } from '@forcemint/emulator';
import { CliSandbox } from './sandbox/cli-sandbox.ts';
import { orgQuestions, sandboxQuestion, userQuestions } from './sandbox/request-line.ts';

const ADMIN = 'admin@emulator.example';

/** Follows the way back as a browser does; the login of the CLI ends when its last page is fetched. */
async function followBack(url: string): Promise<{ readonly path: string; readonly text: string }> {
  const response = await fetch(url);
  return { path: new URL(response.url).pathname, text: await response.text() };
}

test('sf org login web: the person signs in and allows', async () => {
  await using sf = await CliSandbox.make();
  const port = await sf.takeFreeLoginPort();
  const { emulator } = sf;
  const running = sf.json(['org', 'login', 'web', '--instance-url', emulator.loginUrl, '--alias', 'emu']);
  const url = new URL(await sf.browsed());
  const { state, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
  assert.equal(`${url.origin}${url.pathname}`, `${emulator.loginUrl}/services/oauth2/authorize`);
  assert.deepEqual(rest, {
    prompt: 'login',
    scope: 'refresh_token api web',
    response_type: 'code',
    client_id: 'PlatformCLI',
    redirect_uri: `http://localhost:${port}/OauthRedirect`,
  });
  assert.match(state ?? '', /^[0-9a-f]{12}$/);
  assert.match(challenge ?? '', /^[\w-]{43}$/);

  const user = sf.user(ADMIN);
  const back = await followBack(await signIn(url.href, user));
  assert.equal(back.path, '/OauthSuccess');
  const { code, result, requests } = await running;
  assert.equal(code, 0);
  assert.deepEqual(requests, [
    'login POST /services/oauth2/token (grant_type code client_id redirect_uri code_verifier) 200',
    ...userQuestions(user.id),
    ...orgQuestions(),
    sandboxQuestion(emulator.ready.org.id),
  ]);
  assert.partialDeepStrictEqual(result, {
    username: ADMIN,
    orgId: emulator.ready.org.id,
    instanceUrl: emulator.myDomainUrl,
    loginUrl: `${emulator.loginUrl}/`,
    clientId: 'PlatformCLI',
  });
});

test('sf org login web at My Domain, for people', async () => {
  await using sf = await CliSandbox.make();
  await sf.takeFreeLoginPort();
  const running = sf.run(['org', 'login', 'web', '--instance-url', sf.emulator.myDomainUrl]);
  await followBack(await signIn(await sf.browsed(), sf.user(ADMIN)));
  const { code, stdout } = await running;
  assert.deepEqual([code, stdout], [0, `Successfully authorized ${ADMIN} with org ID ${sf.emulator.ready.org.id}\n`]);
});

test('sf org login web: the person denies', async () => {
  await using sf = await CliSandbox.make();
  await sf.takeFreeLoginPort();
  const running = sf.json(['org', 'login', 'web', '--instance-url', sf.emulator.loginUrl]);
  const back = await followBack(await signIn(await sf.browsed(), { ...sf.user(ADMIN), decision: 'deny' }));
  assert.equal(back.path, '/OauthError');
  const { code, message, requests } = await running;
  assert.equal(code, 1);
  assert.match(message ?? '', /end-user denied authorization/);
  assert.deepEqual(requests, []);
});

test('sf org login web: a way back with another state gets no token', async () => {
  await using sf = await CliSandbox.make();
  await sf.takeFreeLoginPort();
  const running = sf.json(['org', 'login', 'web', '--instance-url', sf.emulator.loginUrl]);
  const way = new URL(await signIn(await sf.browsed(), sf.user(ADMIN)));
  way.searchParams.set('state', 'synthetic');
  await followBack(way.href);
  const { code, requests } = await running;
  assert.deepEqual([code, requests], [1, []]);
});

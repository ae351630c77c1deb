import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { signIn } from '@forcemint/emulator';
import { filesBelow, findCanaries } from '../support/canaries.ts';
import { World } from './support/command-line.ts';

interface Exported {
  readonly environment: string;
  readonly collection: string;
  readonly fill_in: readonly string[];
}

type Values = Readonly<Record<string, string>>;

describe('export for Postman on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  const folderOf = (name: string) => join(world.folder, `${name}-postman`);
  const exporting = (name: string, ...more: readonly string[]) => {
    return ['export', name, '--format', 'postman', '--out', folderOf(name), ...more];
  };

  async function exported(name: string): Promise<Exported> {
    return (await world.json(exporting(name))) as unknown as Exported;
  }

  /** Fills the environment in, as a person does. */
  async function fillIn({ environment }: Exported, values: Values): Promise<void> {
    const document = JSON.parse(await readFile(environment, 'utf8'));
    for (const variable of document.values) variable.value = values[variable.key] ?? variable.value;
    await writeFile(environment, JSON.stringify(document));
  }

  test('two new files that only their owner may read, with no secret in them or on the screen; nothing is sent', async () => {
    const key = await readFile(world.app('jwt').privateKeyFile ?? '', 'utf8');
    const refreshToken = world.rotatingToken();
    await world.ok(world.connectClient('client'), { stdin: world.clientSecret });
    await world.ok(world.connectJwt('jwt'));
    await world.ok(world.connectRotating('rotating'), { stdin: refreshToken });
    const secrets = new Map([
      ['client secret', world.clientSecret],
      ['private key', key],
      ['refresh token as it came', refreshToken],
    ]);
    for (const name of ['client', 'jwt', 'rotating'])
      secrets.set(`access token of ${name}`, (await world.ok(['token', name])).trim());
    const sent = world.emulator.requests().length;

    for (const [name, missing] of [
      ['client', /fill in +clientSecret +the consumer secret\n/],
      ['jwt', /fill in +privateKey +the private key of the app’s certificate/],
      ['rotating', /fill in +redirectUrl .*\n +_refreshToken +once Postman has logged in/],
    ] as const) {
      const { code, stdout, stderr } = await world.run(exporting(name));
      assert.equal(code, 0, stderr);
      assert.match(stdout, missing);
      assert.match(stdout, /newman run \S+\.postman_collection\.json --environment \S+\.postman_environment\.json/);
      assert.match(stderr, /as current \(local\) values, which stay on this machine/);
      assert.match(
        stderr,
        name === 'rotating' ? /gets a grant of its own: that of rotating stays here/ : /No token of .* is shared/,
      );
      const folder = folderOf(name);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      assert.deepEqual(readdirSync(folder).sort(), [`${name}.postman_collection.json`, `${name}.postman_environment.json`]);
      assert.equal(statSync(join(folder, `${name}.postman_environment.json`)).mode & 0o777, 0o600);
      const said = { place: 'what was printed', bytes: Buffer.from(stdout + stderr) };
      assert.deepEqual(findCanaries(secrets, [...filesBelow(folder), said]), []);
    }
    assert.equal(world.emulator.requests().length, sent);
  });

  test('what is there is never written over, and says what to do; --json for programs', async () => {
    await world.ok(world.connectClient('twice', '--no-verify'), { stdin: world.clientSecret });
    const { environment, collection, fill_in, ...rest } = await exported('twice');
    assert.deepEqual([rest, fill_in], [{ connection: 'twice', format: 'postman' }, ['clientSecret']]);
    await fillIn({ environment, collection, fill_in }, { clientSecret: 'filled in since' });
    const files = [environment, collection].map((path) => readFileSync(path, 'utf8'));
    const again = await world.run(exporting('twice', '--json'));
    assert.deepEqual([again.code, again.stdout], [2, '']);
    const { error } = JSON.parse(again.stderr);
    assert.match(error.message, /twice\.postman_environment\.json is there already; nothing was written/);
    assert.match(error.fix.join(), /--out FOLDER, another one/);
    assert.deepEqual(
      [environment, collection].map((path) => readFileSync(path, 'utf8')),
      files,
    );
  });

  test('flags that do not belong to it, an unknown connection, a folder that cannot be made', async () => {
    await world.ok(world.connectClient('flags', '--no-verify'), { stdin: world.clientSecret });
    const inFile = join(await world.file('a-file', ''), 'below');
    for (const [line, code, message] of [
      [['export', 'flags', '--format', 'postman'], 2, /go into a folder/],
      [exporting('flags', '--with-client-secret'), 2, /belong to --hand-over/],
      [exporting('flags', '--hand-over', '--yes'), 2, /No grant is handed over to Postman/],
      [['export', 'flags', '--format', 'postman', '--out', inFile], 2, /Nothing can be written into/],
      [exporting('nobody'), 6, /nobody/],
    ] as const) {
      const ran = await world.run(line);
      assert.equal(ran.code, code, line.join(' '));
      assert.match(ran.stderr, message);
    }
    assert.deepEqual([existsSync(folderOf('flags')), existsSync(folderOf('nobody'))], [false, false]);
    assert.match(await world.ok(['export', '--help']), /export acme --format postman --out/);
  });

  test('an import of the environment makes the same connection, once the secrets are filled in', async () => {
    await world.ok(world.connectClient('there', '--api-version', '62.0'), { stdin: world.clientSecret });
    await world.ok(world.connectRotating('kept'), { stdin: world.rotatingToken() });
    await world.ok(world.connectLogin('person', '--redirect-uri', 'http://localhost:1718/callback'));
    await world.ok(world.connectJwt('signer'));
    const cases: readonly (readonly [string, Values, readonly string[]])[] = [
      ['there', { clientSecret: world.clientSecret }, []],
      ['kept', { _refreshToken: world.rotatingToken() }, ['--take-over']],
      ['person', {}, ['--no-verify']],
      ['signer', { privateKey: await readFile(world.app('jwt').privateKeyFile ?? '', 'utf8') }, []],
    ];
    const facts = ['grant', 'login_url', 'client_id', 'client_auth', 'redirect_uris', 'api_version', 'audience', 'scope'];
    for (const [name, values, more] of cases) {
      const files = await exported(name);
      await fillIn(files, values);
      await world.ok(['import', files.environment, '--name', `${name}-again`, ...more]);
      const [shown, again] = [await world.json(['show', name]), await world.json(['show', `${name}-again`])];
      for (const fact of facts) assert.deepEqual(again[fact], shown[fact], `${name}: ${fact}`);
    }
    for (const name of ['there-again', 'kept-again', 'signer-again']) assert.match(await world.ok(['token', name]), /^00D/);
  });

  test('a login with what the collection tells Postman’s OAuth 2.0 helper: a grant of its own, and both rotate on', async () => {
    await world.ok(world.connectRotating('shared', '--no-verify'), { stdin: world.rotatingToken() });
    const files = await exported('shared');
    await fillIn(files, { redirectUrl: 'http://localhost:1717/OauthRedirect' });
    const answer = await loginOfPostman(files);
    const ownRefreshToken = String(answer['refresh_token']);
    const userinfo = await fetch(`${world.emulator.loginUrl}/services/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${answer['access_token']}` },
    });
    assert.equal(userinfo.status, 200);

    await world.ok(['token', 'shared']);
    const form = { grant_type: 'refresh_token', client_id: world.app('rotating').clientId, refresh_token: ownRefreshToken };
    const url = `${world.emulator.loginUrl}/services/oauth2/token`;
    const refreshed = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
    assert.equal(refreshed.status, 200);
    await world.ok(['renew', 'shared']);
    const [first, other, last] = world.emulator.ledger().slice(-3);
    assert.deepEqual([first?.outcome, other?.outcome, last?.outcome], ['ok', 'ok', 'ok']);
    assert.equal(other?.presented, fingerprint(ownRefreshToken));
    assert.equal(last?.presented, first?.issued);
  });

  /** Authorization code with PKCE as the helper does it, with its settings out of the collection and nothing else. */
  async function loginOfPostman({ environment, collection }: Exported): Promise<Record<string, unknown>> {
    const variables = new Map<string, string>();
    for (const { key, value } of JSON.parse(await readFile(environment, 'utf8')).values) variables.set(key, value);
    const resolve = (text: string) => text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name) => variables.get(name) ?? whole);
    const [{ item: tokenItems }] = JSON.parse(await readFile(collection, 'utf8')).item;
    const { type, oauth2 } = tokenItems[0].request.auth;
    assert.equal(type, 'oauth2');
    const helper = new Map<string, string>(
      oauth2.map(({ key, value }: { key: string; value: unknown }) => [key, resolve(String(value))]),
    );
    const setting = (name: string) => helper.get(name) ?? assert.fail(`the helper has no ${name}`);
    assert.deepEqual([setting('grant_type'), setting('challengeAlgorithm')], ['authorization_code_with_pkce', 'S256']);
    assert.equal(setting('client_authentication'), 'body');
    assert.equal(helper.has('clientSecret'), false, 'a public app is sent no secret');

    const verifier = randomBytes(32).toString('base64url');
    const authorize = new URL(setting('authUrl'));
    authorize.search = new URLSearchParams({
      response_type: 'code',
      client_id: setting('clientId'),
      redirect_uri: setting('redirect_uri'),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: setting('challengeAlgorithm'),
    }).toString();
    const user = world.emulator.ready.users.find(({ username }) => username === world.app('rotating').username);
    assert.ok(user !== undefined);
    const callback = new URL(await signIn(authorize.href, user));
    const form = {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: setting('redirect_uri'),
      client_id: setting('clientId'),
      code_verifier: verifier,
    };
    const answer = await fetch(setting('accessTokenUrl'), { method: 'POST', body: new URLSearchParams(form) });
    assert.equal(answer.status, 200);
    return answer.json();
  }
});

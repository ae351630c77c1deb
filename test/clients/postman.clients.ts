import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { fingerprint } from '@forcemint/core';
import { NEWMAN, POSTMAN_RUNTIME } from './install/client-package.ts';
import { installClient } from './install/install-client.ts';
import { type CollectionRun, type Files, PostmanDesk, RUNNERS } from './postman/postman-desk.ts';

const ORG = [
  'GET /services/oauth2/userinfo 200',
  'GET /services/data 200',
  'GET /services/data/v66.0/limits 200',
  'GET /services/data/v66.0/query 200',
];
const [TOKEN, INTROSPECT, REVOKE] = ['token', 'introspect', 'revoke'].map((name) => `POST /services/oauth2/${name} 200`);
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

function allPassed({ assertions, failed, troubles }: CollectionRun, count: number): void {
  assert.deepEqual([failed, troubles, assertions], [[], [], count]);
}

const outcomes = ({ ledger }: CollectionRun) => ledger.map(({ grantType, outcome }) => `${grantType} ${outcome}`);

describe('what forcemint exports for Postman', () => {
  let desk: PostmanDesk;
  before(async () => {
    desk = await PostmanDesk.make();
  });
  after(() => desk[Symbol.asyncDispose]());

  const keyOf = (app: string) => readFileSync(desk.world.app(app).privateKeyFile ?? '', 'utf8');

  for (const runner of RUNNERS) {
    describe(`run by ${runner}`, () => {
      const named = (name: string) => `${name}-${runner === 'newman' ? 'n' : 'p'}`;

      for (const clientAuth of ['post', 'basic'] as const) {
        test(`client credentials, the secret by ${clientAuth}`, async () => {
          const app = desk.world.app('clientCredentials');
          const name = named(`client-${clientAuth}`);
          const flags = ['--client-auth', clientAuth, '--client-secret-file', '-', '--no-verify'];
          await desk.connect(name, 'client-credentials', app, flags, app.clientSecret);
          const files = await desk.exported(name, { clientSecret: app.clientSecret ?? '' });
          const run = await desk.run(runner, files);
          allPassed(run, 13);
          assert.deepEqual(run.requests, [TOKEN, ...ORG, INTROSPECT, REVOKE]);
          assert.deepEqual(outcomes(run), ['client_credentials ok']);
          const { org } = desk.world.emulator.ready;
          assert.deepEqual([desk.variable(files, '_orgId'), desk.variable(files, '_accessToken')], [org.id, '']);
        });
      }

      test('client credentials, by a signed client assertion', async () => {
        const app = desk.world.app('all');
        const flags = ['--client-auth', 'private-key-jwt', '--private-key-file', app.privateKeyFile ?? '', '--no-verify'];
        await desk.connect(named('client-key'), 'client-credentials', app, flags);
        const run = await desk.run(runner, await desk.exported(named('client-key'), { privateKey: keyOf('all') }));
        allPassed(run, 13);
        assert.deepEqual(run.requests, [TOKEN, ...ORG, INTROSPECT, REVOKE]);
        assert.deepEqual(outcomes(run), ['client_credentials ok']);
      });

      test('JWT bearer, with a key in PKCS #8 and in PKCS #1', async () => {
        const app = desk.world.app('jwt');
        const flags = ['--username', app.username ?? '', '--private-key-file', app.privateKeyFile ?? '', '--no-verify'];
        await desk.connect(named('jwt'), 'jwt-bearer', app, flags);
        const key = createPrivateKey(keyOf('jwt'));
        for (const type of ['pkcs8', 'pkcs1'] as const) {
          const privateKey = String(key.export({ type, format: 'pem' }));
          const run = await desk.run(runner, await desk.exported(named('jwt'), { privateKey }));
          allPassed(run, 11);
          assert.deepEqual(run.requests, [TOKEN, ...ORG, REVOKE]);
          assert.deepEqual(
            run.ledger.map(({ grantType, subject, outcome }) => [grantType, subject, outcome]),
            [[JWT_BEARER, app.username, 'ok']],
          );
        }
      });

      test('refresh token with rotation: each run presents what the one before was given, and forcemint’s grant lives on', async () => {
        const app = desk.world.app('rotating');
        const flags = ['--refresh-token-file', '-', '--rotates', 'yes', '--no-verify'];
        await desk.connect(named('rotating'), 'refresh-token', app, flags, desk.world.rotatingToken());
        const own = desk.world.rotatingToken();
        const files = await desk.exported(named('rotating'), { _refreshToken: own });
        let presented = fingerprint(own);
        for (let round = 0; round < 3; round += 1) {
          const run = await desk.run(runner, files);
          allPassed(run, 11);
          assert.deepEqual(run.requests, [TOKEN, ...ORG, REVOKE]);
          const [entry, ...others] = run.ledger;
          assert.deepEqual([entry?.presented, entry?.outcome, entry?.consumed, others], [presented, 'ok', true, []]);
          presented = entry?.issued ?? '';
          assert.equal(fingerprint(desk.variable(files, '_refreshToken') ?? ''), presented);
          if (round === 1) assert.match(await desk.world.ok(['token', named('rotating')]), /^00D/);
        }
      });

      test('what is not filled in is said, and sends no token request', async () => {
        const app = desk.world.app('jwt');
        const flags = ['--username', app.username ?? '', '--private-key-file', app.privateKeyFile ?? '', '--no-verify'];
        await desk.connect(named('empty-jwt'), 'jwt-bearer', app, flags);
        const jwt = await desk.run(runner, await desk.exported(named('empty-jwt')));
        assert.match(jwt.failed[0] ?? '', /^privateKey signs: privateKey is empty/);

        const rotating = desk.world.app('rotating');
        await desk.connect(named('empty-rotating'), 'authorization-code', rotating, ['--no-verify']);
        const login = await desk.run(runner, await desk.exported(named('empty-rotating')));
        const [first, second, third] = login.failed;
        assert.match(first ?? '', /^logged in: Authorization → Get New Access Token → Use Token/);
        assert.match(second ?? '', /^status 200: /);
        assert.match(third ?? '', /^_refreshToken is filled in, with that of a login in Postman/);
        assert.deepEqual([...jwt.ledger, ...login.ledger], []);
      });

      test('a refusal is told as Salesforce says it, and stores nothing', async () => {
        const app = desk.world.app('clientCredentials');
        const flags = ['--client-secret-file', '-', '--no-verify'];
        await desk.connect(named('refused'), 'client-credentials', app, flags, app.clientSecret);
        const files = await desk.exported(named('refused'), { clientSecret: 'synthetic-and-wrong' });
        const run = await desk.run(runner, files);
        assert.match(run.failed[0] ?? '', /^status 200: .*invalid_client/);
        assert.deepEqual(outcomes(run), ['client_credentials invalid_client']);
        assert.equal(desk.variable(files, '_accessToken'), '');
      });
    });
  }

  test('after a login with Postman’s OAuth 2.0 helper the other requests know its token and its org', async () => {
    const app = desk.world.app('rotating');
    await desk.connect('helper', 'authorization-code', app, ['--no-verify']);
    const form = { grant_type: 'refresh_token', client_id: app.clientId, refresh_token: desk.world.rotatingToken() };
    const url = `${desk.world.emulator.loginUrl}/services/oauth2/token`;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token }: { access_token: string } = await answer.json();
    const files = await desk.exported('helper');
    const run = await desk.run('Postman’s runtime', files, access_token);
    assert.match(run.failed.join(), /^_refreshToken is filled in, [^,]*$/);
    assert.deepEqual(run.requests, ['GET /services/oauth2/userinfo 200', ...ORG, REVOKE]);
    assert.equal(desk.variable(files, '_endpoint'), desk.world.emulator.myDomainUrl);
  });

  for (const client of [NEWMAN, POSTMAN_RUNTIME]) {
    test(`Postman’s own library, of ${client.name}, understands the whole of each collection and environment`, async () => {
      const load = createRequire(await installClient(client));
      const { Collection, VariableScope, Url } = load('postman-collection');
      const app = desk.world.app('all');
      const withKey = ['--private-key-file', app.privateKeyFile ?? '', '--username', app.username ?? '', '--no-verify'];
      const withSecret = ['--client-secret-file', '-', '--no-verify'];
      const mark = client.name.slice(0, 1);
      await desk.connect(`library-jwt-${mark}`, 'jwt-bearer', app, withKey);
      await desk.connect(`library-code-${mark}`, 'authorization-code', app, withSecret, app.clientSecret);
      for (const name of [`library-jwt-${mark}`, `library-code-${mark}`]) {
        const [environment, collection] = documents(await desk.exported(name));
        assert.deepEqual(meaning(new Collection(collection).toJSON(), Url), meaning(collection, Url));
        // The types of variables are the app’s; the library reads over them.
        const values = (of: readonly Variable[]) => of.map(({ key, value }) => [key, value]);
        assert.deepEqual(values(new VariableScope(environment).toJSON().values), values(environment.values));
      }
    });
  }
});

interface Variable {
  readonly key: string;
  readonly value: unknown;
}

/** As it is written, or as Postman writes it. */
interface CollectionDocument {
  readonly info: { readonly name: string; readonly schema: string; readonly description: unknown };
  readonly auth: Readonly<Record<string, unknown>>;
  readonly item: readonly { readonly name: string; readonly item: readonly ItemDocument[] }[];
}

interface ItemDocument {
  readonly name: string;
  readonly event: readonly { readonly listen: string; readonly script: { readonly exec: readonly string[] } }[];
  readonly protocolProfileBehavior: object;
  readonly request: {
    readonly description: unknown;
    readonly method: string;
    readonly url: unknown;
    readonly auth?: Readonly<Record<string, unknown>>;
    readonly body?: { readonly mode: string; readonly urlencoded: readonly (Variable & { readonly disabled?: boolean })[] };
  };
}

function documents({ environment, collection }: Files) {
  const [first, second] = [environment, collection].map((path) => JSON.parse(readFileSync(path, 'utf8')));
  return [first, second] as [{ readonly values: readonly Variable[] }, CollectionDocument];
}

/** Everything that a collection says, in one form. */
function meaning({ info, auth, item }: CollectionDocument, Url: new (url: unknown) => object): object {
  const text = (description: unknown) =>
    typeof description === 'object' && description !== null && 'content' in description ? description.content : description;
  const authOf = (given: Readonly<Record<string, unknown>> = {}) => {
    const type = String(given['type']);
    const values = (given[type] ?? []) as readonly Variable[];
    return [type, values.map(({ key, value }) => [key, value])];
  };
  return {
    info: [info.name, info.schema, text(info.description)],
    auth: authOf(auth),
    folders: item.map((folder) => [
      folder.name,
      folder.item.map(({ name, event, protocolProfileBehavior, request }) => ({
        name,
        scripts: event.map(({ listen, script }) => [listen, script.exec]),
        protocolProfileBehavior,
        description: text(request.description),
        method: request.method,
        url: String(new Url(request.url)),
        auth: authOf(request.auth),
        body: request.body?.urlencoded.map(({ key, value, disabled = false }) => [key, value, disabled]),
      })),
    ]),
  };
}

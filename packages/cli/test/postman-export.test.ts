import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import {
  type ConnectionInput,
  type ConnectionSecrets,
  type ConnectionStatus,
  connectionSettings,
  jwtAudience,
} from '@forcemint/core';
import fc from 'fast-check';
import { exportTarget } from '../src/export/export-target.ts';
import { postmanCollection } from '../src/export/postman/collection.ts';
import type { Item } from '../src/export/postman/collection-format.ts';
import { postmanEnvironment } from '../src/export/postman/environment.ts';
import { exportForPostman } from '../src/export/postman/export-for-postman.ts';
import { fillIns } from '../src/export/postman/fill-in.ts';
import { makeFiles } from '../src/export/postman/new-files.ts';
import { postmanText } from '../src/export/postman/postman-report.ts';
import { readImport } from '../src/import/read-import.ts';
import { Output } from '../src/terminal/output.ts';
import { UsageError } from '../src/usage-error.ts';

const POLICY = { extraOrigins: [], sovereign: false };
const MY_DOMAIN = 'https://acme.my.salesforce.com';
const LOGIN = 'https://login.salesforce.com';
const CLIENT_SECRET = 'SYNTHETIC0123456789';
const REFRESH_TOKEN = '5Aep861.synthetic_refresh_token';
const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nsynthetic\n-----END PRIVATE KEY-----';
const OF_SALESFORCE =
  'url site version clientId clientSecret redirectUrl username password secretToken _accessToken _refreshToken';
const ANSWERED = '_endpoint _userId _orgId _deviceCode';
const SECRETS = ['clientSecret', 'password', 'secretToken', '_accessToken', '_refreshToken', '_deviceCode', 'privateKey'];

const TOKEN = { instanceUrl: MY_DOMAIN, userId: '0055g00000ABCDEAA5', organizationId: '00D5g000004EMULEA4' };

function status(input: ConnectionInput, secrets: ConnectionSecrets = {}, token: object | undefined = TOKEN): ConnectionStatus {
  const settings = connectionSettings({ loginUrl: MY_DOMAIN, clientId: '3MVG9.synthetic', ...input }, secrets, POLICY);
  return { connection: { name: 'acme', settings }, state: 'ready', token, secretNames: [] } as unknown as ConnectionStatus;
}

/** One connection for each grant and way to prove the client. */
const CONNECTIONS: readonly ConnectionStatus[] = [
  status({ grant: 'client-credentials' }, { clientSecret: CLIENT_SECRET }),
  status({ grant: 'client-credentials', clientAuth: 'basic' }, { clientSecret: CLIENT_SECRET }),
  status({ grant: 'client-credentials' }, { privateKey: PRIVATE_KEY }),
  status({ grant: 'jwt-bearer', username: 'integration@acme.example', loginUrl: LOGIN }, { privateKey: PRIVATE_KEY }),
  status(
    { grant: 'jwt-bearer', username: 'integration@acme.example', clientAuth: 'private-key-jwt' },
    { privateKey: PRIVATE_KEY },
  ),
  status({ grant: 'authorization-code', scope: 'api refresh_token', redirectUris: ['https://acme.example/callback'] }),
  status({ grant: 'authorization-code', loginUrl: LOGIN }, { clientSecret: CLIENT_SECRET }),
  status({ grant: 'refresh-token', introspect: 'off' }, { clientSecret: CLIENT_SECRET }),
  status({ grant: 'refresh-token', clientAuth: 'none' }),
];

const environmentOf = (of: ConnectionStatus, audience = LOGIN) => postmanEnvironment(of, audience);
const itemsOf = (of: ConnectionStatus) => postmanCollection(of).item.flatMap(({ item }) => item);

/** The environment with these values filled in, as Postman exports it then. */
function filledIn(of: ConnectionStatus, values: Readonly<Record<string, string>>, audience?: string): string {
  const environment = environmentOf(of, audience);
  return JSON.stringify({
    id: 'synthetic',
    ...environment,
    values: environment.values.map((one) => ({ ...one, value: values[one.key] ?? one.value })),
  });
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forcemint-postman-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('the environment', () => {
  test('has the variables of Salesforce’s collection; what is secret is empty, and is a secret to Postman', () => {
    for (const connection of CONNECTIONS) {
      const { name, values } = environmentOf(connection);
      assert.equal(name, 'acme');
      const keys = values.map(({ key }) => key);
      assert.equal(keys.slice(0, 15).join(' '), `${OF_SALESFORCE} ${ANSWERED}`);
      const { grant, clientAuth } = connection.connection.settings;
      assert.equal(keys.includes('privateKey'), grant === 'jwt-bearer' || clientAuth === 'private-key-jwt');
      assert.equal(keys.includes('audience'), grant === 'jwt-bearer');
      for (const { key, value, type, enabled } of values) {
        assert.deepEqual([type, enabled], [SECRETS.includes(key) ? 'secret' : 'default', true], key);
        if (SECRETS.includes(key)) assert.equal(value, '', key);
      }
    }
  });

  test('has what is known, and says what is to be filled in', () => {
    const [jwt, code] = [CONNECTIONS[3], CONNECTIONS[5]];
    assert.ok(jwt !== undefined && code !== undefined);
    const known = (of: ConnectionStatus) =>
      Object.fromEntries(environmentOf(of).values.flatMap(({ key, value }) => (value === '' ? [] : [[key, value]])));
    const answered = { _endpoint: MY_DOMAIN, _userId: TOKEN.userId, _orgId: TOKEN.organizationId };
    const app = { version: '66.0', clientId: '3MVG9.synthetic', clientAuth: 'none' };
    assert.deepEqual(known(jwt), {
      ...{ url: LOGIN, username: 'integration@acme.example', audience: 'https://login.salesforce.com' },
      grant: 'jwt-bearer',
      ...app,
      ...answered,
    });
    assert.deepEqual(known(code), {
      grant: 'authorization-code',
      url: MY_DOMAIN,
      redirectUrl: 'https://acme.example/callback',
      ...app,
      ...answered,
    });
    assert.deepEqual(
      CONNECTIONS.map(({ connection }) => fillIns(connection.settings).map(({ variable }) => variable)),
      [
        ['clientSecret'],
        ['clientSecret'],
        ['privateKey'],
        ['privateKey'],
        ['privateKey'],
        ['_refreshToken'],
        ['clientSecret', '_refreshToken'],
        ['clientSecret', 'redirectUrl', '_refreshToken'],
        ['redirectUrl', '_refreshToken'],
      ],
    );
  });

  const myDomain = fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/).map((label) => `https://${label}.my.salesforce.com`);
  const site = fc.stringMatching(/^[a-z]{1,9}$/).map((path) => `https://acme.my.site.com/${path}`);
  const login = fc.constantFrom(LOGIN, 'https://test.salesforce.com');
  const clientId = fc.stringMatching(/^[A-Za-z0-9._]{8,90}$/);
  const apiVersion = fc.integer({ min: 20, max: 120 }).map((version) => `${version}.0`);
  const clientSecret = fc.stringMatching(/^[A-F0-9]{16,64}$/);
  const token = fc.constantFrom(TOKEN, undefined);

  /** What an import makes of it, secrets filled in. */
  const settingsAgain = (of: ConnectionStatus, values: Readonly<Record<string, string>>) => {
    const { settings, secrets } = readImport(filledIn(of, values), 'environment');
    return connectionSettings(settings, secrets, POLICY);
  };

  test('an import of it gives the same settings, secrets filled in: client credentials', () => {
    fc.assert(
      fc.property(fc.oneof(myDomain, site), clientId, apiVersion, clientSecret, token, (loginUrl, id, version, secret, known) => {
        const input = { grant: 'client-credentials', loginUrl, clientId: id, apiVersion: version };
        const exported = status(input, { clientSecret: secret }, known);
        assert.deepEqual(settingsAgain(exported, { clientSecret: secret }), exported.connection.settings);
      }),
    );
  });

  test('the same: authorization code', () => {
    const redirectUri = fc.constantFrom('http://localhost:1717/OauthRedirect', 'https://acme.example/callback', 'acme://done');
    const secrets = fc.oneof(fc.constant({}), fc.record({ clientSecret }));
    const at = fc.record({ loginUrl: fc.oneof(myDomain, site, login), secrets });
    fc.assert(
      fc.property(at, clientId, apiVersion, redirectUri, token, ({ loginUrl, secrets }, id, version, uri, known) => {
        const input = { grant: 'authorization-code', loginUrl, clientId: id, apiVersion: version, redirectUris: [uri] };
        const exported = status(input, secrets, known);
        assert.deepEqual(settingsAgain(exported, secrets), exported.connection.settings);
      }),
    );
  });

  test('the same: JWT bearer, and client credentials by another proof than the secret in the body', () => {
    const username = 'integration@acme.example';
    const audience = fc.constantFrom(undefined, 'https://test.salesforce.com');
    fc.assert(
      fc.property(fc.oneof(myDomain, site, login), clientId, audience, token, (loginUrl, id, aud, known) => {
        const input = { grant: 'jwt-bearer', loginUrl, clientId: id, username, ...(aud !== undefined && { audience: aud }) };
        const secrets = { privateKey: PRIVATE_KEY };
        const exported = status(input, secrets, known);
        const sent = aud ?? jwtAudience(exported.connection.settings.loginUrl, POLICY);
        const { settings, secrets: read } = readImport(filledIn(exported, secrets, sent), 'environment');
        assert.deepEqual(read, secrets);
        const again = connectionSettings(settings, read, POLICY);
        assert.equal(again.audience ?? jwtAudience(again.loginUrl, POLICY), sent);
        assert.deepEqual({ ...again, audience: undefined }, { ...exported.connection.settings, audience: undefined });
      }),
    );
    for (const exported of [CONNECTIONS[1], CONNECTIONS[2]]) {
      assert.ok(exported !== undefined);
      const values = { clientSecret: CLIENT_SECRET, privateKey: PRIVATE_KEY };
      assert.equal(settingsAgain(exported, values).clientAuth, exported.connection.settings.clientAuth);
    }
  });

  test('the same: refresh token, with that of a login in Postman', () => {
    fc.assert(
      fc.property(
        fc.oneof(myDomain, site, login),
        clientId,
        apiVersion,
        fc.option(clientSecret, { nil: undefined }),
        token,
        (loginUrl, id, version, secret, known) => {
          const secrets: ConnectionSecrets = secret === undefined ? {} : { clientSecret: secret };
          const exported = status({ grant: 'refresh-token', loginUrl, clientId: id, apiVersion: version }, secrets, known);
          const again = settingsAgain(exported, { ...secrets, _refreshToken: REFRESH_TOKEN });
          assert.deepEqual(again, exported.connection.settings);
        },
      ),
    );
  });
});

describe('the collection', () => {
  const uses = (text: string) => [...text.matchAll(/\{\{(\$?\w+)\}\}/g)].map(([, name = '']) => name);

  test('uses only variables of its environment, and those that it sets itself; no secret stands in a URL', () => {
    for (const connection of CONNECTIONS) {
      const known = environmentOf(connection).values.map(({ key }) => key);
      const text = JSON.stringify(postmanCollection(connection));
      for (const name of uses(text)) {
        const isKnown = known.includes(name) || name === '$guid' || text.includes(`sign('${name}'`);
        assert.ok(isKnown, `${connection.connection.settings.grant}: ${name}`);
      }
      for (const [, name = ''] of text.matchAll(/pm\.environment\.[gs]et\('(\w+)'/g)) assert.ok(known.includes(name), name);
      for (const { name, request } of itemsOf(connection)) {
        for (const used of uses(request.url))
          assert.ok(!SECRETS.includes(used) && !used.includes('ssertion'), `${name}: ${used}`);
      }
    }
  });

  test('each request says what it is for, checks its status, and follows no redirect', () => {
    for (const item of CONNECTIONS.flatMap(itemsOf)) {
      assert.ok(item.request.description.length > 0, item.name);
      assert.match(scriptOf(item, 'test'), /pm\.test\('status 200'/, item.name);
      assert.equal(item.protocolProfileBehavior.followRedirects, false, item.name);
    }
  });

  test('asks for a token as the connection does, and introspects where the client can prove itself', () => {
    const names = (of: ConnectionStatus) => itemsOf(of).map(({ name }) => name);
    const org = ['User info', 'Versions', 'Limits', 'Query'];
    assert.deepEqual(CONNECTIONS.map(names), [
      ['Client credentials', ...org, 'Introspect', 'Revoke'],
      ['Client credentials', ...org, 'Introspect', 'Revoke'],
      ['Client credentials', ...org, 'Introspect', 'Revoke'],
      ['JWT bearer', ...org, 'Revoke'],
      ['JWT bearer', ...org, 'Introspect', 'Revoke'],
      ['Log in', 'Refresh', ...org, 'Revoke'],
      ['Log in', 'Refresh', ...org, 'Introspect', 'Revoke'],
      ['Log in', 'Refresh', ...org, 'Revoke'],
      ['Log in', 'Refresh', ...org, 'Revoke'],
    ]);
    const proofs = CONNECTIONS.map((of) => {
      const { auth, body } = itemsOf(of).find(({ request }) => request.url.endsWith('/token'))?.request ?? {};
      const proof = body?.urlencoded.flatMap(({ key }) => (/^client_(id|secret|assertion)$/.test(key) ? [key] : []));
      return [auth?.type, ...(proof ?? [])].join(' ');
    });
    assert.deepEqual(proofs, [
      'noauth client_id client_secret',
      'basic',
      'noauth client_id client_assertion',
      'noauth client_id',
      'noauth client_id client_assertion',
      'noauth client_id',
      'noauth client_id client_secret',
      'noauth client_id client_secret',
      'noauth client_id',
    ]);
  });
});

function scriptOf({ event }: Item, listen: 'prerequest' | 'test'): string {
  return event.find((one) => one.listen === listen)?.script.exec.join('\n') ?? '';
}

describe('the files', () => {
  test('are new, their folder too, and only their owner may read them', async (t) => {
    const folder = join(temporaryFolder(t), 'a', 'b');
    const [connection] = CONNECTIONS;
    assert.ok(connection !== undefined);
    const { environment, collection } = await exportForPostman(connection, folder, POLICY);
    assert.deepEqual(readdirSync(folder).sort(), ['acme.postman_collection.json', 'acme.postman_environment.json']);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const path of [environment, collection]) assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(environment, 'utf8')), environmentOf(connection));
    assert.deepEqual(JSON.parse(readFileSync(collection, 'utf8')), JSON.parse(JSON.stringify(postmanCollection(connection))));
  });

  test('what is there is left as it is, and nothing is written beside it', async (t) => {
    for (const there of ['one', 'two']) {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, there), 'mine');
      await assert.rejects(
        makeFiles(folder, { one: '1', two: '2' }),
        (error) =>
          error instanceof UsageError && /is there already; nothing was written/.test(error.message) && error.fix.length > 0,
      );
      assert.deepEqual(readdirSync(folder), [there]);
      assert.equal(readFileSync(join(folder, there), 'utf8'), 'mine');
    }
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(makeFiles(join(folder, 'file'), { one: '1' }), UsageError);
    await assert.rejects(makeFiles(join(folder, 'file', 'below'), { one: '1' }), UsageError);
  });

  test('a folder that was there keeps its rights', async (t) => {
    const folder = join(temporaryFolder(t), 'open');
    mkdirSync(folder, { mode: 0o755 });
    await makeFiles(folder, { one: '1' });
    assert.equal(statSync(folder).mode & 0o777, 0o755);
  });

  test('nothing is written for an app that Postman cannot log in to', async (t) => {
    const folder = join(temporaryFolder(t), 'none');
    const connection = status({ grant: 'authorization-code', clientAuth: 'private-key-jwt' }, { privateKey: PRIVATE_KEY });
    await assert.rejects(exportForPostman(connection, folder, POLICY), /Postman cannot log in to the app of acme/);
    assert.equal(existsSync(folder), false);
  });

  test('a run of newman keeps a refresh token that was rotated', () => {
    const output = new Output(process.stdout, process.stderr, { NO_COLOR: '1' });
    const [client, refresh] = [CONNECTIONS[0], CONNECTIONS[8]];
    assert.ok(client !== undefined && refresh !== undefined);
    const text = (of: ConnectionStatus) =>
      postmanText(output, of, { environment: 'e', collection: 'c', fillIn: fillIns(of.connection.settings) });
    assert.match(text(client), /newman run c --environment e$/);
    assert.match(text(refresh), /newman run c --environment e --export-environment e$/);
  });
});

test('flags that do not go together are refused with the line that does it', () => {
  assert.deepEqual(exportTarget('acme', { format: 'postman', out: 'folder' }), { is: 'postman', folder: 'folder' });
  assert.deepEqual(exportTarget('acme', { json: true }), { is: 'settings' });
  for (const [flags, message] of [
    [{ format: 'postman' }, /go into a folder/],
    [{ format: 'postman', out: '-' }, /go into a folder/],
    [{ format: 'postman', out: 'folder', withClientSecret: true }, /belong to --hand-over/],
    [{ format: 'postman', out: 'folder', yes: true }, /belong to --hand-over/],
    [{ format: 'postman', out: 'file', handOver: true }, /No grant is handed over to Postman/],
    [{ format: 'json', out: 'file' }, /belong to --hand-over, or to --format postman/],
  ] as const) {
    assert.throws(
      () => exportTarget('acme', flags),
      (error) => error instanceof UsageError && message.test(error.message) && error.fix.some((line) => line.includes('acme')),
    );
  }
});

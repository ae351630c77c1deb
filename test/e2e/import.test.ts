import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

describe('import on the command line', () => {
  let world: World;
  let settings: Record<string, string>;
  before(async () => {
    world = await World.make();
    const { clientId, username = '', privateKeyFile = '' } = world.app('jwt');
    settings = {
      Username: username,
      ClientId: clientId,
      PrivateKey: await readFile(privateKeyFile, 'utf8'),
      InstanceUrl: world.emulator.myDomainUrl,
      InstanceAPIVersion: 'v60.0',
    };
  });
  after(() => world[Symbol.asyncDispose]());

  test('the settings record in each of its shapes, from a file or stdin', async () => {
    const escaped = { ...settings, PrivateKey: settings.PrivateKey?.replaceAll('\n', '\\n') };
    const shapes = [
      settings,
      { key: 'salesforce_api_settings', name: 'Salesforce settings', value: settings, tag: ['frontend'] },
      { key: 'salesforce_api_settings', value: JSON.stringify(settings) },
      { key: 'salesforce_api_settings', value: JSON.stringify(escaped) },
    ];
    for (const [index, shape] of shapes.entries()) {
      const name = `shape-${index}`;
      const file = await world.file(`${name}.json`, JSON.stringify(shape, undefined, index));
      await world.ok(index % 2 === 0 ? ['import', file, '--name', name] : ['import', '-', '--name', name], {
        stdin: index % 2 === 0 ? '' : JSON.stringify(shape),
      });
      const shown = await world.json(['show', name]);
      assert.equal(shown.grant, 'jwt-bearer');
      assert.equal(shown.login_url, world.emulator.myDomainUrl);
      assert.equal(shown.api_version, '60.0');
      assert.match(await world.ok(['token', name]), /^00D/);
    }
  });

  test('the name comes from the user where nobody gives one; --login-url wins; a taken name is refused', async () => {
    const file = await world.file('named.json', JSON.stringify(settings));
    const made = await world.json(['import', file, '--login-url', world.emulator.loginUrl]);
    assert.equal(made.connection, 'integration-emulator.example');
    assert.equal(made.login_url, world.emulator.loginUrl);
    assert.equal((await world.run(['import', file])).code, 2);
  });

  test('the typo of the blueprint’s README: line, column, and no secret', async () => {
    const text =
      '{ "Username": "user@acme.example", "ClientId": "3MVG9CANARY", "PrivateKey": "CANARY-KEY", InstanceUrl": "", "InstanceAPIVersion": ""}';
    const { code, stderr } = await world.run(['import', '-'], { stdin: text });
    assert.equal(code, 2);
    const column = text.indexOf('InstanceUrl') + 1;
    assert.match(stderr, new RegExp(`line 1, column ${column}\\.`));
    assert.match(stderr, /The quote before InstanceUrl is missing/);
    assert.doesNotMatch(stderr, /CANARY|acme/);
    const inner = await world.run(['import', '-', '--json'], { stdin: JSON.stringify({ key: 'k', value: text }) });
    assert.equal(JSON.parse(inner.stderr).error.code, 'invalid_import');
    assert.match(inner.stderr, new RegExp(`column ${column}\\.`));
  });

  test('a Lightning InstanceUrl is refused with the right one', async () => {
    const record = { ...settings, InstanceUrl: 'https://acme-dev-ed.lightning.force.com' };
    const { code, stderr } = await world.run(['import', '-'], { stdin: JSON.stringify(record) });
    assert.equal(code, 2);
    assert.match(stderr, /https:\/\/acme-dev-ed\.my\.salesforce\.com/);
  });

  test('what is missing is named; what is nothing at all as well', async () => {
    const { PrivateKey: _key, ...rest } = settings;
    const missing = await world.run(['import', '-'], { stdin: JSON.stringify({ ...rest, PrivateKey: '' }) });
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /lacks PrivateKey/);
    for (const stdin of ['', 'hello', '{"a":1}', '[]', '{"result":{"sfdxAuthUrl":"[REDACTED] Use …"}}']) {
      assert.equal((await world.run(['import', '-', '--json'], { stdin })).code, 2, stdin);
    }
  });

  test('an sfdxAuthUrl is shared with the Salesforce CLI: it needs --take-over, and the store remembers', async () => {
    const url = 'force://PlatformCLI::5AepCANARY.refresh_token==@acme-dev-ed.my.salesforce.com';
    const bare = await world.run(['import', '-'], { stdin: `${url}\n` });
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /in use by the Salesforce CLI/);
    assert.match(bare.stderr, /--take-over/);
    const json = JSON.stringify({ status: 0, result: { orgId: '00D', sfdxAuthUrl: url }, warnings: [] });
    const taken = await world.run(['import', '-', '--take-over', '--no-verify', '--json'], { stdin: json });
    assert.equal(taken.code, 0, taken.stderr);
    assert.match(taken.stderr, /shared with the Salesforce CLI/);
    const made = JSON.parse(taken.stdout);
    assert.equal(made.connection, 'acme-dev-ed');
    assert.equal(made.login_url, 'https://acme-dev-ed.my.salesforce.com');
    assert.equal(made.client_auth, 'none');
    assert.equal(made.shared_with, 'Salesforce CLI');
    assert.doesNotMatch(bare.stderr + taken.stdout + taken.stderr, /CANARY/);
  });

  test('a .env file: the grant that its variables speak for, and a private key beside it', async () => {
    const { clientId, username = '', privateKeyFile = '' } = world.app('jwt');
    const key = await readFile(privateKeyFile, 'utf8');
    const { loginUrl, myDomainUrl } = world.emulator;
    const jwt = [
      `SF_CLIENT_ID=${clientId}`,
      `SF_USERNAME=${username}`,
      `SF_LOGIN_URL=${loginUrl}`,
      'DATABASE_URL=postgres://elsewhere',
      '# a comment',
    ];
    await world.file('the.key', key);
    const files = {
      'env-key-file': [...jwt, 'SF_PRIVATE_KEY_FILE=the.key', 'SF_API_VERSION=v61.0'],
      'env-key-quoted': [...jwt, `export SALESFORCE_PRIVATE_KEY="${key.trim()}"`],
      'env-key-escaped': [...jwt, `SFDC_PRIVATE_KEY='${key.trim().replaceAll('\n', '\\n')}'`, 'SF_PASSWORD=CANARY-synthetic'],
      'env-client': [
        `SALESFORCE_CONSUMER_KEY="${world.app('clientCredentials').clientId}"`,
        `SALESFORCE_CONSUMER_SECRET="${world.clientSecret}"`,
        `SALESFORCE_INSTANCE_URL=${myDomainUrl}`,
      ],
    };
    for (const [name, rows] of Object.entries(files)) {
      const { stderr, code } = await world.run(['import', await world.file(`${name}.env`, rows.join('\n')), '--name', name]);
      assert.equal(code, 0, `${name}: ${stderr}`);
      assert.match(await world.ok(['token', name]), /^00D/);
      assert.doesNotMatch(stderr, /CANARY/);
      assert.equal(/password in it is not used/.test(stderr), name === 'env-key-escaped');
    }
    const shown = await world.json(['show', 'env-key-file']);
    assert.deepEqual([shown.grant, shown.api_version], ['jwt-bearer', '61.0']);

    const token = [
      `SF_CLIENT_ID=${world.app('rotating').clientId}`,
      `SF_LOGIN_URL=${loginUrl}`,
      `SF_REFRESH_TOKEN=${world.rotatingToken()}`,
    ];
    const shared = await world.run(['import', '-', '--name', 'env-token'], { stdin: token.join('\n') });
    assert.equal(shared.code, 2);
    assert.match(shared.stderr, /in use by the program of this \.env file/);
    await world.ok(['import', '-', '--name', 'env-token', '--take-over'], { stdin: token.join('\n') });
    assert.match(await world.ok(['token', 'env-token']), /^00D/);

    for (const [text, message] of [
      ['SF_USERNAME=ada@example.com', /has no consumer key/],
      ['SF_CLIENT_ID=CANARY1\nSALESFORCE_CLIENT_ID=CANARY2', /SF_CLIENT_ID and SALESFORCE_CLIENT_ID .* are not the same/],
    ] as const) {
      const { code, stderr } = await world.run(['import', '-'], { stdin: text });
      assert.deepEqual([code, message.test(stderr), /CANARY/.test(stderr)], [2, true, false], stderr);
    }
  });

  test('a Postman environment, as the collection of Salesforce has it', async () => {
    const { loginUrl, myDomainUrl } = world.emulator;
    const environment = (variables: Readonly<Record<string, string>>): string =>
      JSON.stringify({
        id: 'synthetic',
        name: 'My org',
        values: [
          ...Object.entries(variables).map(([key, value]) => ({ key, value, type: 'any', enabled: true })),
          { key: 'clientId', value: 'CANARY-off', enabled: false },
        ],
        _postman_variable_scope: 'environment',
      });
    const client = {
      url: myDomainUrl,
      clientId: world.app('clientCredentials').clientId,
      clientSecret: world.clientSecret,
      version: '62',
      username: '{{user}}',
    };
    const file = await world.file('postman.json', environment(client));
    await world.ok(['import', file, '--name', 'postman-client']);
    const shown = await world.json(['show', 'postman-client']);
    assert.deepEqual([shown.grant, shown.api_version, shown.login_url], ['client-credentials', '62.0', myDomainUrl]);
    const adopted = {
      url: loginUrl,
      clientId: world.app('rotating').clientId,
      _refreshToken: world.rotatingToken(),
      _endpoint: myDomainUrl,
    };
    const bare = await world.run(['import', '-', '--name', 'postman-token'], { stdin: environment(adopted) });
    assert.match(bare.stderr, /in use by Postman/);
    await world.ok(['import', '-', '--name', 'postman-token', '--take-over'], { stdin: environment(adopted) });
    assert.match(await world.ok(['token', 'postman-token']), /^00D/);
    const without = await world.run(['import', '-'], {
      stdin: environment({ url: loginUrl, clientId: '' }).replace('CANARY-off', ''),
    });
    assert.match(without.stderr, /Postman environment without clientId/);
  });
});

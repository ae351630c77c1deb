import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

/** The emulator's hosts speak https only, and the processes trust its CA as a company's CA is trusted: by NODE_EXTRA_CA_CERTS. */
describe('the command line over TLS', () => {
  let world: World;
  before(async () => {
    world = await World.make({ tls: true });
  });
  after(() => world[Symbol.asyncDispose]());

  /** As the Salesforce CLI shows it; its host is always https. */
  function sfdxAuthUrl(origin: string): string {
    const [refreshToken = ''] = world.emulator.grant({ app: 'PlatformCLI', user: world.app('PlatformCLI').username ?? '' });
    return `force://PlatformCLI::${refreshToken}@${new URL(origin).host}`;
  }

  test('an sfdxAuthUrl is imported, gives tokens, and the token works', async () => {
    for (const [name, origin] of [
      ['by-login-host', world.emulator.loginUrl],
      ['by-my-domain', world.emulator.myDomainUrl],
    ] as const) {
      const made = await world.json(['import', '-', '--name', name, '--take-over'], { stdin: sfdxAuthUrl(origin) });
      assert.equal(made.login_url, origin);
      const token = await world.ok(['token', name]);
      assert.match(token, /^00D/);
      await world.ok(['renew', name]);
      assert.notEqual(await world.ok(['token', name]), token);
      const answer = JSON.parse(await world.ok(['api', name, 'query?q=SELECT+Name+FROM+Account']));
      assert.equal(answer.totalSize, 3);
    }
    const granted = world.emulator.ledger().filter(({ grantType, outcome }) => grantType === 'refresh_token' && outcome === 'ok');
    assert.deepEqual(
      granted.map(({ host, clientId }) => [host, clientId]),
      ['login', 'login', 'mydomain', 'mydomain'].map((host) => [host, 'PlatformCLI']),
    );
  });

  test('JWT bearer and client credentials work as well', async () => {
    await world.ok(world.connectJwt('jwt'));
    await world.ok(world.connectClient('client'), { stdin: world.clientSecret });
    for (const name of ['jwt', 'client']) assert.match(await world.ok(['token', name]), /^00D/);
  });

  test('without the CA nothing is sent, and the error says what to do', async () => {
    const before = world.emulator.ledger().length;
    const env = { NODE_EXTRA_CA_CERTS: undefined };
    const line = ['import', '-', '--name', 'doubtful', '--take-over', '--json'];
    const { code, stderr } = await world.run(line, { stdin: sfdxAuthUrl(world.emulator.loginUrl), env });
    assert.equal(code, 5, stderr);
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
    assert.equal(error.code, 'tls');
    assert.match(error.message, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    assert.match(error.fix.join('\n'), /NODE_EXTRA_CA_CERTS/);
    assert.equal(world.emulator.ledger().length, before);
  });

  test('a plain http origin of the same port is refused by the emulator in words', async () => {
    const http = world.emulator.myDomainUrl.replace('https:', 'http:');
    const env = { FORCEMINT_EXTRA_HOSTS: http };
    const line = world.connectClient('plain', '--json').map((word) => (word === world.emulator.myDomainUrl ? http : word));
    const { code, stderr } = await world.run(line, { stdin: world.clientSecret, env });
    assert.equal(code, 4);
    assert.match(stderr, /HTTPS required/);
  });
});

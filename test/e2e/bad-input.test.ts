import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

/** Marks every secret of these tests, so that it can be looked for. */
const CANARY = 'CANARY0123456789';

describe('bad input on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  /** What must be refused with exit code 2. @returns the error document */
  async function refused(
    args: readonly string[],
    stdin = '',
  ): Promise<{ code: string; message: string; cause: string; fix: string[] }> {
    const { code, stdout, stderr } = await world.run([...args, '--json'], { stdin });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.ok(!stderr.includes(CANARY), stderr);
    return JSON.parse(stderr).error;
  }

  test('an unknown connection is exit 6 in every command that names one', async () => {
    const file = await world.file('some-token', 'x');
    const lines = [
      ['token', 'none'],
      ['renew', 'none'],
      ['show', 'none'],
      ['status', 'none'],
      ['events', 'none'],
      ['login', 'none', '--no-browser'],
      ['login', 'none', '--paste'],
      ['update', 'none', '--username', 'u'],
      ['revoke', 'none', '--yes'],
      ['remove', 'none', '--yes'],
      ['report-invalid', 'none', '--token-file', file],
      ['exec', 'none', '--', 'true'],
      ['api', 'none', 'limits'],
    ];
    const runs = await Promise.all(lines.map((line) => world.run(line)));
    for (const [index, { code, stderr }] of runs.entries()) {
      assert.equal(code, 6, `${lines[index]?.join(' ')}: ${stderr}`);
      assert.match(stderr, /There is no connection "none"/);
      assert.match(stderr, /forcemint list/);
    }
  });

  test('bad names', async () => {
    for (const name of ['Acme', 'a/b', '../x', '.hidden', 'a'.repeat(64), 'ä', 'a b', '']) {
      assert.equal((await refused(world.connectJwt(name))).code, 'invalid_name', name);
    }
  });

  test('an unknown command or flag is answered with what was probably meant', async () => {
    assert.ok((await refused(['tokn', 'x'])).fix.includes('Did you mean token?'));
    assert.ok((await refused(['token', 'x', '--fromat', 'raw'])).fix.includes('Did you mean --format?'));
    assert.match((await refused(['token'])).message, /Missing required argument/);
    assert.match((await refused(['token', 'x', '--format', 'xml'])).message, /"xml" is no format/);
    assert.match((await refused(['token', 'x', '--min-ttl', '10'])).message, /needs a duration/);
    assert.match((await refused(['connect', 'x'])).message, /The grant is missing/);
    const bare = await world.run([]);
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /Usage: forcemint/);
  });

  test('help and version are results', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../packages/cli/package.json', import.meta.url), 'utf8'));
    assert.equal(await world.ok(['--version']), `${version}\n`);
    const help = await world.ok(['--help']);
    const commandsOf = (text: string) =>
      [...text.matchAll(/^ {2}([a-z-]+)(?: [A-Z[].*?)? {2,}\S/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
    const commands = commandsOf(help);
    assert.equal(commands.length, 22);
    const ofStore = commandsOf(await world.ok(['store', '--help'])).map((name) => ['store', name]);
    assert.equal(ofStore.length, 8);
    const all = [...commands.map((name) => [name]), ...ofStore];
    for (const text of await Promise.all(all.map((names) => world.ok([...names, '--help']))))
      assert.match(text, /^Examples?:\n/m);
  });

  test('private keys: encrypted, of another kind, public, not one at all', async () => {
    const encrypted = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: CANARY },
    });
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const keys: readonly (readonly [string, string])[] = [
      [encrypted.privateKey, 'encrypted_private_key'],
      [String(curve), 'unsupported_key_type'],
      [encrypted.publicKey, 'public_key_given'],
      [`no key ${CANARY}`, 'invalid_private_key'],
    ];
    const { clientId, username = '' } = world.app('jwt');
    for (const [pem, code] of keys) {
      const file = await world.file('bad.pem', pem);
      const flags = ['--login-url', world.emulator.loginUrl, '--client-id', clientId, '--username', username];
      assert.equal(
        (await refused(['connect', 'keys', '--grant', 'jwt-bearer', ...flags, '--private-key-file', file])).code,
        code,
      );
    }
  });

  test('a key with literal \\n works', async () => {
    const { clientId, username = '', privateKeyFile = '' } = world.app('jwt');
    const pem = (await readFile(privateKeyFile, 'utf8')).replaceAll('\n', '\\n');
    const flags = ['--login-url', world.emulator.loginUrl, '--client-id', clientId, '--username', username];
    await world.ok(['connect', 'literal', '--grant', 'jwt-bearer', ...flags, '--private-key-file', '-'], { stdin: pem });
  });

  test('a certificate that does not belong to the key', async () => {
    const { clientId, username = '' } = world.app('jwt');
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    const files = [
      '--private-key-file',
      await world.file('other.pem', String(other)),
      '--certificate-file',
      world.app('jwt').certificateFile ?? '',
    ];
    const flags = ['--login-url', world.emulator.loginUrl, '--client-id', clientId, '--username', username];
    assert.equal((await refused(['connect', 'pair', '--grant', 'jwt-bearer', ...flags, ...files])).code, 'certificate_mismatch');
  });

  test('login URLs: Lightning, outside the list, http, and client credentials at the login host', async () => {
    const connect = (url: string, grant = 'client-credentials'): Promise<{ code: string; fix: string[] }> =>
      refused(['connect', 'host', '--grant', grant, '--client-id', 'x', '--login-url', url, '--client-secret-file', '-'], CANARY);
    const lightning = await connect('https://acme.lightning.force.com');
    assert.equal(lightning.code, 'lightning_url');
    assert.match(lightning.fix.join(), /https:\/\/acme\.my\.salesforce\.com/);
    assert.equal((await connect('https://salesforce.example')).code, 'host_not_allowed');
    assert.equal((await connect('https://login.salesforce.com.evil.example')).code, 'host_not_allowed');
    assert.equal((await connect('http://acme.my.salesforce.com')).code, 'insecure_url');
    assert.equal((await connect(`https://user:${'p'}@login.salesforce.com`)).code, 'usage');
    const shared = await connect('https://login.salesforce.com');
    assert.equal(shared.code, 'my_domain_required');
    assert.match(shared.fix.join(), /my\.salesforce\.com/);
  });

  test('a secret among the arguments is refused without being repeated', async () => {
    const token = `00D000000000EMU!${CANARY}${'x'.repeat(40)}`;
    const lines = [
      ['connect', 'x', '--client-secret', CANARY],
      ['connect', 'x', `--client-secret=${CANARY}`],
      ['connect', 'x', '--private-key', CANARY],
      ['connect', 'x', `--refresh-token=${CANARY}`],
      ['connect', 'x', '--password', CANARY],
      ['update', 'x', '--next-client-secret', CANARY],
      ['report-invalid', 'x', '--access-token', CANARY],
      ['report-invalid', 'x', '--token-file', token],
      ['report-invalid', 'x', token],
      ['import', `force://PlatformCLI::${CANARY}@acme.my.salesforce.com`],
      ['list', `--store=postgres://user:${CANARY}@db/forcemint`],
      [`FORCEMINT_STORE=postgres://user:${CANARY}@db/forcemint`],
    ];
    for (const line of lines) {
      const error = await refused(line);
      assert.match(error.message, /on the command line/, line[0]);
      assert.ok(error.fix.length > 0);
    }
    // What is not known to be a secret is not repeated either.
    for (const line of [['connect', 'x', `--secret=${CANARY}`], [`${CANARY}!==`], ['token', 'x', CANARY]]) await refused(line);
    const plain = await world.run(['connect', 'x', '--client-secret', CANARY]);
    assert.match(plain.stderr, /--client-secret-file -/);
    assert.ok(!plain.stderr.includes(CANARY));
    assert.equal((await world.run(['list'])).code, 0);
  });

  test('files of secrets: missing, a folder, empty, not text, readable by others, two from stdin', async () => {
    const connect = (file: string): string[] => [
      ...['connect', 'file', '--grant', 'client-credentials', '--client-id', 'x', '--login-url', world.emulator.myDomainUrl],
      ...['--no-verify', '--client-secret-file', file],
    ];
    assert.match((await refused(connect('/no/such/file'))).message, /does not exist/);
    assert.match((await refused(connect(world.folder))).message, /is a folder/);
    assert.match((await refused(connect(await world.file('empty', '\n\n')))).message, /is empty/);
    assert.match((await refused(connect('-'))).message, /stdin, is empty/);
    assert.match((await refused(connect(await world.file('utf16', 's\0e\0c\0')))).message, /is not text/);
    const two = [...connect('-'), '--private-key-file', '-'];
    assert.match((await refused(two, CANARY)).message, /Only one secret can come from stdin/);
    const { chmod } = await import('node:fs/promises');
    const open = await world.file('open', `${CANARY}\r\n`);
    await chmod(open, 0o644);
    const { code, stderr } = await world.run(connect(open));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: .*can be read by others.*chmod 600/m);
  });

  test('a callback URL that can be none, an API version that is none', async () => {
    assert.equal((await refused(world.connectLogin('uri', '--redirect-uri', 'http://example.com/x'))).code, 'invalid_setting');
    assert.equal((await refused(world.connectJwt('api', '--api-version', 'latest'))).code, 'invalid_setting');
    assert.equal((await refused(world.connectJwt('label', '--label', 'no-value'))).code, 'usage');
    assert.equal((await refused(world.connectJwt('time', '--session-timeout', '2'))).code, 'usage');
  });
});

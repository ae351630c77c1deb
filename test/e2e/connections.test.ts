import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

describe('connections on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  test('list says how to begin where there is nothing', async () => {
    const { code, stdout, stderr } = await world.run(['list']);
    assert.equal(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /forcemint connect --help/);
    assert.deepEqual(await world.json(['list']), []);
  });

  test('connect proves a JWT bearer connection, with the certificate checked', async () => {
    const { certificateFile = '' } = world.app('jwt');
    const stdout = await world.ok(world.connectJwt('jwt', '--certificate-file', certificateFile, '--label', 'team=a'));
    assert.match(stdout, /jwt works \(JWT bearer at http/);
    assert.equal(world.emulator.ledger().filter((entry) => entry.clientId === world.app('jwt').clientId).length, 1);
  });

  test('connect takes a secret from stdin; client credentials', async () => {
    const shown = await world.json(world.connectClient('client'), { stdin: `${world.clientSecret}\n` });
    assert.equal(shown.state, 'ready');
    assert.deepEqual(shown.secrets, ['client_secret']);
  });

  test('connect takes private_key_jwt instead of a secret', async () => {
    const { clientId, privateKeyFile = '' } = world.app('all');
    const flags = ['--login-url', world.emulator.myDomainUrl, '--client-id', clientId, '--private-key-file', privateKeyFile];
    const shown = await world.json(['connect', 'keyed', '--grant', 'client-credentials', ...flags]);
    assert.equal(shown.client_auth, 'private-key-jwt');
    assert.equal(shown.state, 'ready');
  });

  test('connect adopts a refresh token and counts its versions', async () => {
    const shown = await world.json(world.connectRotating('rotating'), { stdin: world.rotatingToken() });
    assert.equal(shown.has_refresh_token, true);
    assert.equal(shown.rotation_seen, 'yes');
    assert.equal(shown.refresh_token_version, 2);
  });

  test('connect of an authorization-code connection names the login to run next', async () => {
    const stdout = await world.ok(world.connectLogin('web'));
    assert.match(stdout, /next {3}forcemint login web/);
    const { code, stdout: status } = await world.run(['status', 'web']);
    assert.equal(code, 3);
    assert.match(status, /forcemint login web/);
  });

  test('a refused proof keeps nothing, so that the next try needs no --replace', async () => {
    const refused = await world.run(world.connectClient('second'), { stdin: 'a-wrong-secret-CANARY' });
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /^error: Salesforce refused/);
    assert.match(refused.stderr, /^why: {3}The consumer secret is wrong/m);
    assert.match(refused.stderr, /^do: .*--client-secret-file F/m);
    assert.match(refused.stderr, /second was not kept/);
    assert.match(refused.stderr, /^more: {2}forcemint why K5$/m);
    assert.doesNotMatch(refused.stderr, /CANARY|forcemint update second/);
    assert.equal((await world.run(['show', 'second'])).code, 6);
    await world.ok(world.connectClient('second'), { stdin: world.clientSecret });
  });

  test('--no-verify keeps it unproven and asks Salesforce nothing', async () => {
    const before = world.emulator.ledger().length;
    const stdout = await world.ok(world.connectClient('unproven', '--no-verify'), { stdin: 'a-wrong-secret' });
    assert.match(stdout, /it was not tried/);
    assert.equal(world.emulator.ledger().length, before);
    assert.equal((await world.run(['token', 'unproven'])).code, 4);
  });

  test('passing trouble keeps the connection', async () => {
    world.emulator.fault({
      match: { path: '/services/oauth2/token' },
      action: { status: 503, body: '<html>maintenance</html>' },
    });
    const { code, stderr } = await world.run(world.connectClient('later'), { stdin: world.clientSecret });
    assert.equal(code, 5);
    assert.match(stderr, /later is kept; try again later: forcemint token later/);
    await world.ok(['token', 'later']);
  });

  test('the same name again is refused; --replace takes its place', async () => {
    const again = await world.run(world.connectJwt('jwt'));
    assert.equal(again.code, 2);
    assert.match(again.stderr, /There is a connection jwt already/);
    const { code, stderr } = await world.run(world.connectJwt('jwt', '--replace', '--label', 'team=b'));
    assert.equal(code, 0);
    assert.match(stderr, /Replaced jwt; its old grant was not revoked/);
    assert.deepEqual((await world.json(['show', 'jwt'])).labels, { team: 'b' });
  });

  test('--replace with settings that cannot be leaves the old one as it is', async () => {
    const key = await world.file('broken.pem', 'not a key');
    const { clientId } = world.app('jwt');
    const flags = ['--grant', 'jwt-bearer', '--client-id', clientId, '--username', 'u', '--private-key-file', key, '--replace'];
    assert.equal((await world.run(['connect', 'jwt', ...flags])).code, 2);
    assert.equal((await world.json(['show', 'jwt'])).state, 'ready');
  });

  test('two processes that make the same connection at once: one does, the other says so', async () => {
    const both = await Promise.all([world.run(world.connectJwt('same')), world.run(world.connectJwt('same'))]);
    assert.deepEqual(both.map(({ code }) => code).sort(), [0, 2]);
    assert.match(both.find(({ code }) => code === 2)?.stderr ?? '', /There is a connection same already/);
    await world.ok(['token', 'same']);
  });

  test('update changes settings and merges labels', async () => {
    await world.ok(['update', 'jwt', '--session-timeout', '12h', '--label', 'team=', '--label', 'env=test']);
    const shown = await world.json(['show', 'jwt']);
    assert.equal(shown.session_timeout_seconds, 43_200);
    assert.deepEqual(shown.labels, { env: 'test' });
    assert.equal((await world.run(['update', 'jwt'])).code, 2);
  });

  test('update of the host discards the secrets, and says so', async () => {
    await world.ok(world.connectClient('moving'), { stdin: world.clientSecret });
    const moved = await world.run(['update', 'moving', '--login-url', world.emulator.loginUrl]);
    assert.equal(moved.code, 2);
    assert.match(moved.stderr, /client secret/);
    const flags = ['--login-url', world.emulator.loginUrl, '--client-secret-file', '-', '--json'];
    const { stdout } = await world.run(['update', 'moving', ...flags], { stdin: world.clientSecret });
    assert.equal(JSON.parse(stdout).token, null);
  });

  test('list, show, status and events tell everything but secrets', async () => {
    const list = await world.ok(['list']);
    assert.match(list, /^NAME +STATE +VALID FOR +GRANT +LOGIN URL$/m);
    assert.match(list, /^jwt +ready +\d+ h/m);
    const show = await world.ok(['show', 'jwt']);
    assert.match(show, /secrets set +private key/);
    assert.match(show, /expires +\d{4}-\d\d-\d\d .*\(in /);
    assert.match(await world.ok(['status']), /^web +new/m);
    const events = await world.ok(['events', 'jwt', '--limit', '50']);
    assert.match(events, /connected +grant=jwt-bearer/);
    const all = list + show + events + JSON.stringify(await world.json(['show', 'jwt'])) + (await world.ok(['status', '--json']));
    const token = (await world.ok(['token', 'jwt'])).trim();
    const key = await readFile(world.app('jwt').privateKeyFile ?? '', 'utf8');
    for (const secret of [token, world.clientSecret, key.split('\n')[1] ?? '']) assert.ok(!all.includes(secret));
  });

  test('revoke ends a refresh token at Salesforce; the connection stays and waits for somebody', async () => {
    await world.ok(world.connectRotating('revoked'), { stdin: world.rotatingToken() });
    const stdout = await world.ok(['revoke', 'revoked', '--yes']);
    assert.match(stdout, /is revoked at Salesforce/);
    const { code, stderr } = await world.run(['token', 'revoked']);
    assert.equal(code, 3);
    assert.match(stderr, /forcemint update revoked --refresh-token-file F/);
    await world.ok(['update', 'revoked', '--refresh-token-file', '-'], { stdin: world.rotatingToken() });
    await world.ok(['token', 'revoked']);
  });

  test('remove asks for --yes without a terminal, revokes, and frees the name', async () => {
    await world.ok(world.connectRotating('gone'), { stdin: world.rotatingToken() });
    const unsure = await world.run(['remove', 'gone']);
    assert.equal(unsure.code, 2);
    assert.match(unsure.stderr, /--yes/);
    const removed = await world.json(['remove', 'gone', '--yes']);
    assert.deepEqual(removed, { connection: 'gone', removed: true, grant: 'revoked' });
    assert.equal((await world.run(['show', 'gone'])).code, 6);
    await world.ok(world.connectRotating('gone'), { stdin: world.rotatingToken() });
    assert.equal((await world.json(['remove', 'gone', '--yes', '--keep-grant'])).grant, 'kept');
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

describe('tokens on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
    await world.ok(world.connectJwt('jwt'));
  });
  after(() => world[Symbol.asyncDispose]());

  test('token prints the stored token and a line end', async () => {
    const stdout = await world.ok(['token', 'jwt']);
    assert.match(stdout, /^00D\S+\n$/);
    assert.equal(await world.ok(['token', 'jwt', '--min-ttl', '30m', '--purpose', 'a test']), stdout);
  });

  test('token --json has exactly the documented members', async () => {
    await world.ok(world.connectClient('fresh', '--no-verify'), { stdin: world.clientSecret });
    const first = await world.json(['token', 'fresh']);
    const members =
      'connection access_token token_type instance_url scope issued_at expires_at expires_in expiry_source fingerprint source';
    assert.deepEqual(Object.keys(first), members.split(' '));
    assert.equal(first.source, 'exchange');
    assert.equal(first.instance_url, world.emulator.myDomainUrl);
    const digest = createHash('sha256').update(String(first.access_token)).digest('hex').slice(0, 16);
    assert.equal(first.fingerprint, digest);
    const second = await world.json(['token', 'fresh']);
    assert.equal(second.source, 'store');
    assert.equal(second.access_token, first.access_token);
  });

  test('--min-ttl asks for at most half of the token’s life', async () => {
    await world.ok(world.connectClient('young', '--session-timeout', '15m', '--introspect', 'off'), {
      stdin: world.clientSecret,
    });
    const { expires_in: seconds, fingerprint } = await world.json(['token', 'young']);
    assert.ok(Number(seconds) <= 900 && Number(seconds) > 800);
    assert.equal((await world.json(['token', 'young', '--min-ttl', '2h'])).fingerprint, fingerprint);
  });

  test('header, env and curl give what shells and curl take', async () => {
    const token = (await world.ok(['token', 'jwt'])).trim();
    assert.equal(await world.ok(['token', 'jwt', '--format', 'header']), `Authorization: Bearer ${token}\n`);
    assert.equal(await world.ok(['token', 'jwt', '--format', 'curl']), `header = "Authorization: Bearer ${token}"\n`);
    const lines = await world.ok(['token', 'jwt', '--format', 'env']);
    const script = `${lines}printf %s "$SF_ACCESS_TOKEN $SF_INSTANCE_URL $SALESFORCE_ACCESS_TOKEN"`;
    const shell = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(shell.stdout, `${token} ${world.emulator.myDomainUrl} ${token}`);
  });

  test('renew exchanges now, and says when the next forced one may leave', async () => {
    await world.ok(world.connectRotating('renewed'), { stdin: world.rotatingToken() });
    const before = await world.json(['token', 'renewed']);
    const renewed = await world.json(['renew', 'renewed']);
    assert.notEqual(renewed.access_token, before.access_token);
    const { code, stderr } = await world.run(['renew', 'renewed', '--json']);
    assert.equal(code, 5);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, 'budget_exhausted');
    assert.equal(error.retry, 'wait');
    assert.ok(error.retry_at > Date.now() / 1000 - 1);
  });

  test('report-invalid counts for the current token only', async () => {
    await world.ok(world.connectClient('reported'), { stdin: world.clientSecret });
    const token = await world.ok(['token', 'reported']);
    assert.match(await world.ok(['report-invalid', 'reported', '--token-file', '-'], { stdin: 'another' }), /nothing to do/);
    assert.equal(await world.ok(['token', 'reported']), token);
    const said = await world.json(['report-invalid', 'reported', '--token-file', await world.file('token.txt', token)]);
    assert.equal(said.was_current, true);
    assert.notEqual(await world.ok(['token', 'reported']), token);
  });

  test('exec gives the token to a command, keeps the master key, and ends with the command’s code', async () => {
    const script = 'process.stdout.write(JSON.stringify(process.env)); process.exitCode = 7';
    const key = Buffer.alloc(32, 7).toString('base64');
    const own = { FORCEMINT_MASTER_KEY: key, FORCEMINT_HOME: `${world.home}-keyed` };
    await world.ok(world.connectClient('keyed'), { stdin: world.clientSecret, env: own });
    const run = await world.run(['exec', 'keyed', '--', process.execPath, '-e', script], { env: own });
    assert.equal(run.code, 7);
    const env = JSON.parse(run.stdout);
    assert.equal(env.SF_ACCESS_TOKEN, (await world.ok(['token', 'keyed'], { env: own })).trim());
    assert.equal(env.SF_INSTANCE_URL, world.emulator.myDomainUrl);
    assert.equal(env.SF_API_VERSION, '66.0');
    assert.equal(env.SALESFORCE_ACCESS_TOKEN, env.SF_ACCESS_TOKEN);
    assert.equal(env.SALESFORCE_INSTANCE_URL, env.SF_INSTANCE_URL);
    assert.ok(!run.stdout.includes(key) && !('FORCEMINT_MASTER_KEY' in env));
  });

  test('exec: no such command is 127, a signal is 128 and its number, stdin goes through', async () => {
    const missing = await world.run(['exec', 'jwt', '--', 'no-such-command-here']);
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /no-such-command-here: there is no such command/);
    const killed = await world.run(['exec', 'jwt', '--', 'sh', '-c', 'kill -9 $$']);
    assert.equal(killed.code, 137);
    assert.equal((await world.run(['exec', 'jwt', '--', 'cat'], { stdin: 'through' })).stdout, 'through');
    const flags = await world.run(['exec', 'jwt', 'ls', '-la']);
    assert.equal(flags.code, 2);
    assert.match(flags.stderr, /forcemint exec NAME -- COMMAND/);
  });

  test('exec hands signals on to the command', async () => {
    const script = "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('listening')";
    const running = world.start(['exec', 'jwt', '--', process.execPath, '-e', script]);
    await running.seen('stdout', /listening/);
    running.child.kill('SIGTERM');
    assert.equal((await running.finished).code, 9);
  });

  test('api calls below the connection’s API version, or below /services', async () => {
    assert.ok('DailyApiRequests' in JSON.parse(await world.ok(['api', 'jwt', 'limits'])));
    assert.ok(Array.isArray(JSON.parse(await world.ok(['api', 'jwt', '/services/data']))));
    const { status, body } = await world.json(['api', 'jwt', 'query?q=SELECT+Name+FROM+Organization']);
    assert.equal(status, 200);
    assert.equal((body as { totalSize: number }).totalSize, 1);
    const included = await world.ok(['api', 'jwt', 'limits', '-i']);
    assert.match(included, /^HTTP 200\n(?:.+\n)*sforce-limit-info: .*\n/);
  });

  test('api: a refusal goes to stderr with exit code 4, trouble with 5', async () => {
    const refused = await world.run(['api', 'jwt', 'query?q=SELECT+Nope+FROM+Account']);
    assert.equal(refused.code, 4);
    assert.equal(refused.stdout, '');
    assert.match(refused.stderr, /HTTP 400\n.*INVALID_FIELD/);
    world.emulator.fault({ match: { path: '/services/data*' }, action: { status: 503, body: 'down' } });
    assert.equal((await world.run(['api', 'jwt', 'limits'])).code, 5);
  });

  test('api renews once when Salesforce no longer knows the token, and not when the token may not', async () => {
    await world.ok(world.connectClient('calls'), { stdin: world.clientSecret });
    const old = (await world.ok(['token', 'calls'])).trim();
    world.emulator.revoke({ token: old });
    await world.ok(['api', 'calls', 'limits']);
    assert.notEqual((await world.ok(['token', 'calls'])).trim(), old);

    const before = world.emulator.ledger().length;
    const body = JSON.stringify([
      { errorCode: 'INVALID_SESSION_ID', message: 'This session is not valid for use with the REST API' },
    ]);
    world.emulator.fault({ match: { path: '/services/data*' }, action: { status: 401, body } });
    const { code, stderr } = await world.run(['api', 'calls', 'limits']);
    assert.equal(code, 4);
    assert.match(stderr, /not valid for use with the REST API/);
    assert.equal(world.emulator.ledger().length, before);
  });

  test('api never takes the token to another origin', async () => {
    const requests: string[] = [];
    const other = createServer((request, response) => {
      requests.push(request.headers.authorization ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    for (const path of [`http://127.0.0.1:${port}/x`, `//127.0.0.1:${port}/x`, `\\\\127.0.0.1:${port}\\x`]) {
      const { code, stderr } = await world.run(['api', 'jwt', path]);
      assert.equal(code, 2, path);
      assert.match(stderr, /only to the org that it is for/);
    }
    const location = `http://127.0.0.1:${port}/x`;
    world.emulator.fault({ match: { path: '/services/data*' }, action: { status: 302, body: '', headers: { location } } });
    assert.equal((await world.run(['api', 'jwt', 'limits'])).code, 4);
    assert.deepEqual(requests, []);
    await new Promise((resolve) => other.close(resolve));
  });

  test('a token that takes longer than a caller waits is waited for: the exchange runs in this process', async () => {
    await world.ok(world.connectRotating('slow', '--no-verify'), { stdin: world.rotatingToken() });
    world.emulator.fault({ match: { path: '/services/oauth2/token' }, action: { delayMs: 11_000 } });
    assert.match(await world.ok(['token', 'slow']), /^00D/);
  });
});

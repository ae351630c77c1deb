import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fingerprint, signIn } from '@forcemint/emulator';
import { filesBelow, findCanaries, type Remains } from '../support/canaries.ts';
import { CommandLine, type Ran } from '../support/command-line.ts';
import { historyOf, violations } from '../support/ledger-history.ts';
import { SALESFORCE_CLI } from './install/client-package.ts';
import { installClient } from './install/install-client.ts';
import { CliSandbox } from './sandbox/cli-sandbox.ts';

const ADMIN = 'admin@emulator.example';
const USER = 'user@emulator.example';
const INTEGRATION = 'integration@emulator.example';
const TAKE_OVER = ['import', '--salesforce-cli'];

/** Forcemint beside the CLI of a sandbox, which is the `sf` on its PATH. */
async function forcemintBeside(sf: CliSandbox) {
  const folder = dirname(sf.file('beside', ''));
  const [home, bin] = [join(folder, 'forcemint'), join(folder, 'path')];
  mkdirSync(bin);
  const { caFile = '' } = sf.emulator.ready;
  const variables = {
    HOME: join(folder, 'home'),
    NODE_EXTRA_CA_CERTS: caFile,
    SF_DISABLE_AUTOUPDATE: 'true',
    SF_DISABLE_DNS_CHECK: 'true',
    SF_DISABLE_LOG_FILE: 'true',
    SF_DISABLE_TELEMETRY: 'true',
    SF_SKIP_NEW_VERSION_CHECK: 'true',
    SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
    ...sf.guard.env,
  };
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const program = [process.execPath, await installClient(SALESFORCE_CLI)].map(quoted).join(' ');
  const settings = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  writeFileSync(join(bin, 'sf'), `#!/bin/sh\n${settings.join('\n')}\n${program} "$@"\n`, { mode: 0o700 });
  const { loginUrl, myDomainUrl } = sf.emulator;
  const commandLine = new CommandLine({
    PATH: `${bin}:/usr/bin:/bin`,
    HOME: join(folder, 'nobody'),
    FORCEMINT_HOME: home,
    FORCEMINT_EXTRA_HOSTS: `${loginUrl},${myDomainUrl}`,
    FORCEMINT_DEBUG: '1',
    NODE_EXTRA_CA_CERTS: caFile,
  });
  const remains: Remains[] = [];
  const secrets = new Map<string, string>();
  const run = async (args: readonly string[], exitCode = 0): Promise<Ran> => {
    const ran = await commandLine.run(args);
    assert.equal(ran.exitCode, exitCode, `forcemint ${args.join(' ')}: ${ran.stdout}${ran.stderr}`);
    remains.push({ place: `output of ${args.join(' ')}`, bytes: Buffer.from(`${ran.stdout}${ran.stderr}`) });
    return ran;
  };
  return {
    run,
    json: async (args: readonly string[], exitCode?: number) => JSON.parse((await run([...args, '--json'], exitCode)).stdout),
    /** The refresh token that the CLI has; it must be found nowhere afterwards. */
    async refreshToken(username: string): Promise<string> {
      const { result } = await sf.json(['org', 'auth', 'show-sfdx-auth-url', '--target-org', username]);
      const token = /:([^:@]+)@/.exec(Object(result).sfdxAuthUrl)?.[1] ?? assert.fail('there is no refresh token');
      secrets.set(`refresh token of ${username}`, token);
      return token;
    },
    /** Where the CLI's refresh tokens are in clear: what Forcemint wrote, stored and called. */
    canaries: () => {
      const called = filesBelow(folder, (path) => !path.endsWith('guard.jsonl'));
      return findCanaries(secrets, [...remains, ...commandLine.sampled, ...called, ...filesBelow(home)]);
    },
  };
}

async function logInByUrl(sf: CliSandbox, user: string, ...flags: readonly string[]): Promise<void> {
  const [refreshToken = ''] = sf.emulator.grant({ app: 'PlatformCLI', user });
  const url = `force://PlatformCLI::${refreshToken}@${new URL(sf.emulator.loginUrl).host}`;
  await sf.ok(['org', 'login', 'sfdx-url', ...flags, '--sfdx-url-stdin'], { stdin: url });
}

/** A login with an sfdxAuthUrl would be a renewal, whose new refresh token the CLI throws away. */
async function logInByWeb(sf: CliSandbox, user: string, alias: string): Promise<void> {
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(sf.emulator.ready.caFile ?? '', 'utf8')]);
  await sf.takeFreeLoginPort();
  rmSync(sf.file('browsed', ''));
  const running = sf.ok(['org', 'login', 'web', '--instance-url', sf.emulator.loginUrl, '--alias', alias]);
  await fetch(await signIn(await sf.browsed(), sf.user(user)));
  await running;
}

test('every org of the CLI: those with a refresh token work here, the JWT login gets the line that does', async () => {
  await using sf = await CliSandbox.make({ tls: true });
  const forcemint = await forcemintBeside(sf);
  await logInByUrl(sf, ADMIN, '--alias', 'Emu');
  await logInByUrl(sf, USER);
  await sf.ok(sf.loginJwt('nightly'));
  const tokens = [await forcemint.refreshToken(ADMIN), await forcemint.refreshToken(USER)];
  const [seq, exchanges] = [sf.emulator.requests().at(-1)?.seq, sf.emulator.ledger().length];

  const waiting = await forcemint.json(TAKE_OVER, 2);
  assert.deepEqual(
    waiting.orgs.map(({ username, name }: Record<string, string>) => [username, name]),
    [
      [ADMIN, 'emu'],
      [INTEGRATION, 'nightly'],
      [USER, 'user-emulator.example'],
    ],
  );
  const { stdout, stderr } = await forcemint.run([...TAKE_OVER, '--take-over'], 2);
  assert.match(stdout, /^2 connections made, 1 refused; none was tried$/m);
  assert.deepEqual([sf.emulator.requests(seq), sf.emulator.ledger().length], [[], exchanges], 'nobody is asked anything');
  for (const [index, name] of ['emu', 'user-emulator.example'].entries()) {
    await forcemint.run(['token', name]);
    assert.equal(sf.emulator.ledger().at(-1)?.presented, fingerprint(tokens[index] ?? ''));
  }
  const [, connect = ''] = /^do: +forcemint (connect nightly --grant jwt-bearer .*)$/m.exec(stderr) ?? [];
  await forcemint.run(connect.split(' '));
  await sf.ok(['data', 'query', '--query', 'SELECT Id FROM User', '--target-org', 'Emu']);
  assert.deepEqual(await forcemint.json([...TAKE_OVER, 'Emu', '--take-over']), {
    made: 0,
    were_there: 1,
    refused: [],
    orgs: [{ username: ADMIN, aliases: ['Emu'], name: 'emu', login_url: sf.emulator.myDomainUrl, outcome: 'was-there' }],
  });
  assert.deepEqual(forcemint.canaries(), []);
});

test('with an app that rotates: taken over before anybody renews, and no refresh token is presented twice', async () => {
  await using sf = await CliSandbox.make({ tls: true });
  const forcemint = await forcemintBeside(sf);
  sf.emulator.configureApp('PlatformCLI', { isRefreshTokenRotationEnabled: true });
  await logInByWeb(sf, ADMIN, 'emu');
  await logInByWeb(sf, USER, 'other');
  const adopted = [await forcemint.refreshToken(ADMIN), await forcemint.refreshToken(USER)].map(fingerprint);
  assert.equal((await forcemint.json([...TAKE_OVER, '--take-over'])).made, 2);
  for (const name of ['emu', 'other']) {
    await forcemint.run(['token', name]);
    await forcemint.run(['update', name, '--api-version', '60.0']);
  }
  await sf.ok(['org', 'logout', '--target-org', 'emu', '--no-prompt']);
  await forcemint.run(['renew', 'emu']);
  const { were_there: wereThere } = await forcemint.json([...TAKE_OVER, '--take-over']);
  assert.equal(wereThere, 1, 'the CLI has used-up tokens, whose grant is here');
  for (const [index, token] of adopted.entries()) {
    const history = historyOf(sf.emulator.ledger(), token);
    assert.equal(history.requests.length, index === 0 ? 2 : 1);
    assert.deepEqual(violations(history, Number.POSITIVE_INFINITY), []);
    assert.ok(history.requests.every(({ outcome, consumed }) => outcome === 'ok' && consumed));
  }
  assert.deepEqual(forcemint.canaries(), []);
});

test('what the CLI has no refresh token of, and an org that it does not know', async () => {
  await using sf = await CliSandbox.make({ tls: true });
  const forcemint = await forcemintBeside(sf);
  await logInByUrl(sf, ADMIN);
  const { result } = await sf.json(['org', 'auth', 'show-access-token', '--target-org', ADMIN]);
  await sf.ok(['org', 'logout', '--target-org', ADMIN, '--no-prompt']);
  const login = ['org', 'login', 'access-token', '--instance-url', sf.emulator.myDomainUrl, '--alias', 'emu'];
  await sf.ok(login, { stdin: `${Object(result).accessToken}\n` });
  const { refused } = await forcemint.json([...TAKE_OVER, 'emu', 'nobody', '--take-over'], 2);
  assert.deepEqual(
    refused.map(({ username, code }: Record<string, string>) => [username, code]),
    [
      [ADMIN, 'no_refresh_token'],
      ['nobody', 'org_not_known'],
    ],
  );
  assert.match(refused[0].reason, /with an access token alone/);
});

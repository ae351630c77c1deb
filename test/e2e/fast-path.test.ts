import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createEmulator } from '@forcemint/emulator';
import { openForcemint } from '@forcemint/node';

const sources = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'packages/cli/src');

function command(entry: 'bin.ts' | 'main.ts', home: string, args: readonly string[], stdout: 'pipe' | number = 'pipe') {
  const env = { ...process.env, FORCEMINT_HOME: home };
  return spawnSync(process.execPath, ['--conditions=source', join(sources, entry), ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'pipe'],
  });
}

test('a stored token is printed by the short way exactly as by the long one', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'forcemint-test-'));
  t.after(() => rmSync(home, { recursive: true }));
  {
    await using emulator = await createEmulator();
    const { loginUrl, myDomainUrl, apps } = emulator.ready;
    await using forcemint = await openForcemint({ home, extraHosts: [loginUrl, myDomainUrl] });
    await forcemint.administration.connect('acme', {
      settings: { grant: 'client-credentials', loginUrl: myDomainUrl, clientId: apps['clientCredentials']?.clientId },
      secrets: { clientSecret: apps['clientCredentials']?.clientSecret },
    });
    await forcemint.getToken('acme');
  }
  const before = readdirSync(home).sort();
  for (const format of ['raw', 'header', 'env', 'curl']) {
    const short = command('bin.ts', home, ['token', 'acme', '--format', format]);
    const long = command('main.ts', home, ['token', 'acme', '--format', format]);
    assert.equal(short.status, 0, short.stderr);
    assert.ok(short.stdout.length > 50);
    assert.equal(short.stdout, long.stdout, format);
  }
  const { expires_in: _short, ...json } = JSON.parse(command('bin.ts', home, ['token', 'acme', '--json']).stdout);
  const { expires_in: _long, ...longJson } = JSON.parse(command('main.ts', home, ['token', 'acme', '--json']).stdout);
  assert.deepEqual(json, longJson);
  assert.deepEqual(readdirSync(home).sort(), before);

  const unknown = command('bin.ts', home, ['token', 'nobody']);
  assert.equal(unknown.status, 6, 'what the short way cannot do, the long one does, and explains');
  if (!existsSync('/dev/full')) return;
  const full = command('bin.ts', home, ['token', 'acme'], openSync('/dev/full', 'w'));
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^error: The token could not be written to stdout \(ENOSPC\)\.\ndo: .+\n$/);
});

test('an error is explained by the short way exactly as by the long one', () => {
  const home = join(tmpdir(), 'forcemint-nowhere');
  const said = "invalid_grant: user hasn't approved this consumer";
  for (const args of [
    ['why', said],
    ['why', ...said.split(' '), '--host', 'acme.my.salesforce.com'],
    ['why', said, '--json'],
    ['why', 'invalid_grant', '--grant', 'refresh-token'],
    ['why', 'never heard of'],
    ['why', '--', '--strange words'],
    ['why', said, '--grant', 'nothing'],
    ['why', '--nothing'],
  ]) {
    const [short, long] = [command('bin.ts', home, args), command('main.ts', home, args)];
    assert.deepEqual([short.status, short.stdout, short.stderr], [long.status, long.stdout, long.stderr], args.join(' '));
    assert.ok(short.stdout.length + short.stderr.length > 50);
  }
});

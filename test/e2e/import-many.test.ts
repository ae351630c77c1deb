import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

/** Recognisable as synthetic, and as what must not come back. */
const SECRET = 'CANARY-synthetic-secret';

describe('import of a list on the command line', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  const lines = (...rows: readonly string[]): string => `${rows.join('\n')}\n`;

  test('CSV, JSON and JSON lines make the same connections, which work', async () => {
    const { myDomainUrl } = world.emulator;
    const { clientId } = world.app('clientCredentials');
    const row = (name: string) => ({ name, login_url: myDomainUrl, client_id: clientId, client_secret: world.clientSecret });
    const csv = (separator: string, name: string) =>
      lines(
        ['name', 'Login URL', 'clientId', 'client_secret', 'labels'].join(separator),
        [name, myDomainUrl, clientId, `"${world.clientSecret}"`, '"team=billing;env=test"'].join(separator),
      );
    const files = {
      comma: csv(',', 'comma'),
      semicolon: `\ufeff${csv(';', 'semicolon').replaceAll('\n', '\r\n')}`,
      tab: csv('\t', 'tab'),
      json: JSON.stringify([{ ...row('json'), labels: { team: 'billing', env: 'test' } }], undefined, 2),
      lines: lines(JSON.stringify({ ...row('lines'), labels: { team: 'billing', env: 'test' } })),
    };
    for (const [name, content] of Object.entries(files)) {
      const told = await world.json(['import', await world.file(`list-${name}`, content)]);
      assert.deepEqual(told, { made: 1, were_there: 0, refused: [] }, name);
      const shown = await world.json(['show', name]);
      assert.deepEqual([shown['grant'], shown['labels']], ['client-credentials', { team: 'billing', env: 'test' }]);
      assert.match(await world.ok(['token', name]), /^00D/);
    }
    assert.match(await world.ok(['import', '-'], { stdin: files.lines }), /0 connections made, 1 had been made before/);
  });

  test('what export prints can be a list, with the secrets beside it in files', async () => {
    const { privateKeyFile = '' } = world.app('jwt');
    await world.ok(world.connectJwt('original'));
    const exported = JSON.parse(await world.ok(['export', 'original', '--json']));
    await writeFile(join(world.folder, 'copy.key'), await readFile(privateKeyFile), { mode: 0o600 });
    const list = [{ ...exported, connection: 'copy', private_key_file: 'copy.key' }];
    await world.ok(['import', await world.file('exported.json', JSON.stringify(list))]);
    assert.match(await world.ok(['token', 'copy']), /^00D/);
  });

  test('a row that is refused says why and stops no other; another run mends it', async () => {
    const rows = [
      'name,grant,login_url,client_id,client_secret,refresh_token,private_key_file,username',
      `good,client-credentials,https://acme.my.salesforce.com,3MVG9synthetic,${SECRET},,,`,
      `Not A Name,client-credentials,https://acme.my.salesforce.com,3MVG9synthetic,${SECRET},,,`,
      `no-domain,client-credentials,https://login.salesforce.com,3MVG9synthetic,${SECRET},,,`,
      `evil,client-credentials,https://evil.example,3MVG9synthetic,${SECRET},,,`,
      `good,client-credentials,https://acme.my.salesforce.com,3MVG9synthetic,${SECRET},,,`,
      'no-grant,,https://acme.my.salesforce.com,3MVG9synthetic,,,,',
      'no-file,jwt-bearer,,3MVG9synthetic,,,nowhere.key,ada@example.com',
      ',jwt-bearer,,3MVG9synthetic,,,,ada@example.com',
      'first,,,3MVG9synthetic,,5Aep861-CANARY-one,,',
      'second,,,3MVG9synthetic,,5Aep861-CANARY-one,,',
    ];
    const file = await world.file('mixed.csv', lines(...rows));
    const rejects = join(world.folder, 'refused.csv');
    const mixed = await world.run(['import', file, '--rejects', rejects]);
    assert.equal(mixed.code, 2);
    assert.match(mixed.stdout, /2 connections made, 8 refused; none was tried/);
    assert.doesNotMatch(mixed.stdout + mixed.stderr, /CANARY/);
    const told = (await readFile(rejects, 'utf8')).trim().split('\n');
    assert.deepEqual(
      told.map((line) => line.split(',').slice(0, 3).join()),
      [
        'line,name,code',
        '3,"Not A Name","invalid_name"',
        '4,"no-domain","my_domain_required"',
        '5,"evil","host_not_allowed"',
        '6,"good","usage"',
        '7,"no-grant","usage"',
        '8,"no-file","usage"',
        '9,"","usage"',
        '11,"second","grant_is_shared"',
      ],
    );
    assert.equal((await stat(rejects)).mode & 0o777, 0o600);
    assert.equal((await world.run(['import', file, '--rejects', rejects])).code, 2, 'a file that is there is not overwritten');

    const mended = lines(
      ...rows.slice(0, 2),
      rows[9] ?? '',
      `new,client-credentials,https://acme.my.salesforce.com,3MVG9synthetic,${SECRET},,,`,
    );
    assert.match(await world.ok(['import', await world.file('mended.csv', mended)]), /1 connection made, 2 had been made before/);
    const other = lines(rows[0] ?? '', (rows[1] ?? '').replace(SECRET, `${SECRET}-other`));
    const changed = await world.run(['import', await world.file('changed.csv', other), '--json']);
    assert.deepEqual([changed.code, JSON.parse(changed.stdout).refused[0].code], [2, 'connection_exists']);
  });

  test('cut short, it is taken up: nothing is half made, nothing made twice', async () => {
    const count = 3_000;
    const rows = Array.from(
      { length: count },
      (_, index) => `bulk-${index},https://acme${index}.my.salesforce.com,3MVG9synthetic${index},,5Aep861-synthetic-${index}`,
    );
    const file = await world.file('bulk.csv', lines('name,login_url,client_id,client_secret,refresh_token', ...rows));
    const env = { FORCEMINT_HOME: join(world.folder, 'bulk-home') };
    const killed = world.start(['import', file], { env });
    for (;;) {
      await using forcemint = await world.open(env.FORCEMINT_HOME);
      if ((await forcemint.list()).length > 200) break;
    }
    killed.child.kill('SIGKILL');
    await killed.finished;
    const { made, were_there: before, refused } = await world.json(['import', file], { env });
    assert.ok(Number(before) > 200, `the first run made ${before}`);
    assert.deepEqual([Number(made) + Number(before), refused], [count, []]);
    const whole = await world.json(['store', 'verify'], { env });
    assert.deepEqual([whole['connections'], whole['findings']], [count, []]);
  });

  test('a file that cannot be a list is refused before anything is made', async () => {
    const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['name,grant,clientid\na,b,c\n', [], /column that is not known: "clientid"/],
      ['name,name,grant\na,b,c\n', [], /has the column name twice/],
      ['name,grant\n"a,b\n', [], /is no CSV from line/],
      ['[{"name":"a","grant":"jwt-bearer"', [], /is no JSON/],
      ['name,grant\na,b\n', ['--name', 'x'], /belong to a file with one connection/],
      ['name,grant\na,b\n', ['--rejects', '/nowhere/refused.csv'], /does not exist/],
    ];
    for (const [content, flags, message] of refusals) {
      const { code, stdout, stderr } = await world.run(['import', await world.file('bad', content), ...flags]);
      assert.deepEqual([code, stdout], [2, ''], content);
      assert.match(stderr, message);
    }
    const missing = await world.run(['import', '/nowhere.csv']);
    assert.deepEqual([missing.code, /does not exist/.test(missing.stderr)], [2, true]);
    const open = await world.file('open.csv', 'name,grant,client_id\n');
    await chmod(open, 0o644);
    const { stdout, stderr } = await world.run(['import', open]);
    assert.match(stderr, /can be read by others/);
    assert.match(stdout, /^✔ 0 connections made/);
  });
});

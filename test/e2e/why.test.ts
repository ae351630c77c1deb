import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { World } from './support/command-line.ts';

const APPROVAL = "invalid_grant: user hasn't approved this consumer";
/** Recognisable as synthetic, and as what must not come back. */
const TOKEN = '00DEMU000000001!AQEAQCANARYsyntheticCANARYsyntheticCANARY_';

describe('why', () => {
  let world: World;
  before(async () => {
    world = await World.make();
  });
  after(() => world[Symbol.asyncDispose]());

  test('an error is explained: why, what to do, where, who', async () => {
    const text = await world.ok(['why', APPROVAL, '--host', 'https://acme.my.salesforce.com/']);
    assert.match(text, /^J1 {2}user not pre-authorized/);
    assert.match(text, /^why: {4}The user is not pre-authorized/m);
    assert.match(text, /^do: {5}1\. App policies/m);
    assert.match(text, /^setup: {2}Setup → .* {3}https:\/\/acme\.my\.salesforce\.com\/lightning\/setup\//m);
    assert.match(text, /^who: {4}a Salesforce admin/m);
    assert.equal(await world.ok(['why', ...APPROVAL.split(' '), '--host', 'acme.my.salesforce.com']), text, 'without quotes');
    assert.equal(await world.ok(['why', '--host', 'acme.my.salesforce.com'], { stdin: `${APPROVAL}\n` }), text, 'from stdin');
  });

  test('for programs: the row, the others, and nothing of what was given', async () => {
    const body = JSON.stringify({ error: 'invalid_grant', error_description: 'expired authorization code', access_token: TOKEN });
    const told = await world.json(['why', '--grant', 'refresh-token'], { stdin: `refused ${TOKEN}: ${body}` });
    assert.doesNotMatch(JSON.stringify(told), /CANARY/);
    assert.deepEqual(
      [told['certainty'], (told['row'] as { id: string }).id, told['request']],
      ['known', 'R3', { endpoint: 'token', grant: 'refresh-token', host: null }],
    );
    const human = await world.ok(['why'], { stdin: `unsupported_token_type: invalid token: ${TOKEN}` });
    assert.match(human, /^V2/);
    assert.doesNotMatch(human, /CANARY/);
  });

  test('what Forcemint itself was refused with is explained by the line that it prints', async () => {
    const { stderr } = await world.run(world.connectClient('wrong'), { stdin: 'synthetic-wrong-secret' });
    const [, id = ''] = /^more: {2}forcemint why (\w+)$/m.exec(stderr) ?? [];
    assert.match(await world.ok(['why', id]), /^K5 {2}.*secret/);
    assert.match(await world.ok(['why'], { stdin: stderr }), /^K5/, 'and so is all of its report');
  });

  test('the README shows what it prints', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, shown] =
      /^\$ forcemint why "invalid_grant: expired authorization code" --grant jwt-bearer\n([\s\S]*?)^```$/m.exec(readme) ?? [];
    assert.equal(await world.ok(['why', 'invalid_grant: expired authorization code', '--grant', 'jwt-bearer']), shown);
  });

  test('what is not known is not explained', async () => {
    const unknown = await world.run(['why', 'the moon is full']);
    assert.deepEqual([unknown.code, unknown.stderr], [1, '']);
    assert.match(unknown.stdout, /not known/);
    const code = await world.ok(['why', 'invalid_grant']);
    assert.match(code, /The code alone does not tell why/);
    assert.match(code, /^ {2}R1 /m);
  });

  test('the Login History of an org, as it is downloaded and as it is queried', async () => {
    const csv = [
      '\ufeff"Username","Login Time","Source IP","Login Type","Status","Application","Login URL"',
      '"ada@example.com","11/20/2026, 9:01:00 AM PST","10.0.0.1","Remote Access 2.0","Failed: IP Address Not Allowed","Sync, nightly","login.salesforce.com"',
      '"ada@example.com","11/21/2026, 9:01:00 AM PST","10.0.0.1","Remote Access 2.0","Failed: IP Address Not Allowed","Sync, nightly","login.salesforce.com"',
      '"bob@example.com","11/21/2026, 9:02:00 AM PST","10.0.0.2","Remote Access 2.0","Success","Sync, nightly","login.salesforce.com"',
      '"bob@example.com","11/21/2026, 9:03:00 AM PST","10.0.0.2","Remote Access 2.0","Failed: something new","Sync, nightly","login.salesforce.com"',
      '',
    ].join('\r\n');
    const file = await world.file('LoginHistory.csv', csv);
    const table = await world.ok(['why', '--login-history', file]);
    assert.match(table, /^2 +Failed: IP Address Not Allowed +11\/21\/2026.* +J7: /m);
    assert.match(table, /^1 +Failed: something new .*not in the catalogue/m);
    assert.ok(table.indexOf('Success') > table.indexOf('something new'), 'successes last');
    const records = [{ Status: 'Invalid Password', LoginTime: '2026-11-21T09:00:00.000+0000', Application: null }];
    for (const json of [records, { records }, { status: 0, result: { records } }]) {
      const [found] = JSON.parse(await world.ok(['why', '--login-history', '-', '--json'], { stdin: JSON.stringify(json) }));
      assert.deepEqual([found.count, found.rows[0].id, found.success], [1, 'P1', false]);
    }
  });

  test('bad input is refused with what to type instead', async () => {
    const refusals: readonly (readonly [readonly string[], string, RegExp])[] = [
      [['why'], '', /nothing to explain/],
      [['why', 'x', '--grant', 'jwt'], '', /--grant "jwt" is none of: jwt-bearer/],
      [['why', 'x', '--endpoint', 'tokens'], '', /--endpoint "tokens" is none of: token/],
      [['why', 'x', '--host', 'not a host'], '', /is no host name/],
      [['why', '--login-history', '/nowhere/LoginHistory.csv'], '', /cannot be read \(ENOENT\)/],
      [['why', '--login-history', '-'], 'name,when\nx,y\n', /is no Login History/],
      [['why', '--login-history', '-'], '[{', /neither CSV .* nor JSON/],
      [['why', '--login-history', '-', 'text'], '', /takes a file, and no text/],
      [['why', `invalid token: ${TOKEN}`], '', /access token/],
    ];
    for (const [args, stdin, message] of refusals) {
      const { code, stdout, stderr } = await world.run(args, { stdin });
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /CANARY/);
    }
  });
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ListedOrg, StandInSf, showUrl } from '../../../test/support/stand-in-sf.ts';
import { temporaryHome } from '../../../test/support/temporary-home.ts';
import { until } from '../../../test/support/until.ts';
import { UnusableAnswer } from '../src/import/salesforce-cli/answers.ts';
import { findGrants } from '../src/import/salesforce-cli/find-grants.ts';
import { connectionNames, possibleNames } from '../src/import/salesforce-cli/names.ts';
import { chosenOrgs, readJwtLogins, readOrgs, type StoredOrg } from '../src/import/salesforce-cli/orgs.ts';
import { SalesforceCli } from '../src/import/salesforce-cli/salesforce-cli.ts';
import { UsageError } from '../src/usage-error.ts';

const ADA = 'ada@acme.example';
const ACME = 'https://acme.my.salesforce.com';
/** Recognisable as synthetic, and as what must not come back. */
const REFRESH_TOKEN = '5Aep861.CANARY_synthetic_refresh_token';
const URL_OF_ADA = `force://PlatformCLI::${REFRESH_TOKEN}@acme.my.salesforce.com`;

function scene(t: TestContext, deadlineMs = 60_000) {
  const sf = new StandInSf(t);
  const controller = new AbortController();
  const ask = (path = sf.path): SalesforceCli =>
    new SalesforceCli({ env: { PATH: path, FORCEMINT_MASTER_KEY: 'CANARY' }, signal: controller.signal, deadlineMs });
  const find = (...asked: readonly string[]) => findGrants(ask(), { asked, takeOver: true, report: () => undefined });
  return { sf, ask, find, controller };
}

/** What is thrown, all of its text in one; it may repeat nothing that the program said. */
async function refusal(promise: Promise<unknown>): Promise<{ readonly text: string; readonly isForAll: boolean }> {
  const error = await promise.then(
    (value) => assert.fail(`resolved with ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UsageError, String(error));
  const text = [error.message, error.why, ...error.fix].join('\n');
  assert.doesNotMatch(`${text}${error.stack}`, /CANARY/);
  assert.ok(error.fix.length > 0, 'says what to do');
  return { text, isForAll: !(error instanceof UnusableAnswer) };
}

describe('what the Salesforce CLI answers', () => {
  test('anything but a JSON result is refused, and none of it is repeated', async (t) => {
    const { sf, ask } = scene(t);
    const whole = JSON.stringify({ status: 0, result: { sfdxAuthUrl: URL_OF_ADA } });
    const answers: readonly (readonly [stdout: string, code: number, expected: RegExp])[] = [
      [`<html><body>${URL_OF_ADA}</body></html>`, 0, /did not answer in JSON/],
      [whole.slice(0, -3), 0, /did not answer in JSON/],
      [`Warning: CANARY\n${whole}`, 0, /did not answer in JSON/],
      [JSON.stringify(URL_OF_ADA), 0, /did not answer in JSON/],
      ['', 0, /said nothing and ended with 0/],
      ['', 2, /said nothing and ended with 2/],
      [whole, 1, /gave no result and ended with 1/],
      [JSON.stringify({ status: 1, result: { sfdxAuthUrl: URL_OF_ADA } }), 0, /gave no result/],
      [JSON.stringify({ result: { sfdxAuthUrl: URL_OF_ADA } }), 0, /gave no result/],
      [JSON.stringify({ status: 0, result: { url: URL_OF_ADA } }), 0, /showed no sfdxAuthUrl/],
      [JSON.stringify({ status: 0, result: { sfdxAuthUrl: { CANARY: 1 } } }), 0, /showed no sfdxAuthUrl/],
    ];
    for (const [stdout, code, expected] of answers) {
      sf.says(showUrl(ADA), stdout, { code });
      const { text, isForAll } = await refusal(ask().sfdxAuthUrl(ADA));
      assert.match(text, expected);
      assert.equal(isForAll, false, 'another org may fare better');
    }
    sf.says(showUrl(ADA), '\0'.repeat(17 * 1024 * 1024));
    assert.match((await refusal(ask().sfdxAuthUrl(ADA))).text, /said more than 16 MiB/);
  });

  test('its errors come by name, and only by name', async (t) => {
    const { sf, ask } = scene(t);
    sf.shows(ADA, 'NoRefreshTokenError');
    assert.deepEqual(await ask().sfdxAuthUrl(ADA), { errorName: 'NoRefreshTokenError' });
    sf.says(showUrl(ADA), JSON.stringify({ name: `Error ${REFRESH_TOKEN}`, message: REFRESH_TOKEN, status: 1 }), { code: 1 });
    assert.deepEqual(await ask().sfdxAuthUrl(ADA), { errorName: 'an error without a name' });
    sf.says('org list auth --json', JSON.stringify({ name: 'UnexpectedCANARY', status: 1 }), { code: 1 });
    await assert.rejects(ask().orgs(), /cannot list its orgs \(UnexpectedCANARY\)/);
  });

  test('coloured JSON is read: FORCE_COLOR colours it even in a pipe', async (t) => {
    const { sf, ask } = scene(t);
    const coloured = JSON.stringify({ status: 0, result: { sfdxAuthUrl: URL_OF_ADA } }).replaceAll(
      /"[^"]*"/g,
      '\u001b[92m$&\u001b[39m',
    );
    sf.says(showUrl(ADA), coloured);
    assert.deepEqual(await ask().sfdxAuthUrl(ADA), { url: URL_OF_ADA });
  });

  test('no sf, one that may not be run, one that is too old: said at once, for all orgs', async (t) => {
    const { sf, ask } = scene(t);
    const absent = await refusal(ask(temporaryHome(t)).orgs());
    assert.match(absent.text, /no program sf on the PATH[\s\S]*npm install --global @salesforce\/cli/);
    assert.equal(absent.isForAll, true);
    const folder = temporaryHome(t);
    writeFileSync(join(folder, 'sf'), '#!/bin/sh\n', { mode: 0o600 });
    assert.match((await refusal(ask(folder).orgs())).text, /cannot be started \(EACCES\)/);
    sf.lists({ username: ADA });
    assert.equal((await ask().orgs()).length, 1);
    const old = await refusal(ask().sfdxAuthUrl(ADA));
    assert.match(old.text, /does not know sf org auth show-sfdx-auth-url\.[\s\S]*sf update/);
    assert.equal(old.isForAll, true);
  });

  test('one that hangs is ended with all that it has started, at the deadline or by Ctrl-C', async (t) => {
    const { sf, ask } = scene(t, 1_000);
    sf.says(showUrl(ADA), URL_OF_ADA, { hangs: true });
    const { text, isForAll } = await refusal(ask().sfdxAuthUrl(ADA));
    assert.match(text, /did not answer within 1 seconds and was ended/);
    assert.equal(isForAll, false);
    await until('what it had started has ended', () => !sf.isHanging);

    const interrupted = scene(t);
    interrupted.sf.says(showUrl(ADA), URL_OF_ADA, { hangs: true });
    const asked = interrupted.ask().sfdxAuthUrl(ADA);
    await until('it hangs', () => interrupted.sf.hanging > 0);
    const reason = new Error('synthetic Ctrl-C');
    interrupted.controller.abort(reason);
    await assert.rejects(asked, reason);
    await until('what it had started has ended', () => !interrupted.sf.isHanging);
    const { length } = interrupted.sf.calls;
    await assert.rejects(interrupted.ask().sfdxAuthUrl(ADA), reason);
    assert.equal(interrupted.sf.calls.length, length, 'nothing is begun any more');
  });

  test('it runs with the environment that there is, but for the master key', async (t) => {
    const { sf, ask } = scene(t);
    sf.lists({ username: ADA });
    await ask().orgs();
    assert.match(sf.environment, new RegExp(`^PATH=${sf.path}$`, 'm'));
    assert.doesNotMatch(sf.environment, /FORCEMINT_MASTER_KEY|CANARY/);
  });
});

describe('the orgs of the Salesforce CLI', () => {
  const listed = (...orgs: readonly ListedOrg[]): readonly StoredOrg[] => readOrgs(orgs);

  test('orgs with an alias first, then by username, in whatever order they come', () => {
    const orgs = [
      { username: 'zoe@acme.example', alias: 'prod,acme' },
      { username: ADA, alias: '', oauthMethod: 'jwt' },
      { username: 'bob@acme.example', oauthMethod: 'sorcery', isExpired: 'unknown' as const },
      { username: 'cleo@acme.example', alias: 'scratch', isScratchOrg: true, isExpired: true },
    ];
    const read = listed(...orgs);
    assert.deepEqual(read, listed(...orgs.toReversed()));
    assert.deepEqual(
      read.map(({ username, aliases, method, isExpired }) => [username, aliases.join(), method, isExpired]),
      [
        ['cleo@acme.example', 'scratch', 'unknown', true],
        ['zoe@acme.example', 'prod,acme', 'unknown', false],
        [ADA, '', 'jwt', false],
        ['bob@acme.example', '', 'unknown', false],
      ],
    );
    for (const strange of [{}, [{ alias: 'CANARY' }], [{ username: '--CANARY' }], [{ username: 'CAN\u0000ARY' }], ['CANARY']]) {
      assert.throws(
        () => readOrgs(strange),
        (error) => error instanceof UnusableAnswer && !error.message.includes('CANARY'),
      );
    }
  });

  test('those that are asked for, by alias or username, each once; the alias that was typed comes first', () => {
    const orgs = listed({ username: ADA, alias: 'acme,prod' }, { username: 'bob@acme.example' });
    const { chosen, unknown } = chosenOrgs(orgs, ['prod', ADA, 'nobody', 'nobody']);
    assert.deepEqual([chosen.map(({ aliases }) => aliases), unknown], [[['prod', 'acme']], ['nobody']]);
    assert.deepEqual(chosenOrgs(orgs, ['acme', 'bob@acme.example']).chosen, orgs);
  });

  test('names: the alias made to fit, else My Domain, else the user; no two orgs get one name', () => {
    const orgs = listed(
      { username: ADA, alias: 'Acme Prod' },
      { username: 'bob@acme.example', alias: 'acme-prod' },
      { username: 'cleo@acme.example', alias: '日本', instanceUrl: ACME },
      { username: 'dan@acme.example', instanceUrl: ACME },
      { username: 'dan-acme.example@elsewhere.example', alias: 'dan-acme.example' },
      { username: 'eve@acme.example', instanceUrl: 'https://na12.salesforce.com' },
    );
    assert.deepEqual(Object.fromEntries(connectionNames(orgs)), {
      [ADA]: 'acme-prod',
      'bob@acme.example': 'bob-acme.example',
      'cleo@acme.example': 'acme',
      'dan-acme.example@elsewhere.example': 'dan-acme.example',
      'eve@acme.example': 'eve-acme.example',
    });
    for (const org of orgs) for (const name of possibleNames(org)) assert.match(name, /^[a-z0-9][a-z0-9._-]{0,62}$/);
  });

  test('of logins with JWT, what there is; anything else is nothing', () => {
    const jwt = { username: ADA, clientId: '3MVG9', loginUrl: `${ACME}/`, privateKey: '/keys/acme.key' };
    const logins = readJwtLogins({ other: [jwt, { username: 'bob@acme.example', clientId: 'PlatformCLI' }], scratchOrgs: [] });
    assert.deepEqual(Object.fromEntries(logins), {
      [ADA]: { clientId: '3MVG9', loginUrl: `${ACME}/`, privateKeyFile: '/keys/acme.key' },
    });
    for (const strange of [undefined, [], 'text', { other: 'text' }, { other: [1, null] }])
      assert.equal(readJwtLogins(strange).size, 0);
  });

  test('a grant, or why there is none, for each', async (t) => {
    const { sf, find } = scene(t);
    const user = (name: string): string => `${name}@acme.example`;
    const [bob, eve, fay, gus] = [user('bob'), user('eve'), user('fay'), user('gus')];
    sf.lists(
      { username: ADA, alias: 'acme', instanceUrl: ACME },
      { username: bob, oauthMethod: 'jwt', instanceUrl: ACME, alias: 'night ly' },
      { username: user('cleo'), oauthMethod: 'token', instanceUrl: `${ACME}/` },
      { username: user('dan'), isScratchOrg: true, isExpired: true },
      { username: eve },
      { username: fay },
      { username: gus },
    );
    sf.shows(ADA, { sfdxAuthUrl: URL_OF_ADA });
    sf.shows(eve, { sfdxAuthUrl: "[REDACTED] Use 'sf org auth show-sfdx-auth-url' to view" });
    sf.shows(fay, 'DomainNotFoundError');
    sf.says(showUrl(gus), '<html>CANARY</html>');
    const found = await find();
    const [grant, ...others] = found;
    assert.equal(grant?.outcome, 'found');
    assert.deepEqual(grant.outcome === 'found' && [grant.name, grant.connection], [
      'acme',
      {
        settings: { grant: 'refresh-token', loginUrl: ACME, clientId: 'PlatformCLI', sharedWith: 'Salesforce CLI' },
        secrets: {},
        refreshToken: REFRESH_TOKEN,
      },
    ]);
    assert.doesNotMatch(JSON.stringify(others), /CANARY/);
    const refused = others.map((one) => (one.outcome === 'refused' ? [one.username, one.code, one.fix[0]] : assert.fail()));
    const login = `forcemint connect night-ly --grant jwt-bearer --client-id CONSUMER_KEY --username ${bob} --login-url ${ACME} --private-key-file FILE`;
    const again = `Log in there with the browser: sf org login web --alias ALIAS --instance-url ${ACME}; then run this again`;
    assert.deepEqual(refused, [
      [bob, 'no_refresh_token', login],
      [user('cleo'), 'no_refresh_token', again],
      [user('dan'), 'scratch_org_expired', 'Take it out of the CLI: sf org list --clean'],
      [eve, 'invalid_import', `See whether it shows it: sf org auth show-sfdx-auth-url --target-org ${eve}`],
      [fay, 'salesforce_cli_refused', `See what it says: sf org display --target-org ${fay}`],
      [gus, 'usage', 'See what it says: sf org auth show-sfdx-auth-url'],
    ]);
    assert.ok(!sf.calls.some((call) => call.startsWith('org list --')), 'with a scratch org the CLI would ask its Dev Hub');
    assert.deepEqual(await find('nobody'), [
      {
        outcome: 'refused',
        username: 'nobody',
        aliases: [],
        name: undefined,
        code: 'org_not_known',
        reason: 'The Salesforce CLI has no org with the alias or username nobody.',
        fix: ['See which it has: sf org list auth', 'Log in there: sf org login web --alias nobody'],
      },
    ]);
  });

  test('a CLI that has no org, or knows no way to show a grant, fails as a whole', async (t) => {
    const { sf, find } = scene(t);
    sf.lists();
    assert.match((await refusal(find())).text, /has no org/);
    sf.lists({ username: ADA }, ...Array.from({ length: 20 }, (_, index) => ({ username: `user${index}@acme.example` })));
    assert.match((await refusal(find())).text, /does not know sf org auth show-sfdx-auth-url/);
    assert.ok(sf.calls.length < 12, 'the others are not begun');
  });
});

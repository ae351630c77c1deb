import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AppInput, type Org, planApp, remainingSteps } from '../src/index.ts';
import { GRANTS, KINDS, least, most } from './support/plans.ts';

const ORG: Org = { orgKind: 'production', host: 'acme.my.salesforce.com' };
const SITE: Org = { orgKind: 'site', loginUrl: 'https://acme.my.site.com/partners' };

const selfAuthorized: AppInput = {
  ...least('external-client-app', 'jwt-bearer'),
  permissionSet: undefined,
  permittedUsers: 'self-authorize',
};
const steps = (input: AppInput, org: Org = SITE) => remainingSteps(planApp(input), org);

test('users of a site have to be its members, whatever the grant', () => {
  const join = (input: AppInput, org?: Org) => steps(input, org).find(({ id }) => id === 'join-site');
  const named = join(most('external-client-app', 'jwt-bearer'), { ...SITE, username: 'sync@example.com' });
  assert.match(named?.text ?? '', /sync@example\.com is a member of the site.*“Nightly <Sync> & “Co””.*API Enabled/);
  assert.equal(named?.setup, 'Setup → Digital Experiences → All Sites → Workspaces → Administration → Members');
  assert.match(
    join(selfAuthorized)?.text ?? '',
    /^See that the user for whom programs act is a member .* permission set\. External/,
  );
  assert.match(join(most('connected-app', 'client-credentials'))?.text ?? '', /sync@example\.com/, 'the run-as user');
  assert.match(join(least('connected-app', 'authorization-code'))?.text ?? '', /^See that whoever logs in /);
  for (const kind of KINDS) {
    for (const grant of GRANTS) assert.equal(join(least(kind, grant), ORG), undefined, 'an org has no members');
  }
});

test('the URL of a site tells no address in Setup; the My Domain of its org, where it is known, does', () => {
  for (const kind of KINDS) {
    for (const grant of GRANTS) {
      const found = steps(least(kind, grant), SITE);
      assert.ok(
        found.every(({ link, id }) => link === undefined && id !== 'find-login-url'),
        `${kind}, ${grant}`,
      );
    }
  }
  const known = steps(selfAuthorized, { ...SITE, host: 'acme.my.salesforce.com' });
  assert.equal(known[0]?.link, 'https://acme.my.salesforce.com/lightning/setup/SetupNetworks/home');
  for (const kind of KINDS) {
    const found = steps(least(kind, 'authorization-code'), { orgKind: 'site' }).find(({ id }) => id === 'find-login-url');
    assert.match(found?.text ?? '', /: https:\/\/MyDomainName\.my\.site\.com\/SitePath$/, kind);
    assert.equal(found?.setup, 'Setup → Digital Experiences → All Sites', kind);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AppInput,
  loginUrlPattern,
  ORG_KINDS,
  type Org,
  planApp,
  preApprovalUrl,
  remainingSteps,
  sharedLoginUrl,
} from '../src/index.ts';
import { CONSUMER_KEY, CONSUMER_SECRET, GRANTS, KEYS, KINDS, least, most } from './support/plans.ts';

const ORG: Org = { orgKind: 'production', host: 'acme.my.salesforce.com' };
const selfJwt: AppInput = {
  label: 'Nightly Sync',
  contactEmail: 'admins@example.com',
  kind: 'external-client-app',
  grant: 'jwt-bearer',
  certificatePem: KEYS.certificatePem,
  permittedUsers: 'self-authorize',
  consumerKey: CONSUMER_KEY,
};

const steps = (input: AppInput, org: Org = ORG) => remainingSteps(planApp(input), org);
/** What the steps are about, in their order. */
const places = (input: AppInput, org?: Org) => steps(input, org).map(({ setup }) => setup.replace('Setup → ', ''));

test('an app with everything chosen leaves the permission set and the waiting', () => {
  const [assign, wait, ...others] = steps(most('external-client-app', 'jwt-bearer'));
  assert.equal(others.length, 0);
  assert.deepEqual(
    [assign?.setup, assign?.link],
    [
      'Setup → Permission Sets → Nightly <Sync> & “Co” → Manage Assignments',
      'https://acme.my.salesforce.com/lightning/setup/PermSets/home',
    ],
  );
  const assigned = 'sf org assign permset --name Nightly_Users --on-behalf-of';
  assert.equal(assign?.command, `${assigned} USERNAME`);
  const commandFor = (username: string) => steps(most('external-client-app', 'jwt-bearer'), { ...ORG, username })[0]?.command;
  assert.equal(commandFor('sync@example.com'), `${assigned} sync@example.com`);
  assert.equal(commandFor('a; rm -rf /@b'), `${assigned} USERNAME`, 'what a shell would read as more than a word is not pasted');
  assert.match(assign?.why ?? '', /not admin approved/);
  assert.match(wait?.text ?? '', /2 to 10 minutes/);
  assert.match(wait?.why ?? '', /invalid assertion/);
});

test('whatever Salesforce has made has to be copied', () => {
  const text = (input: AppInput) => steps(input).find(({ text: each }) => each.startsWith('Copy'))?.text;
  const key = { consumerKey: CONSUMER_KEY };
  const secret = { consumerSecret: CONSUMER_SECRET };
  const code = least('connected-app', 'authorization-code');
  assert.match(text(code) ?? '', /^Copy the consumer key and the consumer secret\./);
  assert.match(text({ ...code, ...key }) ?? '', /^Copy the consumer secret\./);
  assert.match(text({ ...code, ...secret }) ?? '', /^Copy the consumer key\./);
  assert.equal(text({ ...code, ...key, ...secret }), undefined);
  assert.match(text(least('external-client-app', 'jwt-bearer')) ?? '', /^Copy the consumer key\./, 'no secret is needed');
  assert.ok(places(code).includes('App Manager → Nightly Sync → View → Manage Consumer Details'));
  assert.ok(
    places(least('external-client-app', 'refresh-token')).includes(
      'External Client App Manager → Nightly Sync → Settings → OAuth Settings → Consumer Key and Secret',
    ),
  );
});

test('client credentials: the run-as user is looked at before, or chosen after', () => {
  const [first] = steps(most('external-client-app', 'client-credentials'));
  assert.match(first?.text ?? '', /^Before deploying.*sync@example\.com.*API Only User/);
  assert.equal(first?.link, 'https://acme.my.salesforce.com/lightning/setup/ManageUsers/home');
  const later = steps(least('external-client-app', 'client-credentials')).find(({ text }) => text.includes('run-as user'));
  assert.equal(later?.setup, 'Setup → External Client App Manager → Nightly Sync → Policies → OAuth Policies');
  assert.match(steps(most('connected-app', 'client-credentials'))[2]?.command ?? '', /--on-behalf-of sync@example\.com$/);
});

test('connected apps may have to be allowed first', () => {
  for (const grant of GRANTS) {
    assert.equal(places(least('connected-app', grant))[0], 'External Client Apps → Settings', grant);
    assert.ok(!places(least('external-client-app', grant)).includes('External Client Apps → Settings'), grant);
  }
});

test('the My Domain has to be found where it is not known and another host does not serve', () => {
  for (const host of [undefined, 'login.salesforce.com', 'acme.my.site.com']) {
    const org: Org = { orgKind: 'sandbox', host };
    const found = steps(least('external-client-app', 'refresh-token'), org).find(({ setup }) => setup === 'Setup → My Domain');
    assert.match(found?.text ?? '', /https:\/\/MyDomainName--SandboxName\.sandbox\.my\.salesforce\.com$/, host);
    assert.ok(places(least('connected-app', 'client-credentials'), org).includes('My Domain'), host);
    assert.ok(!places(least('connected-app', 'refresh-token'), org).includes('My Domain'), host);
    assert.ok(
      steps(least('external-client-app', 'jwt-bearer'), org).every(({ link }) => link === undefined),
      host,
    );
  }
  for (const host of ['acme.my.salesforce.com', 'ACME--uat.sandbox.my.salesforce.com', 'acme.my.salesforce.mil']) {
    const found = steps(least('external-client-app', 'client-credentials'), { orgKind: 'sandbox', host });
    assert.ok(
      found.every(({ setup }) => setup !== 'Setup → My Domain'),
      host,
    );
    assert.ok(
      found.some(({ link }) => link?.startsWith(`https://${host.toLowerCase()}/lightning/setup/`)),
      host,
    );
  }
});

test('where the login URL is known, nothing has to be found, and the My Domain in it leads into Setup', () => {
  const found = (loginUrl: string) => steps(least('external-client-app', 'jwt-bearer'), { orgKind: 'production', loginUrl });
  const ids = (loginUrl: string) => found(loginUrl).map(({ id }) => id);
  assert.ok(found('https://acme.my.salesforce.com/')[0]?.link?.startsWith('https://acme.my.salesforce.com/lightning/setup/'));
  for (const loginUrl of ['https://acme.my.salesforce.com', 'http://localhost:8080', 'https://proxy.example:8443/sf']) {
    assert.ok(!ids(loginUrl).includes('find-login-url'), loginUrl);
  }
  for (const loginUrl of ['http://localhost:8080', 'https://proxy.example:8443/sf']) {
    assert.ok(
      found(loginUrl).every(({ link }) => link === undefined),
      loginUrl,
    );
  }
  for (const loginUrl of ['https://login.salesforce.com', 'https://test.salesforce.com/']) {
    assert.ok(ids(loginUrl).includes('find-login-url'), `${loginUrl} is shared by all`);
  }
});

test('every step says what, where and why', () => {
  for (const kind of KINDS) {
    for (const grant of GRANTS) {
      for (const input of [least(kind, grant), most(kind, grant)]) {
        const found = steps(input, { orgKind: 'developer' });
        assert.ok(found.length > 0);
        for (const { text, setup, why } of found) {
          assert.match(setup, /^Setup → \S/);
          assert.ok(text.length > 20 && why.length > 20);
          assert.ok(![text, setup, why].join().includes(CONSUMER_SECRET));
        }
      }
    }
  }
});

test('where users authorize themselves, the JWT bearer flow needs one approval in a browser', () => {
  const approval = (input: AppInput, org: Org) => /https:\S+/.exec(steps(input, org).at(-1)?.text ?? '')?.[0] ?? '';
  const url = new URL(approval(selfJwt, ORG));
  assert.equal(`${url.origin}${url.pathname}`, 'https://acme.my.salesforce.com/services/oauth2/authorize');
  assert.equal(url.href, preApprovalUrl(planApp(selfJwt), 'https://acme.my.salesforce.com'));
  const connected: AppInput = { ...selfJwt, kind: 'connected-app' };
  const hosts = (input: AppInput) =>
    (['production', 'developer', 'sandbox', 'scratch'] as const).map((orgKind) => new URL(approval(input, { orgKind })).host);
  const [live, test] = ['login.salesforce.com', 'test.salesforce.com'];
  assert.deepEqual(hosts(connected), [live, live, test, test]);
  assert.ok(
    hosts(selfJwt).every((host) => host.endsWith('.my.salesforce.com')),
    'a local app is known to its own org',
  );
  assert.match(approval({ ...selfJwt, consumerKey: undefined }, ORG), /client_id=CONSUMER_KEY&/, 'to be filled in');
  assert.ok(!steps(most('external-client-app', 'jwt-bearer')).some(({ text }) => text.includes('authorize')));
});

test('the approval is asked for where the users really log in', () => {
  const approval = (input: AppInput, org: Org) => / (https?:\S+)/.exec(steps(input, org).at(-1)?.text ?? '')?.[1] ?? '';
  const connected: AppInput = { ...selfJwt, kind: 'connected-app' };
  for (const input of [selfJwt, connected]) {
    for (const loginUrl of [
      'http://localhost:8080',
      'http://127.0.0.1:8080',
      'http://[::1]:8080',
      'http://emulator:8080',
      'https://acme.my.site.com',
      'https://acme.my.site.com/partners',
      'https://acme--uat.sandbox.my.salesforce.com',
    ]) {
      const url = approval(input, { orgKind: 'production', loginUrl });
      assert.ok(url.startsWith(`${loginUrl}/services/oauth2/authorize?`), `${loginUrl}: ${url}`);
    }
  }
  const atTest: Org = { orgKind: 'production', loginUrl: 'https://test.salesforce.com' };
  assert.equal(new URL(approval(connected, atTest)).host, 'test.salesforce.com');
  assert.equal(new URL(approval(selfJwt, atTest)).host, 'mydomainname.my.salesforce.com', 'a local app may not be found there');
  assert.equal(new URL(approval(connected, { orgKind: 'site' })).host, 'mydomainname.my.site.com');
  assert.match(
    steps(selfJwt, { ...ORG, username: 'sync@example.com' }).at(-1)?.text ?? '',
    /^As sync@example\.com, open this once/,
  );
});

test('of an app with the defaults its consumer key is enough for the URL', () => {
  const loginUrl = 'https://acme.my.salesforce.com';
  assert.equal(preApprovalUrl({ consumerKey: CONSUMER_KEY }, loginUrl), preApprovalUrl(planApp(selfJwt), loginUrl));
});

test('the URL for the approval', () => {
  const plan = planApp({ ...selfJwt, callbackUrls: ['https://app.example/cb?x=1&y=2', 'https://b.example/'] });
  const url = new URL(preApprovalUrl(plan, 'https://acme.my.salesforce.com/'));
  const { code_challenge: challenge, ...parameters } = Object.fromEntries(url.searchParams);
  assert.equal(url.pathname, '/services/oauth2/authorize');
  assert.deepEqual(parameters, {
    response_type: 'code',
    client_id: CONSUMER_KEY,
    redirect_uri: 'https://app.example/cb?x=1&y=2',
    scope: 'api refresh_token',
    code_challenge_method: 'S256',
  });
  assert.match(challenge ?? '', /^[A-Za-z0-9_-]{43}$/);
  const site = preApprovalUrl(plan, 'https://acme.my.site.com/customers/');
  assert.ok(site.startsWith('https://acme.my.site.com/customers/services/oauth2/authorize?'));
  const chatter = planApp({ ...selfJwt, scopes: ['Chatter', 'RefreshToken'] });
  assert.equal(
    new URL(preApprovalUrl(chatter, 'https://acme.my.salesforce.com')).searchParams.get('scope'),
    null,
    'all that the app has',
  );
});

test('every kind of org has a login URL of its own, and all but sites share one, too', () => {
  for (const orgKind of ORG_KINDS) {
    const [own, shared] = [loginUrlPattern(orgKind), sharedLoginUrl(orgKind)];
    assert.match(own, orgKind === 'site' ? /\.my\.site\.com\// : /\.my\.salesforce\.com$/, orgKind);
    const isTest = orgKind === 'sandbox' || orgKind === 'scratch';
    const expected = orgKind === 'site' ? undefined : `https://${isTest ? 'test' : 'login'}.salesforce.com`;
    assert.equal(shared, expected, orgKind);
  }
});

test('what is no org, or no login URL, is refused', () => {
  const plan = planApp(selfJwt);
  for (const host of ['https://acme.my.salesforce.com', 'acme.my.salesforce.com/x', 'acme', '', 'a b.c']) {
    assert.throws(() => remainingSteps(plan, { orgKind: 'production', host }), /give a host name alone/, host);
  }
  assert.throws(() => remainingSteps(plan, { orgKind: 'trial' as 'scratch' }), /production, developer, sandbox, scratch/);
  for (const loginUrl of [
    'acme.my.salesforce.com',
    'http://acme.my.salesforce.com',
    'https://a@b.example',
    'https://a.example/?x',
    'javascript:x',
  ]) {
    assert.throws(() => preApprovalUrl(plan, loginUrl), TypeError, loginUrl);
  }
  for (const loginUrl of [
    'acme.my.salesforce.com',
    'https://a@b.example',
    'https://:p@b.example',
    'https://a.example/?x',
    'ftp://a.b',
  ]) {
    assert.throws(
      () => remainingSteps(plan, { orgKind: 'production', loginUrl }),
      /^TypeError: loginUrl is no login URL/,
      loginUrl,
    );
  }
  assert.throws(
    () => preApprovalUrl(planApp({ ...selfJwt, consumerKey: undefined }), 'https://acme.my.salesforce.com'),
    /consumerKey/,
  );
});

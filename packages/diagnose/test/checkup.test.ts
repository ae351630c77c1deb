import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionStatus } from '@forcemint/core/administration/status';
import type { ConnectionSettings } from '@forcemint/core/connections/connection';
import * as checkup from '../src/index.ts';
import { CATALOGUE, type Finding } from '../src/index.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const MY_DOMAIN = 'https://acme.my.salesforce.com';
const SHA = 'ab'.repeat(32);

const settings = (more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  grant: 'jwt-bearer',
  loginUrl: MY_DOMAIN,
  clientId: '3MVG9synthetic',
  clientAuth: 'none',
  rotates: 'auto',
  introspect: 'auto',
  sessionTimeoutSeconds: 7200,
  apiVersion: '66.0',
  labels: {},
  ...more,
});

function status(more: Partial<ConnectionStatus> & { readonly settings?: Partial<ConnectionSettings> } = {}): ConnectionStatus {
  const { settings: changed, ...rest } = more;
  return {
    connection: {
      id: 'id',
      name: 'acme',
      revision: 1,
      settings: settings({ grant: 'refresh-token', ...changed }),
      secrets: new Uint8Array(),
      createdAtMs: NOW_MS - 40 * DAY_MS,
      updatedAtMs: NOW_MS,
    },
    state: 'ready',
    token: undefined,
    expiresInSeconds: 0,
    hasRefreshToken: true,
    secretNames: [],
    version: 3,
    rotation: 'yes',
    failure: undefined,
    repeatsAtMs: undefined,
    hasStagedAnswer: false,
    pendingRevocations: 0,
    ...rest,
  };
}

const token = (issuedAtMs: number) => ({
  instanceUrl: MY_DOMAIN,
  scope: 'api',
  issuedAt: issuedAtMs / 1000,
  expiresAt: issuedAtMs / 1000 + 7200,
  expirySource: 'policy' as const,
  tokenType: 'Bearer',
  fingerprint: '0'.repeat(16),
});

/** What was found, its verdict in front; every finding that is not good says what to do, and names only rows that there are. */
function verdict(finding: Finding): string {
  if (finding.id !== undefined)
    assert.ok(
      CATALOGUE.some(({ id }) => id === finding.id),
      `${finding.id} is no row`,
    );
  if (finding.verdict === 'warning' || finding.verdict === 'bad') assert.notDeepEqual(finding.fix, [], finding.found);
  assert.equal(finding.remedy !== undefined, finding.verdict === 'bad', finding.found);
  assert.doesNotMatch(finding.found, /\.$/);
  return `${finding.verdict}: ${finding.found}`;
}

function each(cases: readonly (readonly [Finding, RegExp])[]): void {
  for (const [finding, says] of cases) assert.match(verdict(finding), says);
}

test('the way to the host', () => {
  const { judgeDiscovery, judgeName, judgeProxy, judgeTls } = checkup;
  const tls = { protocol: 'TLSv1.3', issuer: 'DigiCert Inc', endsMs: NOW_MS + 90 * DAY_MS, hasExtraAuthorities: false };
  const document = { is: 'document', issuer: MY_DOMAIN, tokenEndpoint: `${MY_DOMAIN}/services/oauth2/token` } as const;
  each([
    [judgeProxy({ way: 'direct', isThisMachine: false }), /^good: none/],
    [judgeProxy({ way: 'proxy', host: 'proxy.example:3128' }), /^good: through proxy\.example:3128/],
    [judgeProxy({ way: 'invalid', why: 'HTTPS_PROXY is not the URL of an HTTP proxy' }), /^bad: HTTPS_PROXY/],
    [judgeName(undefined), /^skipped/],
    [judgeName({ host: 'acme', addresses: ['192.0.2.1', '192.0.2.2'] }), /^good: acme is 192\.0\.2\.1 and 1 more/],
    [judgeName({ host: 'acme', addresses: [], error: 'ENOTFOUND', othersResolve: true }), /^bad: the name acme could not/],
    [judgeName({ host: 'acme', addresses: [], error: 'EAI_AGAIN', othersResolve: false }), /^bad: .*EAI_AGAIN/],
    [judgeTls(undefined, NOW_MS), /^skipped: plain http/],
    [judgeTls(tls, NOW_MS), /^good: TLSv1\.3, certificate by DigiCert Inc until 2027-02-21$/],
    [judgeTls({ ...tls, endsMs: NOW_MS + DAY_MS }, NOW_MS), /^warning/],
    [judgeDiscovery(MY_DOMAIN, document), /^good/],
    [judgeDiscovery(MY_DOMAIN, { ...document, tokenEndpoint: 'https://other/token' }), /^warning: .*https:\/\/other\/token/],
    [
      judgeDiscovery(MY_DOMAIN, { is: 'redirect', status: 302, toHost: 'new.my.salesforce.com' }),
      /^bad: .*new\.my\.salesforce\.com/,
    ],
    [judgeDiscovery(MY_DOMAIN, { is: 'something-else', status: 200, isHtml: true }), /^bad: .*web page \(200\)/],
    [judgeDiscovery(MY_DOMAIN, { is: 'something-else', status: 404, isHtml: false }), /^bad: .*no discovery document/],
  ]);
  assert.equal(judgeName({ host: 'acme', addresses: [], othersResolve: true }).remedy, 'setting', 'the org does not exist');
  assert.equal(judgeName({ host: 'acme', addresses: [], othersResolve: false }).remedy, 'time', 'DNS does not work');
});

test('the clock', () => {
  const { judgeClock } = checkup;
  each([
    [judgeClock(undefined, true), /^skipped/],
    [judgeClock(0, true), /^good: as the server’s/],
    [judgeClock(-29_000, true), /^good: 29 s behind/],
    [judgeClock(31_000, true), /^warning: 31 s ahead of/],
    [judgeClock(181_000, true), /^bad: 3 min ahead of/],
    [judgeClock(-400_000, true), /^bad: 6 min behind/],
    [judgeClock(-400_000, false), /^warning/],
  ]);
});

test('the login host against the kind of org', () => {
  const { judgeLoginHost } = checkup;
  let trust: 'salesforce' | 'extra' | undefined = 'salesforce';
  const at = (host: string, instance?: string, grant: ConnectionSettings['grant'] = 'jwt-bearer') =>
    judgeLoginHost(settings({ loginUrl: `https://${host}`, grant }), trust, instance && `https://${instance}`);
  each([
    [at('acme.my.salesforce.com'), /^good: .*My Domain/],
    [at('acme.my.site.com'), /^good: .*Experience Cloud site/],
    [at('acme.my.sfcrmproducts.cn'), /^good: .*outside salesforce\.com/],
    [at('login.salesforce.com'), /^warning: .*shared/],
    [at('login.salesforce.com', 'acme.my.salesforce.com'), /^warning: .*shared/],
    [at('login.salesforce.com', 'acme--uat.sandbox.my.salesforce.com'), /^warning: .*not for this kind of org/],
    [at('test.salesforce.com', 'acme.my.salesforce.com'), /^warning: .*not for this kind of org/],
    [at('test.salesforce.com', 'acme.scratch.my.salesforce.com'), /^warning: .*shared/],
    [at('login.salesforce.com', 'acme.my.salesforce.com', 'client-credentials'), /^bad: .*client credentials/],
  ]);
  trust = 'extra';
  each([[at('127.0.0.1:8080'), /^good: .*FORCEMINT_EXTRA_HOSTS/]]);
  trust = undefined;
  each([[at('127.0.0.1:8080'), /^bad: .*not trusted here/]]);
});

test('the audience', () => {
  const { judgeAudience } = checkup;
  const production = 'https://login.salesforce.com';
  each([
    [judgeAudience(settings({ grant: 'client-credentials' }), production, production, 'salesforce'), /^skipped/],
    [judgeAudience(settings(), production, production, 'salesforce'), /^good/],
    [judgeAudience(settings(), `${MY_DOMAIN}/`, production, 'salesforce'), /^good/],
    [judgeAudience(settings(), 'https://test.salesforce.com', production, 'salesforce'), /^bad: .*implies https:\/\/login/],
    [judgeAudience(settings(), 'https://elsewhere.example', production, 'salesforce'), /^warning/],
    [judgeAudience(settings({ loginUrl: 'https://proxy.example' }), production, 'https://proxy.example', 'extra'), /^good/],
  ]);
});

test('key and certificate', () => {
  const { judgeCertificate, judgePrivateKey } = checkup;
  const key = { bits: 2048, publicKeySha256: SHA };
  const certificate = { notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + 300 * DAY_MS, publicKeySha256: SHA, bytes: 1200 };
  const judged = (more: Partial<typeof certificate>) => judgeCertificate({ ...certificate, ...more }, key, NOW_MS);
  each([
    [judgePrivateKey(undefined, undefined, NOW_MS), /^skipped/],
    [judgePrivateKey(key, undefined, NOW_MS), /^good: RSA, 2048 bits$/],
    [judgePrivateKey({ ...key, setAtMs: NOW_MS - 3 * DAY_MS }, key, NOW_MS), /^good: .*given 3 days ago; the next one is staged/],
    [judgePrivateKey({ ...key, bits: 1024 }, undefined, NOW_MS), /^bad: RSA, 1024 bits/],
    [judged({}), /^good: belongs to the key, valid until 2027-09-19 \(300 days\)/],
    [judged({ notAfterMs: NOW_MS + 30 * DAY_MS }), /^warning: .*\(30 days\)/],
    [judged({ notAfterMs: NOW_MS + 31 * DAY_MS }), /^good/],
    [judged({ notAfterMs: NOW_MS - 1 }), /^bad: it ended on 2026-11-23/],
    [judged({ notBeforeMs: NOW_MS + DAY_MS }), /^bad: it is valid from 2026-11-24 on/],
    [judged({ publicKeySha256: 'cd'.repeat(32) }), /^bad: it belongs to another key/],
    [judged({ bytes: 4097 }), /^warning: it has 4097 bytes/],
    [judgeCertificate(undefined, key, NOW_MS), /^skipped: it is not kept here/],
    [judgeCertificate(undefined, undefined, NOW_MS), /^skipped: none is needed/],
    [judgeCertificate(new TypeError('damaged'), key, NOW_MS), /^bad: the stored certificate cannot be read/],
  ]);
});

test('the client secret and the consumer key', () => {
  const { judgeClientSecret } = checkup;
  const of = (clientSecret: object | undefined, more: Partial<ConnectionSettings> = {}) =>
    judgeClientSecret(
      settings({ grant: 'client-credentials', clientAuth: 'post', ...more }),
      { current: { ...(clientSecret && { clientSecret }) } as never, next: {} },
      NOW_MS,
    );
  each([
    [of(undefined, { clientAuth: 'none' }), /^skipped: none is sent/],
    [of({ characters: 64 }), /^good: 64 letters and digits$/],
    [of({ characters: 64, setAtMs: NOW_MS - 365 * DAY_MS }), /^good: .*365 days ago/],
    [of({ characters: 64, setAtMs: NOW_MS - 366 * DAY_MS }), /^warning: .*366 days ago/],
    [of({ characters: 85, oddity: 'consumer-key' }), /^warning: what is stored is a consumer key/],
    [of({ characters: 64 }, { clientId: 'A1'.repeat(32) }), /^bad: the client id is no consumer key/],
    [of({ characters: 64 }, { clientId: '3MVG9 x' }), /^bad: the client id is no consumer key/],
  ]);
});

test('callback and scopes', () => {
  const { judgeCallback, judgeScopes } = checkup;
  const loopback = 'http://localhost:1717/OauthRedirect';
  const login = (scope?: string) => settings({ grant: 'authorization-code', ...(scope !== undefined && { scope }) });
  each([
    [judgeCallback(undefined), /^skipped/],
    [judgeCallback([{ url: loopback, port: 'free' }]), /^good: http:\/\/localhost:1717/],
    [judgeCallback([{ url: 'https://app.example/cb', port: 'remote' }]), /^good: .*pasted/],
    [judgeCallback([{ url: loopback, port: 'busy', why: 'port 1717 is used' }]), /^warning: port 1717 is used$/],
    [
      judgeCallback([
        { url: loopback, port: 'busy' },
        { url: 'http://localhost:1718/', port: 'free' },
      ]),
      /^good: http:\/\/localhost:1718/,
    ],
    [judgeScopes(login('api web'), undefined), /^warning: .*not for refresh_token/],
    [judgeScopes(login('api offline_access'), undefined), /^skipped/],
    [judgeScopes(login(), 'api refresh_token'), /^good: api refresh_token/],
    [judgeScopes(login(), 'full refresh_token'), /^good/],
    [judgeScopes(login(), 'openid refresh_token'), /^warning: .*without api/],
  ]);
});

test('the exchange and what came of it', () => {
  const { judgeAnswerHost, judgeApi, judgeExchange, judgeOrg, judgeUserinfo } = checkup;
  const user = { is: 'user', username: 'Ada@example.com', organizationId: '00D000000000EMUEA2', active: true } as const;
  const diagnosis = { cause: 'why', fix: ['do'], who: 'user', retry: 'reauthorize', id: 'R1' } as const;
  const open = { is: 'open', newest: '67.0', usage: '18/15000' } as const;
  const refused = { is: 'refused', status: 403, found: 'API_DISABLED_FOR_ORG', cause: 'why', fix: ['do'], id: 'H5' } as const;
  each([
    [judgeExchange({ is: 'token', tookMs: 12 }), /^good: .*12 ms/],
    [judgeExchange({ is: 'refused', message: 'Salesforce refuses.', diagnosis, remedy: 'login' }), /^bad: Salesforce refuses$/],
    [
      judgeExchange({ is: 'not-begun', why: 'nobody has logged in yet', livingToken: false, fix: ['log in'], remedy: 'login' }),
      /^bad/,
    ],
    [judgeExchange({ is: 'not-begun', why: 'just done', livingToken: true, fix: [], remedy: 'time' }), /^good/],
    [judgeAnswerHost(undefined, MY_DOMAIN), /^skipped/],
    [judgeAnswerHost(MY_DOMAIN, MY_DOMAIN), /^good/],
    [judgeAnswerHost(MY_DOMAIN, 'https://login.salesforce.com'), /^good/],
    [judgeAnswerHost('https://na12.salesforce.com', MY_DOMAIN), /^warning: .*instance host/],
    [judgeAnswerHost('https://new.my.salesforce.com', MY_DOMAIN), /^warning: new\.my/],
    [judgeOrg(undefined, undefined), /^skipped/],
    [judgeOrg('00D000000000EMU', user), /^good/],
    [judgeOrg('00D000000000XYZEA2', user), /^bad/],
    [judgeUserinfo(user, 'ada@EXAMPLE.com'), /^good/],
    [judgeUserinfo(user, 'bob@example.com'), /^warning: the token is for Ada/],
    [judgeUserinfo({ ...user, active: false }, undefined), /^bad/],
    [
      judgeUserinfo({ is: 'refused', status: 0, found: 'Nobody answered.', cause: 'why', fix: ['do'], id: undefined }, undefined),
      /^warning: Nobody answered$/,
    ],
    [judgeUserinfo({ is: 'refused', status: 403, found: '', cause: 'why', fix: ['do'], id: 'V6' }, undefined), /^warning: .*403/],
    [judgeApi(open, '66.0'), /^good: REST API 66\.0 is open; the org has up to 67\.0; .*18\/15000/],
    [judgeApi({ ...open, usage: '14000/15000' }, '66.0'), /^warning/],
    [judgeApi(refused, '66.0'), /^bad: REST API 66\.0 answered 403 API_DISABLED/],
    [judgeApi({ ...refused, status: 410 }, '30.0'), /^bad/],
    [judgeApi({ ...refused, status: 0, found: 'The connection broke.' }, '66.0'), /^bad: The connection broke$/],
    [judgeExchange({ is: 'skipped', why: 'another product owns the grant' }), /^skipped/],
  ]);
  assert.deepEqual(
    [0, 403, 429, 503].map((status) => judgeApi({ ...refused, status }, '66.0').remedy),
    ['time', 'salesforce', 'time', 'time'],
  );
  assert.deepEqual(judgeApi({ ...refused, status: 410 }, '30.0').id, undefined, 'a retired version is not what the row is about');
});

test('how long tokens last', () => {
  const { judgeExpiry, judgeLoginBudget, judgeRefreshToken } = checkup;
  const idle = (days: number) => judgeRefreshToken(status({ token: token(NOW_MS - days * DAY_MS) }), NOW_MS);
  each([
    [judgeExpiry(status()), /^skipped/],
    [judgeExpiry(status({ token: token(NOW_MS), expiresInSeconds: 7000 })), /^good: 116 min left, by the session time-out/],
    [judgeExpiry(status({ token: { ...token(NOW_MS), reportedInvalid: true } })), /^warning: .*401/],
    [judgeRefreshToken(status({ settings: { grant: 'jwt-bearer' } }), NOW_MS), /^skipped/],
    [idle(0), /^good: version 3, used 0 s ago; .*2026-12-23/],
    [idle(22), /^good/],
    [idle(24), /^warning: .*used 24 days ago/],
    [judgeRefreshToken(status({ hasRefreshToken: false, state: 'new' }), NOW_MS), /^bad: nobody has logged in/],
    [judgeRefreshToken(status({ hasRefreshToken: false }), NOW_MS), /^bad: there is none/],
    [judgeRefreshToken(status({ state: 'reauthorization-required' }), NOW_MS), /^bad: it is dead/],
    [judgeRefreshToken(status({ state: 'handed-over', hasRefreshToken: false }), NOW_MS), /^skipped: handed over/],
    [judgeRefreshToken(status(), NOW_MS), /^good: version 3, used 0 s ago/],
    [judgeLoginBudget(1, false), /^good: 1 token request of/],
    [judgeLoginBudget(359, false), /^good/],
    [judgeLoginBudget(400, true), /^warning: at least 400 token requests/],
  ]);
});

test('2026', () => {
  const { judgeAppKind, judgeLegacyHosts, judgeOldLogins, judgePkce, judgeRotation } = checkup;
  const login = {
    loginType: 'Remote Access 2.0',
    loginSubType: '',
    apiType: 'N/A',
    application: 'Sync',
    loginUrl: 'acme.my.salesforce.com',
  };
  each([
    [judgePkce(status(), undefined), /^skipped/],
    [judgePkce(status({ settings: { grant: 'authorization-code' } }), ['S256']), /^good/],
    [judgePkce(status({ settings: { grant: 'authorization-code' } }), undefined), /^good/],
    [judgePkce(status({ settings: { grant: 'authorization-code' } }), ['plain']), /^warning: .*plain/],
    [judgeRotation(status({ settings: { grant: 'jwt-bearer' } })), /^skipped/],
    [judgeRotation(status()), /^good: the app rotates, .*version 3/],
    [judgeRotation(status({ rotation: 'no' })), /^warning: .*does not rotate/],
    [judgeRotation(status({ rotation: 'unseen' })), /^good: not seen yet/],
    [judgeRotation(status({ settings: { sharedWith: 'Salesforce CLI' } })), /^warning: Salesforce CLI has the same/],
    [judgeAppKind('external-client-app', 'x', { app: 'Sync', isConnectedApp: true }), /^good: an External Client App/],
    [judgeAppKind('connected-app', 'x', undefined), /^warning: a connected app$/],
    [judgeAppKind(undefined, 'x', { app: 'Sync', isConnectedApp: true }), /^warning: a connected app: Sync$/],
    [judgeAppKind(undefined, 'x', { app: 'Sync', isConnectedApp: false }), /^good: Sync is not among the connected apps/],
    [judgeAppKind(undefined, 'x', undefined), /^skipped/],
    [judgeAppKind(undefined, 'PlatformCLI', undefined), /^warning/],
    [judgeLegacyHosts(status({ token: token(NOW_MS) }), ['acme.my.salesforce.com', 'login.salesforce.com']), /^good/],
    [judgeLegacyHosts(status(), ['na12.salesforce.com', 'acme.force.com']), /^warning: na12\.salesforce\.com, acme\.force\.com/],
    [judgeLegacyHosts(status(), ['acme.lightning.force.com']), /^good/],
    [judgeOldLogins(undefined), /^skipped/],
    [judgeOldLogins([login]), /^good: none .* among 1 login of/],
    [
      judgeOldLogins([login, { ...login, apiType: 'SOAP Partner', application: 'Old ETL' }]),
      /^warning: .*by SOAP \(1 login in 30 days: Old ETL\)/,
    ],
    [judgeOldLogins([{ ...login, loginSubType: 'OAuth Username-Password' }]), /^warning: .*by username and password/],
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDefaults } from '../src/config/config-defaults.ts';
import { createEmulator, type Emulator, type EmulatorConfig } from '../src/index.ts';
import { Clock } from '../src/org/clock.ts';
import { toId18 } from '../src/org/ids.ts';
import { pooledRandom } from '../src/org/opaque-text.ts';
import { type RunningOrg, runOrg } from '../src/org/running-org.ts';
import { generateRsaKeyPair } from '../src/org/signing-key.ts';
import { SigningKeys } from '../src/org/signing-keys.ts';
import {
  ADMIN,
  appOf,
  authorizeUrl,
  clientCredentialsForm,
  codeForm,
  get,
  INTEGRATION,
  isAccepted,
  jwtForm,
  obtainCode,
  obtainTokens,
  post,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const token = async (emulator: Emulator) =>
  (await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' })).body.access_token ?? '';

const used = async (emulator: Emulator, access: string): Promise<string | null> =>
  (await get(`${emulator.myDomainUrl}/services/data/v66.0/limits`, { authorization: `Bearer ${access}` })).headers.get(
    'sforce-limit-info',
  );

/** Everything that can be changed from outside, changed. */
async function stir(emulator: Emulator) {
  const tokens = await obtainTokens(emulator, 'web');
  const code = await obtainCode(emulator, 'rotating');
  const assertion = jwtForm(emulator, 'jwt', { jti: 'one-time' });
  await requestToken(emulator, assertion);
  const page = await get(authorizeUrl(emulator, 'web'));
  const transaction = /name="transaction" value="([^"]+)"/.exec(page.text)?.[1];
  const login = await post(`${emulator.loginUrl}/login`, { ...ADMIN, transaction });
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const [granted = ''] = emulator.grant({ app: 'web', user: INTEGRATION.username });
  const access = await token(emulator);
  await used(emulator, access);
  emulator.setSwitches({ approvalLimit: 1, pkceRequired: true });
  emulator.configureApp('web', { scopes: ['id'], isPkceRequired: true });
  await fetch(`${emulator.controlUrl}/_emulator/users`, {
    method: 'POST',
    body: JSON.stringify({ username: ADMIN.username, isActive: false }),
  });
  emulator.fault({ action: { row: 'T3' }, times: 'always' });
  emulator.advanceClock(3600);
  return { tokens, code, assertion, cookie, granted, access };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

test('reset: nothing of before is known, the configured state is back', async (t) => {
  const { users, apps } = withDefaults({});
  // A configuration that can't be changed by accident: what requests change must be copies.
  const config: EmulatorConfig = deepFreeze(structuredClone({ users, apps, accounts: ['Only'] }));
  const nowMs = Date.now();
  const emulator = await startEmulator(t, { config, clock: () => nowMs });
  const ready = structuredClone(emulator.ready);
  const idTokenKey = async (): Promise<unknown> => JSON.parse((await get(`${emulator.loginUrl}/id/keys`)).text).keys[0];
  const key = await idTokenKey();
  const switches = await get(`${emulator.controlUrl}/_emulator/switches`);
  const exp = Math.floor(nowMs / 1000) + 120;
  const { tokens, code, assertion, cookie, granted, access } = await stir(emulator);
  assert.ok((await requestToken(emulator, {})).body.error === 'unknown_error');

  const answer = await post(`${emulator.controlUrl}/_emulator/reset`, {});
  assert.deepEqual([answer.status, answer.text], [200, '{"reset":true}']);

  assert.deepEqual([emulator.ledger(), emulator.faults()], [[], []]);
  assert.deepEqual(emulator.ready, ready);
  assert.deepEqual(await idTokenKey(), key);
  assert.equal((await get(`${emulator.controlUrl}/_emulator/switches`)).text, switches.text);
  assert.equal(await isAccepted(emulator, access), false);
  assert.equal(await isAccepted(emulator, tokens.access_token), false);
  const description = async (form: Parameters<typeof requestToken>[1]) =>
    (await requestToken(emulator, form)).body.error_description;
  assert.equal(await description(refreshForm(emulator, 'web', tokens.refresh_token ?? '')), 'expired access/refresh token');
  assert.equal(await description(refreshForm(emulator, 'web', granted)), 'expired access/refresh token');
  assert.equal(await description(codeForm(emulator, 'rotating', code)), 'invalid authorization code');
  assert.equal(emulator.ledger().at(0)?.seq, 1);
  // Logged in before, and approved: now the login page comes again, and the consent page after it.
  const page = (await get(authorizeUrl(emulator, 'web'), { cookie })).text;
  assert.match(page, /name="password"/);
  const transaction = /name="transaction" value="([^"]+)"/.exec(page)?.[1];
  assert.match((await post(`${emulator.loginUrl}/login`, { ...ADMIN, transaction })).text, /Allow access/);

  // The consumer keys, secrets and the certificate are those of before; users and apps are as configured.
  assert.equal((await requestToken(emulator, assertion)).status, 200, 'the jti is new again');
  assert.equal((await requestToken(emulator, jwtForm(emulator, 'jwt', { exp }))).status, 200, 'the clock is back');
  const fresh = await token(emulator);
  assert.match((await used(emulator, fresh)) ?? '', /^api-usage=1\//);
  assert.ok((await obtainTokens(emulator, 'web', { code_challenge: undefined })).access_token, 'PKCE is not required');
  assert.match((await obtainTokens(emulator, 'web')).scope ?? '', /\bapi\b/);
});

test('reset in code, again and again, on the same ports', async (t) => {
  const emulator = await startEmulator(t);
  const { loginUrl, myDomainUrl } = emulator;
  for (let round = 0; round < 3; round++) {
    const access = await token(emulator);
    assert.ok(await isAccepted(emulator, access));
    emulator.fault({ action: { row: 'T1' }, times: 'always' });
    emulator.reset();
    assert.equal(await isAccepted(emulator, access), false);
    assert.deepEqual([emulator.loginUrl, emulator.myDomainUrl, emulator.ledger().length], [loginUrl, myDomainUrl, 0]);
  }
});

test('a propagation delay begins anew', async (t) => {
  const { apps } = withDefaults({});
  const app = { ...apps.clientCredentials, scopes: ['api'], propagationDelaySeconds: 60 };
  const emulator = await startEmulator(t, { config: { apps: { clientCredentials: app } } });
  const { clientId } = appOf(emulator, 'clientCredentials');
  for (let round = 0; round < 2; round++) {
    const refused = await requestToken(emulator, clientCredentialsForm(emulator), { host: 'mydomain' });
    assert.equal(refused.body.error, 'invalid_client_id');
    emulator.advanceClock(61);
    assert.notEqual(await token(emulator), '');
    emulator.reset();
  }
  assert.equal(appOf(emulator, 'clientCredentials').clientId, clientId);
});

test('requests that a fault delays are answered at once, and nothing keeps the process waiting', async () => {
  const emulator = await createEmulator();
  emulator.fault({ action: { delayBeforeMs: 3_600_000, delayMs: 3_600_000 } });
  const delayed = token(emulator);
  while (emulator.ledger().length === 0) await new Promise((resolve) => setImmediate(resolve));
  emulator.reset();
  const access = await delayed;
  assert.notEqual(access, '');
  assert.equal(await isAccepted(emulator, access), false, 'it belongs to the org of before');
  assert.deepEqual(emulator.ledger(), []);
  await emulator.close();
});

/** Every object that can be reached through properties; what private members hold is made by the constructors. */
function reachable(root: unknown): ReadonlySet<object> {
  const seen = new Set<object>();
  const visit = (value: unknown): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
    seen.add(value);
    for (const inner of Object.values(value)) visit(inner);
    if (value instanceof Map) for (const [key, inner] of value) [key, inner].forEach(visit);
    if (value instanceof Set) value.forEach(visit);
  };
  visit(root);
  return seen;
}

test('a running org shares no object with the one before, but what the blueprint holds', async () => {
  const config = withDefaults({});
  const environment = {
    clock: new Clock(() => 0),
    random: pooledRandom(),
    origins: { login: 'http://127.0.0.1:1', mydomain: 'http://127.0.0.1:2' },
    signingKeys: new SigningKeys(toId18(config.org.id), generateRsaKeyPair()),
  };
  const blueprint = { config, environment, certificate: '' };
  const apps = Object.fromEntries(Object.entries(config.apps).map(([name, app]) => [name, { ...app, certificate: false }]));
  const run = (): RunningOrg => runOrg({ ...blueprint, config: { ...config, apps } }, () => undefined);
  const [first, second] = [reachable(run()), reachable(run())];
  const given = reachable([blueprint, apps]);
  const shared = [...first].filter((one) => second.has(one) && !given.has(one));
  assert.ok(first.size > 15, 'the walk must find the members of the org');
  assert.deepEqual(shared, []);
  await environment.signingKeys.idTokenKey();
});

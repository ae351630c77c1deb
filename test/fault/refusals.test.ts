import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fingerprint, type NewConnection } from '@forcemint/core';
import { createEmulator, type Emulator, type FaultAction } from '@forcemint/emulator';
import { type Forcemint, openForcemint } from '@forcemint/node';
import {
  BRISK,
  clientCredentialsConnection,
  emulatedSalesforce,
  extraHosts,
  jwtConnection,
  PATIENT,
  refreshTokenConnection,
} from '../support/emulated-salesforce.ts';
import { failure } from '../support/failure.ts';
import { renewedOrVerdict, soundEnd } from '../support/sound-end.ts';
import { readStoredRow } from '../support/stored-row.ts';
import { type Ending, temporaryHome } from '../support/temporary-home.ts';

const DURATIONS = BRISK;
/** A token that was refused for another reason may be presented again without a wait. */
const AT_ONCE = 0;
const HTML = '<!doctype html><title>Synthetic</title>';
const TOKEN_REQUESTS = { path: '/services/oauth2/token' };

let emulator: Emulator;
let home: string;
let quick: Forcemint;
let patient: Forcemint;
const cleanUps: (() => unknown)[] = [];
const ending: Ending = { after: (cleanUp) => cleanUps.unshift(cleanUp) };

before(async () => {
  emulator = await createEmulator();
  home = temporaryHome(ending);
  const options = { home, extraHosts: extraHosts(emulator), env: {} };
  quick = await openForcemint({ ...options, durations: DURATIONS });
  patient = await openForcemint({ ...options, durations: PATIENT });
});

after(async () => {
  await quick[Symbol.asyncDispose]();
  await patient[Symbol.asyncDispose]();
  await emulator.close();
  for (const cleanUp of cleanUps) await cleanUp();
});

let names = 0;

async function connected(connection: NewConnection) {
  emulator.clearFaults();
  names += 1;
  const name = `acme-${names}`;
  const adopted = fingerprint(connection.refreshToken ?? '');
  await quick.administration.connect(name, connection);
  const { value } = await patient.getToken(name);
  const seq = emulator.ledger().at(-1)?.seq ?? 0;
  return {
    name,
    living: value,
    requests: () => emulator.ledger(seq),
    state: async () => (await quick.status(name)).state,
    fault: (action: FaultAction, times: number | 'always' = 1) => emulator.fault({ match: TOKEN_REQUESTS, action, times }),
    end: (leastWaitMs = 0.75 * DURATIONS.unknownWaitMs) => soundEnd({ emulator, home, name, adopted, leastWaitMs }),
  };
}

const oauth = (status: number, error: string, description?: string): FaultAction => ({
  status,
  body: JSON.stringify({ error, error_description: description }),
  headers: { 'content-type': 'application/json' },
});
const page = (status: number, headers: Readonly<Record<string, string>> = {}): FaultAction => ({
  status,
  body: HTML,
  headers: { 'content-type': 'text/html', ...headers },
});

/** What says that the request was not carried out: nothing is unknown, and the same token may be presented again at once. */
const NOT_DONE: Readonly<Record<string, { readonly action: FaultAction; readonly name: string; readonly code: string }>> = {
  'a 401 page': { action: page(401), name: 'MalformedResponseError', code: 'unexpected_status' },
  'a 403 page': { action: page(403), name: 'MalformedResponseError', code: 'unexpected_status' },
  'a 429 page that says when to come again': {
    action: page(429, { 'retry-after': '1' }),
    name: 'MalformedResponseError',
    code: 'unexpected_status',
  },
  'a 429 in the words of OAuth': { action: oauth(429, 'rate_limit_exceeded'), name: 'OAuthResponseError', code: 'oauth_error' },
  'a 400 that means the app': { action: { row: 'A5' }, name: 'OAuthResponseError', code: 'oauth_error' },
};

for (const [what, { action, name: errorName, code }] of Object.entries(NOT_DONE)) {
  test(`fault 28, ${what}: not done, so the refresh token is as good as before`, async () => {
    const line = await connected(refreshTokenConnection(emulator));
    line.fault(action);
    const error = await failure(patient.renew(line.name));
    assert.deepEqual([error.name, error.code], [errorName, code]);
    assert.equal(await line.state(), 'failing');
    assert.equal((await patient.getToken(line.name)).value, line.living, 'the living token is served');
    await patient.renew(line.name);
    const [refused, granted, ...more] = line.requests();
    assert.deepEqual([more, granted?.presented], [[], refused?.presented]);
    assert.equal(await line.end(AT_ONCE), 'newest-stored');
  });
}

test('fault 28, 408 and pages of 500 to 504, whether the request was processed or not: unknown, and one late repetition tells', async () => {
  const cases = [408, 500, 502, 503, 504].flatMap((status) => [false, true].map((processed) => ({ status, processed })));
  const lines = [];
  for (const { status, processed } of cases) {
    const line = await connected(refreshTokenConnection(emulator));
    line.fault({ ...page(status), processed });
    assert.equal((await failure(quick.renew(line.name))).code, 'outcome_unknown', `${status}`);
    assert.equal(await line.state(), 'unknown');
    lines.push({ ...line, status, processed });
  }
  await Promise.all(
    lines.map(async ({ name, status, processed, end }) => {
      const what = `${status}, ${processed ? 'processed' : 'not processed'}`;
      const outcome = await renewedOrVerdict(quick, name);
      assert.equal('code' in outcome && outcome.code, processed && 'refresh_token_dead', what);
      assert.equal(await end(), processed ? 'loss-named' : 'newest-stored', what);
    }),
  );
});

test('fault 28, refusals and pages to grants that rotate nothing: an error that says so, and the next call is served', async () => {
  for (const connection of [jwtConnection(emulator), clientCredentialsConnection(emulator)]) {
    const line = await connected(connection);
    for (const status of [401, 403, 408, 429, 500, 502, 503]) {
      line.fault(page(status));
      const error = await failure(patient.renew(line.name));
      assert.deepEqual([error.name, error.code], ['MalformedResponseError', 'unexpected_status'], `${status}`);
      assert.match(error.message, new RegExp(String(status)));
      assert.equal((await patient.getToken(line.name)).value, line.living);
    }
    await patient.renew(line.name);
    assert.equal(await line.state(), 'ready');
    assert.equal(line.requests().length, 8);
  }
});

test('fault 25, busy to a grant that does not rotate: asked again a few times, then it says so', async () => {
  const line = await connected(refreshTokenConnection(emulator, 'PlatformCLI'));
  line.fault({ row: 'R2' }, 2);
  assert.notEqual((await patient.renew(line.name)).value, line.living);
  assert.equal(line.requests().length, 3);
  line.fault({ row: 'R2' }, 'always');
  const error = await failure(patient.renew(line.name));
  assert.deepEqual([error.name, error.retryable], ['OAuthResponseError', true]);
  assert.equal(line.requests().length, 7, 'four tries');
  emulator.clearFaults();
  await patient.renew(line.name);
});

test('fault 25, busy in the words of before 2024, to a grant that rotates: not asked again at once', async () => {
  const line = await connected(refreshTokenConnection(emulator));
  line.fault({ row: 'R3' });
  assert.equal((await failure(quick.renew(line.name))).code, 'outcome_unknown');
  assert.equal(line.requests().length, 1);
  assert.ok('token' in (await renewedOrVerdict(quick, line.name)));
  assert.equal(await line.end(), 'newest-stored');
});

test('fault 26, each way in which a grant can be dead: one request, a human is asked for, nothing is posted any more', async () => {
  for (const row of ['R1', 'R6']) {
    const line = await connected(refreshTokenConnection(emulator));
    line.fault({ row });
    const error = await failure(patient.renew(line.name));
    assert.deepEqual([row, error.name, error.code], [row, 'ReauthorizationRequired', 'refresh_token_dead']);
    for (let tries = 0; tries < 3; tries += 1) await failure(patient.renew(line.name));
    assert.equal(line.requests().length, 1);
    assert.equal(await line.end(), 'loss-named');
  }
});

test('fault 27, invalid_grant in words that nobody knows: the token that was posted is taken for dead, never posted in a loop', async () => {
  for (const description of ['synthetic words', undefined, '', 'x'.repeat(5_000)]) {
    const line = await connected(refreshTokenConnection(emulator));
    line.fault(oauth(400, 'invalid_grant', description), 'always');
    const error = await failure(patient.renew(line.name));
    assert.deepEqual([error.name, error.code], ['ReauthorizationRequired', 'refresh_token_dead']);
    for (let tries = 0; tries < 3; tries += 1) await failure(patient.renew(line.name));
    assert.equal(line.requests().length, 1);
    assert.ok(error.message.length < 1_000);
  }
});

test('fault 27, an error that is not about the token, in words that nobody knows: the token is not buried', async () => {
  const line = await connected(refreshTokenConnection(emulator));
  line.fault(oauth(400, 'synthetic_error', 'synthetic words'));
  const error = await failure(patient.renew(line.name));
  assert.deepEqual([error.name, error.code], ['OAuthResponseError', 'oauth_error']);
  await patient.renew(line.name);
  assert.equal(await line.end(AT_ONCE), 'newest-stored');
});

test('fault 29, an empty refresh token is none: the old one stays, and its death shows at the next renewal', async () => {
  for (const empty of ['', null]) {
    const line = await connected(refreshTokenConnection(emulator));
    const before = await readStoredRow(home, line.name);
    line.fault({ tamper: { jsonPatch: { refresh_token: empty } } });
    await patient.renew(line.name);
    assert.equal((await readStoredRow(home, line.name)).refreshToken, before.refreshToken);
    assert.deepEqual(await renewedOrVerdict(patient, line.name), { code: 'refresh_token_dead' });
    assert.equal(line.requests().length, 2);
  }
});

test('fault 30, another instance URL of the org, or other scopes: the token is used with what came with it, all of one answer', async () => {
  const line = await connected(refreshTokenConnection(emulator));
  line.fault({ tamper: { jsonPatch: { instance_url: emulator.loginUrl, scope: 'api' } } });
  const moved = await patient.renew(line.name);
  assert.deepEqual([moved.instanceUrl, moved.scope], [emulator.loginUrl, 'api']);
  const back = await patient.renew(line.name);
  assert.deepEqual([back.instanceUrl, back.scope.split(' ').length > 1], [emulator.myDomainUrl, true]);
  assert.equal(await line.end(), 'newest-stored');
  assert.ok(
    (await patient.events(line.name)).some(({ type, detail }) => type === 'warning' && /scope/.test(String(detail['text']))),
  );
});

test('fault 31, a lost answer with and without the cascade: the same one repetition, the same verdict, and the token that lives is served until then', async () => {
  for (const reuseCascade of [true, false]) {
    emulator.setSwitches({ reuseCascade });
    const line = await connected(refreshTokenConnection(emulator));
    line.fault({ dropAfter: true });
    assert.equal((await failure(quick.renew(line.name))).code, 'outcome_unknown');
    assert.equal((await quick.getToken(line.name)).value, line.living);
    assert.deepEqual(await renewedOrVerdict(quick, line.name), { code: 'refresh_token_dead' });
    assert.equal(await line.end(), 'loss-named');
    assert.equal(line.requests().length, 2);
  }
  emulator.setSwitches({ reuseCascade: true });
});

test('fault 34, a server whose clock is ten minutes off: a rotating grant is renewed, and its token is as old here as it is', async (t) => {
  for (const seconds of [600, -600]) {
    const server = await emulatedSalesforce(t, { clock: () => Date.now() + seconds * 1000 });
    const elsewhere = temporaryHome(t);
    await using forcemint = await openForcemint({ home: elsewhere, extraHosts: extraHosts(server), durations: PATIENT, env: {} });
    const connection = refreshTokenConnection(server);
    await forcemint.administration.connect('acme', connection);
    await forcemint.getToken('acme');
    const { issuedAt, expiresAt } = await forcemint.renew('acme');
    assert.ok(Math.abs(issuedAt - Date.now() / 1000) < 60, `issued at ${issuedAt}`);
    assert.equal(expiresAt - issuedAt, 7_200);
    const adopted = fingerprint(connection.refreshToken);
    assert.equal(await soundEnd({ emulator: server, home: elsewhere, name: 'acme', adopted, leastWaitMs: 0 }), 'newest-stored');
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator, UserSettings } from '../src/index.ts';
import {
  ADMIN,
  CALLBACK,
  clientCredentialsForm,
  codeForm,
  type Form,
  INTEGRATION,
  jwtForm,
  obtainCode,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';
import { recordsOf, restClient } from './rest-client.ts';

type Change = (emulator: Emulator) => void;
type Attempt = (emulator: Emulator) => Form | Promise<Form>;

const user =
  (settings: UserSettings): Change =>
  (emulator) =>
    emulator.configureUser(INTEGRATION.username, settings);
const FROZEN = user({ isFrozen: true });
const INACTIVE = user({ isActive: false });
const WITHOUT_API = user({ isApiEnabled: false });
const ELSEWHERE = user({ loginIpRanges: [{ start: '203.0.113.1', end: '203.0.113.9' }] });
const NOTHING: Change = () => undefined;

const jwt =
  (claims: object, change = NOTHING): Attempt =>
  (emulator) => {
    change(emulator);
    return jwtForm(emulator, 'jwt', claims);
  };

/** The second request with the same assertion. */
const secondJwt =
  (claims: object, change = NOTHING): Attempt =>
  async (emulator) => {
    change(emulator);
    const form = jwtForm(emulator, 'jwt', claims);
    assert.equal((await requestToken(emulator, form)).status, 200);
    return form;
  };

const clientCredentials =
  (change: Change): Attempt =>
  (emulator) => {
    change(emulator);
    return clientCredentialsForm(emulator, 'all');
  };

const code =
  (changes: Form, change = NOTHING): Attempt =>
  async (emulator) => {
    const text = await obtainCode(emulator, 'web', {}, INTEGRATION);
    change(emulator);
    return codeForm(emulator, 'web', text, changes);
  };

const refresh =
  (change: Change): Attempt =>
  (emulator) => {
    const [token = ''] = emulator.grant({ app: 'rotating', user: INTEGRATION.username });
    change(emulator);
    return refreshForm(emulator, 'rotating', token);
  };

/** By the status of the row that it leaves. */
const WITH_ROW: readonly (readonly [status: string, error: string, attempt: Attempt])[] = [
  ['Failed: Audience Invalid', 'invalid_grant', jwt({ aud: 'https://elsewhere.example' })],
  ['Failed: Assertion Expired', 'invalid_grant', jwt({ exp: 1 })],
  ['Failed: Assertion Invalid', 'invalid_grant', jwt({ exp: 'soon' })],
  ['User is frozen', 'invalid_grant', jwt({}, FROZEN)],
  ['User is inactive', 'invalid_grant', jwt({}, INACTIVE)],
  ['Failed: OAuth API access disabled', 'invalid_grant', jwt({}, WITHOUT_API)],
  ['Restricted IP', 'invalid_grant', jwt({}, ELSEWHERE)],
  ['Login rate exceeded', 'rate_limit_exceeded', secondJwt({}, (emulator) => emulator.setSwitches({ loginLimitPerHour: 1 }))],
  ['Failed: Nonce Replay Detected', 'bad_jti_claim', secondJwt({ jti: 'once' })],
  ['User is frozen', 'invalid_grant', clientCredentials(FROZEN)],
  ['User is inactive', 'invalid_grant', clientCredentials(INACTIVE)],
  ['Failed: OAuth API access disabled', 'invalid_grant', clientCredentials(WITHOUT_API)],
  ['Restricted IP', 'invalid_grant', clientCredentials(ELSEWHERE)],
  ['Failed: Invalid Callback URL', 'redirect_uri_mismatch', code({ redirect_uri: `${CALLBACK}/other` })],
  ['Failed: Invalid Code Verifier', 'invalid_grant', code({ code_verifier: undefined })],
  ['Failed: Invalid Code Verifier', 'invalid_request', code({ code_verifier: 'x'.repeat(43) })],
  ['Failed: IP Address Not Allowed', 'invalid_grant', code({}, ELSEWHERE)],
  ['User is frozen', 'invalid_grant', code({}, FROZEN)],
  ['Failed: Invalid Token', 'invalid_grant', refresh((emulator) => emulator.revoke({ user: INTEGRATION.username }))],
  ['User is inactive', 'invalid_grant', refresh(INACTIVE)],
  ['User is frozen', 'invalid_grant', refresh(FROZEN)],
  ['Failed: IP Address Not Allowed', 'invalid_grant', refresh(ELSEWHERE)],
];

/** No status fits, or it is not known who came. */
const WITHOUT_ROW: readonly (readonly [error: string, attempt: Attempt])[] = [
  ['invalid_app_access', jwt({}, (emulator) => emulator.configureApp('jwt', { approvedUsers: [] }))],
  ['redirect_uri_missing', code({ redirect_uri: undefined })],
  ['invalid_client_id', jwt({ iss: 'unknown.client' })],
  ['invalid_grant', jwt({ sub: 'nobody@emulator.example' })],
  ['invalid_grant', (emulator) => ({ ...jwtForm(emulator), assertion: withForeignSubject(emulator) })],
  ['invalid_grant', jwt({}, (emulator) => emulator.fault({ action: { row: 'J8' }, match: { path: '*/token' } }))],
];

/** The signature is of another user's assertion. */
function withForeignSubject(emulator: Emulator): string {
  const [header, claims] = jwtForm(emulator).assertion?.split('.') ?? [];
  const signature = jwtForm(emulator, 'jwt', { sub: ADMIN.username }).assertion?.split('.')[2];
  return `${header}.${claims}.${signature}`;
}

/** The error, and the statuses of the rows that the attempt leaves with its user. */
async function outcome(emulator: Emulator, attempt: Attempt): Promise<readonly unknown[]> {
  emulator.reset();
  emulator.configureApp('clientCredentials', { oauthClientCredentialUser: ADMIN.username });
  const request = await restClient(emulator);
  const form = await attempt(emulator);
  const statuses = async () => {
    const rows = await recordsOf(request, "SELECT Status FROM LoginHistory WHERE UserId = '005000000EMU002'");
    return rows.map(({ Status }) => Status);
  };
  const before = await statuses();
  const { body } = await requestToken(emulator, form, { host: 'mydomain' });
  return [body.error, ...(await statuses()).slice(before.length)];
}

test('a refusal leaves a row where the user is known and Salesforce has a status for it', async (t) => {
  const emulator = await startEmulator(t);
  for (const [index, [status, error, attempt]] of WITH_ROW.entries()) {
    assert.deepEqual(await outcome(emulator, attempt), [error, status], String(index));
  }
});

test('any other refusal leaves none, nor does a fault', async (t) => {
  const emulator = await startEmulator(t);
  for (const [index, [error, attempt]] of WITHOUT_ROW.entries()) {
    assert.deepEqual(await outcome(emulator, attempt), [error], String(index));
  }
});

test('a refresh token that two use at once', async (t) => {
  const emulator = await startEmulator(t);
  const [token = ''] = emulator.grant({ app: 'rotating', user: ADMIN.username });
  const form = refreshForm(emulator, 'rotating', token);
  await Promise.all([requestToken(emulator, form), requestToken(emulator, form)]);
  const rows = await recordsOf(await restClient(emulator), "SELECT Status FROM LoginHistory WHERE UserId = '005000000EMU001'");
  assert.deepEqual(rows.map(({ Status }) => Status).toSorted(), ['Failed: Token request is already being processed', 'Success']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emulator } from '../src/index.ts';
import {
  ADMIN,
  appOf,
  clientCredentialsForm,
  codeForm,
  type Form,
  INTEGRATION,
  jwtForm,
  post,
  type Reply,
  refreshForm,
  requestToken,
  startEmulator,
} from './emulator-client.ts';

const WRONG = { client_secret: 'wrong' };
const NOBODY = { client_id: '3MVG9nobody' };
const NO_SECRET = { client_secret: undefined };
const BAD_ASSERTION = {
  client_secret: undefined,
  client_assertion: 'a.b.c',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
};

const code = (emulator: Emulator, changes: Form) =>
  requestToken(emulator, codeForm(emulator, 'web', 'aPrxEmulator', changes), { host: 'mydomain' });
const credentials = (emulator: Emulator, changes: Form) =>
  requestToken(emulator, clientCredentialsForm(emulator, 'clientCredentials', changes), { host: 'mydomain' });
const jwt = (emulator: Emulator, changes: Form) => requestToken(emulator, { ...jwtForm(emulator), ...changes });
const introspect = (emulator: Emulator, changes: Form) => {
  const { clientId, clientSecret } = appOf(emulator, 'web');
  const form = { client_id: clientId, client_secret: clientSecret, token: 'any', ...changes };
  return post(`${emulator.loginUrl}/services/oauth2/introspect`, form);
};
const refresh = (emulator: Emulator, changes: Form) => {
  const [token = ''] = emulator.grant({ app: 'web', user: ADMIN.username });
  return requestToken(emulator, refreshForm(emulator, 'web', token, changes));
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

type Ask = (emulator: Emulator) => Promise<Reply>;

/** The row that a real refusal belongs to, its error code, and the request that meets it. */
const REFUSALS: readonly (readonly [row: string, error: string, what: string, ask: Ask])[] = [
  ['A5', 'invalid_client', 'wrong secret with a code', (emulator) => code(emulator, WRONG)],
  ['A5', 'invalid_client', 'no secret with a code', (emulator) => code(emulator, NO_SECRET)],
  ['A6', 'invalid_client_id', 'unknown client with a code', (emulator) => code(emulator, NOBODY)],
  ['A13', 'unsupported_grant_type', 'no grant_type', (emulator) => code(emulator, { grant_type: undefined })],
  ['A13', 'unsupported_grant_type', 'a code with a misspelt grant', (emulator) => code(emulator, { grant_type: 'code' })],
  ['J12', 'invalid_request', 'scope with a code', (emulator) => code(emulator, { scope: 'api' })],
  ['K5', 'invalid_client', 'wrong secret with client credentials', (emulator) => credentials(emulator, WRONG)],
  ['K5', 'invalid_client', 'no secret with client credentials', (emulator) => credentials(emulator, NO_SECRET)],
  ['K5', 'invalid_client', 'wrong client assertion with client credentials', (emulator) => credentials(emulator, BAD_ASSERTION)],
  [
    'K5',
    'invalid_client',
    'wrong Basic with client credentials',
    (emulator) => {
      const authorization = basic(`${appOf(emulator, 'clientCredentials').clientId}:wrong`);
      return requestToken(emulator, { grant_type: 'client_credentials' }, { host: 'mydomain', headers: { authorization } });
    },
  ],
  ['K6', 'invalid_client_id', 'unknown client with client credentials', (emulator) => credentials(emulator, NOBODY)],
  [
    'K1',
    'invalid_grant',
    'client credentials at the login host that serves no grant',
    (emulator) => {
      emulator.setSwitches({ myDomainRequired: true });
      return requestToken(emulator, clientCredentialsForm(emulator));
    },
  ],
  [
    'K7',
    'invalid_grant',
    'run-as user is frozen',
    (emulator) => {
      emulator.configureUser(INTEGRATION.username, { isFrozen: true });
      return credentials(emulator, {});
    },
  ],
  ['R4', 'invalid_client', 'wrong secret when refreshing', (emulator) => refresh(emulator, WRONG)],
  ['R4', 'invalid_client', 'no secret when refreshing', (emulator) => refresh(emulator, NO_SECRET)],
  ['R5', 'invalid_client_id', 'unknown client when refreshing', (emulator) => refresh(emulator, NOBODY)],
  ['R10', 'unsupported_grant_type', 'refreshing misspelt', (emulator) => refresh(emulator, { grant_type: 'refresh' })],
  ['R11', 'invalid_request', 'scope when refreshing', (emulator) => refresh(emulator, { scope: 'api' })],
  ['J12', 'invalid_request', 'scope with an assertion', (emulator) => jwt(emulator, { scope: 'api' })],
  ['J13', 'unsupported_grant_type', 'an assertion with a misspelt grant', (emulator) => jwt(emulator, { grant_type: 'urn:jwt' })],
  ['J13', 'unsupported_grant_type', 'a grant that nobody has', (emulator) => requestToken(emulator, { grant_type: 'magic' })],
  ['V5', 'invalid_client', 'wrong secret at introspection', (emulator) => introspect(emulator, WRONG)],
  ['V5', 'invalid_client', 'no secret at introspection', (emulator) => introspect(emulator, NO_SECRET)],
];

const rows = [...new Set(REFUSALS.map(([row]) => row))];
const config = {
  errorDescriptions: Object.fromEntries(rows.map((row) => [row, `text of ${row}`])),
  errorStatuses: Object.fromEntries(rows.map((row, index) => [row, 460 + index])),
};

for (const [row, error, what, ask] of REFUSALS) {
  test(`the text and status configured for ${row} are those of: ${what}`, async (t) => {
    const { status, body } = await ask(await startEmulator(t, { config }));
    const expected = { error, error_description: `text of ${row}` };
    assert.deepEqual([status, body], [config.errorStatuses[row], expected]);
  });
}

test('a frozen user is refused a refresh by the second answer of R6', async (t) => {
  const settings = { errorStatuses: { R6: 461, J6: 462 }, errorDescriptions: { R6: 'of the first answer', J6: 'of J6' } };
  const emulator = await startEmulator(t, { config: settings });
  emulator.configureUser(ADMIN.username, { isFrozen: true });
  const frozen = await refresh(emulator, {});
  assert.deepEqual([frozen.status, frozen.body], [461, { error: 'invalid_grant', error_description: 'authentication failure' }]);
  emulator.configureUser(ADMIN.username, { isActive: false });
  assert.equal((await refresh(emulator, {})).body.error_description, 'of the first answer');
});

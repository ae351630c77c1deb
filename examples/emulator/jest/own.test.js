const { createEmulator } = require('@forcemint/emulator');
const { query, requestToken } = require('./salesforce.js');

// An emulator for each test: right for tests that turn the clock, set faults or look at the whole ledger. The emulator is an
// ES module: in tests Jest loads those on Node 24.9 and newer, when Node runs with --experimental-vm-modules.

let emulator;
let refreshToken;

beforeEach(async () => {
  emulator = await createEmulator();
  [refreshToken] = emulator.grant({ app: 'rotating', user: 'admin@emulator.example' });
});

afterEach(() => emulator.close());

function refresh(token) {
  const { clientId } = emulator.ready.apps.rotating;
  return requestToken(emulator.loginUrl, {
    grant_type: 'refresh_token',
    client_id: clientId,
    refresh_token: token,
  });
}

test('a session that has expired', async () => {
  const token = await refresh(refreshToken);
  emulator.advanceClock(2 * 60 * 60 + 1); // the session timeout is two hours, nobody waits for it
  const { status, body } = await query(token, 'SELECT Id FROM Account');
  expect(status).toBe(401);
  expect(body[0].errorCode).toBe('INVALID_SESSION_ID');
});

test('a refresh token that is refused', async () => {
  emulator.fault({ match: { grantType: 'refresh_token' }, action: { row: 'R1' } });
  expect(await refresh(refreshToken)).toEqual({
    error: 'invalid_grant',
    error_description: 'expired access/refresh token',
  });
});

test('rotation: each refresh token works once', async () => {
  const renewed = await refresh(refreshToken);
  expect(renewed.refresh_token).not.toBe(refreshToken);
  expect(await refresh(refreshToken)).toMatchObject({ error: 'invalid_grant' });

  // The ledger has one line for each token request, with fingerprints instead of tokens.
  expect(emulator.ledger()).toMatchObject([
    { grantType: 'refresh_token', outcome: 'ok', consumed: true },
    { grantType: 'refresh_token', outcome: 'invalid_grant', consumed: false },
  ]);
});

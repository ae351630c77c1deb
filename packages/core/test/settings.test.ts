import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConnectionSecrets } from '../src/connections/connection.ts';
import { type ConnectionInput, checkConnectionName, connectionSettings } from '../src/connections/settings.ts';
import { AuthError, ConfigurationError } from '../src/errors.ts';
import { TOKEN_ERROR_ROWS } from '../src/salesforce/token-error-rows.ts';
import { type RequestKind, readTokenError } from '../src/salesforce/token-errors.ts';

const policy = { extraOrigins: [], sovereign: false };
const complete: ConnectionInput = { grant: 'client-credentials', loginUrl: 'https://acme.my.salesforce.com', clientId: 'key' };

function code(input: Partial<ConnectionInput>, secrets: ConnectionSecrets = { clientSecret: 's' }): string {
  try {
    connectionSettings({ ...complete, ...input }, secrets, policy);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    assert.ok((error.diagnosis?.fix.length ?? 0) > 0, error.message);
    return error.code;
  }
  return 'accepted';
}

test('defaults', () => {
  const settings = connectionSettings(complete, { clientSecret: 's' }, policy);
  assert.equal(settings.clientAuth, 'post');
  assert.equal(settings.rotates, 'auto');
  assert.equal(settings.introspect, 'auto');
  assert.equal(settings.sessionTimeoutSeconds, 7_200);
  assert.equal(settings.apiVersion, '66.0');
});

test('client authentication follows from what there is', () => {
  const auth = (input: Partial<ConnectionInput>, secrets: ConnectionSecrets): string =>
    connectionSettings({ ...complete, ...input }, secrets, policy).clientAuth;
  assert.equal(auth({}, { privateKey: 'pem' }), 'private-key-jwt');
  assert.equal(auth({ grant: 'jwt-bearer', username: 'u' }, { privateKey: 'pem' }), 'none');
  assert.equal(auth({ grant: 'authorization-code' }, {}), 'none');
  assert.equal(auth({ grant: 'authorization-code' }, { clientSecret: 's' }), 'post');
  assert.equal(auth({ clientAuth: 'basic' }, { clientSecret: 's' }), 'basic');
});

test('what is missing or wrong is said with the flag that mends it', () => {
  assert.equal(code({ grant: 'password' }), 'invalid_setting');
  assert.equal(code({ clientId: undefined }), 'missing_setting');
  assert.equal(code({}, {}), 'missing_setting');
  assert.equal(code({ clientAuth: 'basic' }, {}), 'missing_setting');
  assert.equal(code({ clientAuth: 'magic' }), 'invalid_setting');
  assert.equal(code({ grant: 'jwt-bearer', username: 'u' }, {}), 'missing_setting');
  assert.equal(code({ grant: 'jwt-bearer' }, { privateKey: 'pem' }), 'missing_setting');
  assert.equal(code({ rotates: 'perhaps' }), 'invalid_setting');
  assert.equal(code({ sessionTimeoutSeconds: 59 }), 'invalid_setting');
  assert.equal(code({ apiVersion: 'latest' }), 'invalid_setting');
  assert.equal(code({ grant: 'authorization-code', redirectUris: ['http://evil.example/callback'] }), 'invalid_setting');
  assert.equal(code({ loginUrl: 'https://login.salesforce.com' }), 'my_domain_required');
  assert.equal(code({ loginUrl: undefined }), 'my_domain_required');
});

test('API versions as people write them', () => {
  for (const text of ['66.0', 'v66.0', '66', 'v51.0']) {
    assert.match(connectionSettings({ ...complete, apiVersion: text }, { clientSecret: 's' }, policy).apiVersion, /^(66|51)\.0$/);
  }
});

test('names', () => {
  for (const good of ['a', 'acme', 'acme.prod', '0-x_y', 'a'.repeat(63)]) checkConnectionName(good);
  for (const bad of ['', 'Acme', '-a', '.a', 'a b', 'a/b', '../a', 'a'.repeat(64), 'ä', 'a\n']) {
    assert.throws(() => checkConnectionName(bad), { code: 'invalid_name' }, bad);
  }
});

test('property: a name is accepted exactly if it fits the pattern', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 70 }), (name) => {
      let accepted = true;
      try {
        checkConnectionName(name);
      } catch (error) {
        assert.ok(error instanceof AuthError);
        accepted = false;
      }
      assert.equal(accepted, /^[a-z0-9][a-z0-9._-]{0,62}$/.test(name) && !name.endsWith('\n'));
    }),
    { numRuns: 2_000 },
  );
});

test('one error code has many causes: the description decides', () => {
  const read = (request: Parameters<typeof readTokenError>[0], error: string, description?: string): string =>
    `${readTokenError(request, error, description).errorClass} ${readTokenError(request, error, description).diagnosis.id}`;
  assert.equal(read('refresh-token', 'invalid_grant', 'expired access/refresh token'), 'dead R1');
  assert.equal(read('refresh-token', 'invalid_grant', 'Token request is already being processed'), 'busy R2');
  assert.equal(read('refresh-token', 'invalid_grant', 'expired authorization code'), 'busy R3');
  assert.equal(read('refresh-token', 'invalid_grant', 'token validity expired'), 'dead R9');
  assert.equal(read('jwt-bearer', 'invalid_grant', 'expired authorization code'), 'clock J5');
  assert.equal(read('authorization-code', 'invalid_grant', 'expired authorization code'), 'dead A1');
  assert.equal(read('jwt-bearer', 'invalid_grant', "user hasn't approved this consumer"), 'setup J1');
  assert.equal(read('jwt-bearer', 'invalid_grant', 'invalid assertion'), 'setup J2');
  assert.equal(read('jwt-bearer', 'invalid_grant', 'audience is invalid'), 'setup J3');
  assert.equal(read('jwt-bearer', 'invalid_grant', 'Audience validation failed'), 'setup J4');
  assert.equal(read('jwt-bearer', 'bad_jti_claim', undefined), 'passing J15');
  assert.equal(read('jwt-bearer', 'invalid_grant', 'invalid_grant'), 'setup J6');
  assert.equal(read('client-credentials', 'invalid_grant', 'request not supported on this domain'), 'setup K1');
  assert.equal(read('jwt-bearer', 'invalid_grant', 'request not supported on this domain'), 'setup J18');
  assert.equal(read('client-credentials', 'invalid_client', 'invalid client credentials'), 'setup K5');
  assert.equal(read('refresh-token', 'invalid_client', 'invalid client credentials'), 'setup R4');
  assert.equal(read('authorization-code', 'invalid_client', 'invalid client credentials'), 'setup A5');
  assert.equal(read('refresh-token', 'inactive_org', undefined), 'setup R8');
  assert.equal(read('jwt-bearer', 'inactive_org', undefined), 'setup T2');
  assert.equal(read('refresh-token', 'rate_limit_exceeded', 'login rate exceeded'), 'passing T1');
  assert.equal(read('refresh-token', 'invalid_grant', 'never seen before'), 'unrecognized undefined');
});

test('every row of the table can be reached and says what to do', () => {
  for (const row of TOKEN_ERROR_ROWS) {
    for (const [request, id] of Object.entries(row.ids)) {
      const { diagnosis } = readTokenError(request as RequestKind, row.error ?? 'invalid_grant', row.descriptions?.[0]);
      assert.equal(diagnosis.id, id);
      assert.ok(diagnosis.fix.length > 0 && diagnosis.cause.length > 20);
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedResponseError } from '../src/errors.ts';
import { harmless, refusalIn } from '../src/oauth/answer.ts';
import { readTokenAnswer } from '../src/oauth/token-endpoint.ts';
import { salesforceEndpoints } from '../src/salesforce/endpoints.ts';
import { believeExpiry, learnFromRejection, rememberedLifetime } from '../src/salesforce/expiry.ts';
import { identitySignatureMatches } from '../src/salesforce/identity-signature.ts';
import { judgeTokenAnswer } from '../src/salesforce/token-response.ts';

const endpoints = salesforceEndpoints('https://login.salesforce.com');
const EXAMPLE = {
  access_token: '00D5g000004EMUL!AQ0AQExampleOnly.NotAToken_',
  refresh_token: '5Aep861ExampleOnly.NotAToken_',
  signature: 'pvl9+LZ9exz+i7u3kQUVFgc1ZXXM6y79mmtFvk5Ab+I=',
  scope: 'refresh_token web api',
  instance_url: 'https://acme.my.salesforce.com',
  id: 'https://login.salesforce.com/id/00D5g000004EMULEA4/0055g00000ABCDEAA5',
  token_type: 'Bearer',
  issued_at: '1793448000123',
};
const EXAMPLE_SECRET = '0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C4B5A69788796A5B4C3D2E1F0';

function answer(body: unknown, status = 200): { status: number; headers: Record<string, string>; body: Uint8Array } {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

async function judged(
  changes: Record<string, unknown> = {},
  known: { organizationId?: string; userId?: string; scope?: string; secrets?: string[] } = {},
) {
  const read = await readTokenAnswer(endpoints, 'key', answer({ ...EXAMPLE, ...changes }));
  assert.equal(read.kind, 'tokens');
  return judgeTokenAnswer(read, {
    policy: { extraOrigins: [], sovereign: false },
    clientSecrets: known.secrets ?? [EXAMPLE_SECRET],
    organizationId: known.organizationId,
    userId: known.userId,
    scope: known.scope,
  });
}

test('the documented example passes, signature and all', async () => {
  assert.ok(identitySignatureMatches(EXAMPLE_SECRET, EXAMPLE.id, EXAMPLE.issued_at, EXAMPLE.signature));
  const { tokens, problems, warnings } = await judged();
  assert.deepEqual([problems, warnings], [[], []]);
  assert.equal(tokens.organizationId, '00D5g000004EMULEA4');
  assert.equal(tokens.userId, '0055g00000ABCDEAA5');
  assert.equal(tokens.issuedAt, 1_793_448_000);
});

test('the signature is checked with the next secret too, and not at all without one', async () => {
  assert.deepEqual((await judged({}, { secrets: ['other', EXAMPLE_SECRET] })).problems, []);
  assert.deepEqual((await judged({ signature: 'AAAA' }, { secrets: [] })).problems, []);
  assert.match((await judged({}, { secrets: ['other'] })).problems.join(), /signature/);
  assert.match((await judged({ issued_at: '1793448000124' })).problems.join(), /signature/);
});

test('hosts, org and user of an answer are held against the connection', async () => {
  assert.match(
    (await judged({ instance_url: 'https://evil.example' })).problems.join(),
    /instance_url names https:\/\/evil\.example/,
  );
  assert.match((await judged({ instance_url: 'http://acme.my.salesforce.com' })).problems.join(), /instance_url/);
  assert.match((await judged({ instance_url: 42 })).problems.join(), /missing or not a URL/);
  assert.match((await judged({}, { organizationId: '00D000000000000EAA' })).problems.join(), /org 00D5g/);
  assert.match((await judged({}, { userId: '005000000000000AAA' })).problems.join(), /user 0055g/);
  assert.match((await judged({ id: 'https://login.salesforce.com/nothing' }, { secrets: [] })).problems.join(), /identity URL/);
  const legacy = await judged({ instance_url: 'https://na12.salesforce.com/' });
  assert.deepEqual(legacy.problems, []);
  assert.match(legacy.warnings.join(), /legacy/);
  assert.equal(legacy.tokens.instanceUrl, 'https://na12.salesforce.com');
});

test('changed scopes are a warning, another order is not', async () => {
  assert.deepEqual((await judged({}, { scope: 'api refresh_token web' })).warnings, []);
  const { problems, warnings } = await judged({}, { scope: 'api' });
  assert.deepEqual(problems, []);
  assert.match(warnings.join(), /scopes changed/);
});

const USELESS: readonly [string, string, number, string][] = [
  ['HTML', '<html>maintenance</html>', 200, 'not_json'],
  ['nothing', '', 200, 'not_json'],
  ['null', 'null', 200, 'not_json'],
  ['an array', '[]', 200, 'not_json'],
  ['a number', '7', 200, 'not_json'],
  ['cut JSON', '{"access_token":"00D', 200, 'not_json'],
  ['no access_token', '{"token_type":"Bearer"}', 200, 'missing_member'],
  ['no token_type', '{"access_token":"x"}', 200, 'missing_member'],
  ['a wrong type', '{"access_token":{"a":1},"token_type":"Bearer"}', 200, 'missing_member'],
  ['an unknown token_type', '{"access_token":"x","token_type":"mac"}', 200, 'missing_member'],
  ['a redirect', '', 302, 'redirected'],
  ['a maintenance page', '<html>', 503, 'unexpected_status'],
  ['a page that is not there', '<html>', 404, 'unexpected_status'],
];
for (const [what, body, status, code] of USELESS) {
  test(`an answer that is ${what} (${status}) is of no use, and its error quotes none of it`, async () => {
    await assert.rejects(readTokenAnswer(endpoints, 'key', answer(body, status)), (error: unknown) => {
      assert.ok(error instanceof MalformedResponseError, String(error));
      assert.equal(error.code, code);
      assert.equal(error.cause, undefined);
      return true;
    });
  });
}

test('a refusal is read whatever its status', async () => {
  const read = await readTokenAnswer(
    endpoints,
    'key',
    answer({ error: 'invalid_grant', error_description: 'expired access/refresh token' }, 400),
  );
  assert.deepEqual(read, {
    kind: 'refused',
    error: 'invalid_grant',
    errorDescription: 'expired access/refresh token',
    status: 400,
  });
  assert.equal((await readTokenAnswer(endpoints, 'key', answer({ error: 'server_error' }, 500))).kind, 'refused');
});

test('foreign text is shown without credentials, control characters and length', () => {
  const refusal = refusalIn(
    answer(
      { error: 'unsupported_token_type', error_description: 'invalid token: 00D5g000004EMUL!AQ0AQExampleOnly.NotAToken_' },
      400,
    ),
  );
  assert.equal(refusal?.errorDescription, 'invalid token: [redacted]');
  assert.equal(harmless('a\u001b[31mb\u202ec\nd', 80), 'a [31mb c d');
  assert.equal(harmless('x'.repeat(500), 300).length, 300);
  assert.equal(harmless("user hasn't approved this consumer", 300), "user hasn't approved this consumer");
});

test('property: no answer makes the reader throw anything but MalformedResponseError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), fc.constantFrom(200, 302, 400, 401, 429, 500), async (body, status) => {
      try {
        await readTokenAnswer(endpoints, 'key', answer(body, status));
      } catch (error) {
        assert.ok(error instanceof MalformedResponseError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('expiry: exp of a JWT, then expires_in, then what was learned, then the policy', () => {
  const claims = Buffer.from(JSON.stringify({ iat: 5_000, exp: 5_600 })).toString('base64url');
  const base = {
    accessToken: 'opaque',
    receivedAt: 1_000,
    issuedAt: 5_000,
    expiresInSeconds: undefined,
    learnedLifetimeSeconds: undefined,
    sessionTimeoutSeconds: 7_200,
  };
  assert.deepEqual(believeExpiry({ ...base, accessToken: `eyJh.${claims}.sig` }), { expiresAt: 1_600, expirySource: 'jwt' });
  assert.deepEqual(believeExpiry({ ...base, expiresInSeconds: 60 }), { expiresAt: 1_060, expirySource: 'expires_in' });
  assert.deepEqual(believeExpiry({ ...base, learnedLifetimeSeconds: 900 }), { expiresAt: 1_900, expirySource: 'learned' });
  assert.deepEqual(believeExpiry({ ...base, learnedLifetimeSeconds: 9_000 }), { expiresAt: 8_200, expirySource: 'policy' });
  assert.deepEqual(believeExpiry(base), { expiresAt: 8_200, expirySource: 'policy' });
});

test('a 401 teaches only if the age supports it and the expiry was a guess', () => {
  assert.equal(learnFromRejection(899, 'policy', 0), undefined);
  assert.equal(learnFromRejection(3_000, 'introspection', 0), undefined);
  assert.deepEqual(learnFromRejection(1_800.7, 'policy', 5), { lifetimeSeconds: 1_800, atMs: 5 });
  assert.equal(rememberedLifetime({ lifetimeSeconds: 900, atMs: 0 }, 6 * 24 * 3_600_000), 900);
  assert.equal(rememberedLifetime({ lifetimeSeconds: 900, atMs: 0 }, 8 * 24 * 3_600_000), undefined);
});

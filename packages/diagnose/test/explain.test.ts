import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CATALOGUE, type Circumstances, explain } from '../src/index.ts';

const id = (text: string, given?: Circumstances) => explain(text, given).row?.id;
const APPROVAL = "user hasn't approved this consumer";

test('one refusal in every wrapping that people paste', () => {
  for (const text of [
    `invalid_grant: ${APPROVAL}`,
    `INVALID_GRANT: ${APPROVAL.toUpperCase()}...`,
    `invalid_grant::user hasn’t approved this consumer.`,
    `{"error":"invalid_grant","error_description":"${APPROVAL}"}`,
    `2026-11-22T03:00:01Z ERROR sync[991] token request failed: 400 {"error":"invalid_grant","error_description":"${APPROVAL}"} after 212 ms`,
    JSON.stringify({ level: 50, msg: 'failed', body: JSON.stringify({ error: 'invalid_grant', error_description: APPROVAL }) }),
    `error=invalid_grant&error_description=${encodeURIComponent(APPROVAL)}`,
    `error=invalid_grant&error_description=user+hasn%27t+approved+this+consumer`,
    `https://app.example/cb?error=invalid_grant&error_description=${encodeURIComponent(encodeURIComponent(APPROVAL))}&state=1`,
    encodeURIComponent(`https://app.example/cb#error=invalid_grant&error_description=${encodeURIComponent(APPROVAL)}`),
    `JwtAuthError: Error authenticating with JWT.\nErrors encountered:\n${APPROVAL} [audience=https://login.salesforce.com login=https://login.salesforce.com]`,
    `<html><body><p>error=invalid_grant&amp;error_description=user hasn&#39;t approved this consumer</p></body></html>`,
    `<b>invalid_grant</b>: user hasn&rsquo;t approved this consumer, user hasn't approved this consumer`,
    `invalid_grant: user hasn't approved this con`,
    `SalesforceAuthenticationFailed('invalid_grant', "${APPROVAL}")`,
    APPROVAL,
  ]) {
    assert.equal(id(text), 'J1', text);
    assert.equal(explain(text).certainty, 'known', text);
  }
});

test('the same words mean another thing at another request', () => {
  const text = 'invalid_grant: expired authorization code';
  assert.equal(id(text, { grant: 'jwt-bearer', endpoint: 'token' }), 'J5');
  assert.equal(id(text, { grant: 'authorization-code', endpoint: 'token' }), 'A1');
  assert.equal(id(text, { grant: 'refresh-token', endpoint: 'token' }), 'R3');
  const body = '{"error":"invalid_client_id","error_description":"client identifier invalid"}';
  assert.equal(id(body), 'J9', 'the browser is told otherwise than in JSON');
  assert.deepEqual(
    explain(body).others.map((other) => other.id),
    ['A6', 'R5', 'K6'],
  );
  const { row, others } = explain(text);
  assert.deepEqual([row?.id, ...others.map((other) => other.id)].toSorted(), ['A1', 'J5', 'R3'], 'unknown, all are told');
  assert.equal(
    id(`AuthCodeExchangeError: Error authenticating with auth code due to: invalid_grant::expired authorization code`),
    'A1',
  );
  assert.equal(
    id('RefreshTokenAuthError: Error authenticating with the refresh token due to: expired access/refresh token'),
    'R1',
  );
  assert.equal(
    id('POST /services/oauth2/token grant_type=refresh_token → 400 invalid_client_id client identifier invalid'),
    'R5',
  );
});

test('REST, SOAP and plain words', () => {
  assert.equal(id('[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'), 'H1');
  assert.equal(id('[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]'), 'H2');
  assert.equal(id('INVALID_SESSION_ID: Session expired or invalid'), 'H1');
  assert.equal(
    id(
      '<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username</faultstring></soapenv:Fault>',
    ),
    'H14',
  );
  assert.equal(id('403 Bad_OAuth_Token', { endpoint: 'userinfo' }), 'V6');
  assert.equal(id('fetch failed: ECONNRESET'), 'T9');
  assert.equal(
    id(
      'https://acme.my.salesforce.com/setup/secur/RemoteAccessErrorPage.apexp?error=OAUTH_APP_BLOCKED&error_description=this%20app%20is%20blocked%20by%20admin',
    ),
    'Z10',
  );
  assert.equal(id('https://app.example/cb?error=access_denied&error_description=end-user+denied+authorization&state=x'), 'Z1');
});

test('an id is enough', () => {
  for (const text of ['J5', 'j5 ', 'id: J5', 'see (J5).']) assert.equal(id(text.replace('j5', 'J5')), 'J5', text);
});

test('a code without its words is not guessed at', () => {
  for (const text of ['invalid_grant', '{"error":"invalid_grant"}', 'invalid_grant: words that Salesforce has not said so far']) {
    const { certainty, row, others } = explain(text);
    assert.deepEqual([certainty, row], ['code', undefined], text);
    assert.ok(others.length > 3, text);
  }
  assert.equal(
    explain('{"error":"invalid_client_id"}', { grant: 'jwt-bearer' }).certainty,
    'known',
    'a code that means one thing',
  );
});

test('what was never seen is not known, and what comes nearest is only near', () => {
  const { certainty, row, nearest } = explain('the consumer was not approved by the user hasn');
  assert.deepEqual([certainty, row], ['unknown', undefined]);
  assert.ok(
    nearest.some((each) => each.id === 'J1'),
    nearest.map((each) => each.id).join(),
  );
  for (const text of [
    '',
    ' ',
    'hello',
    '%',
    '%zz%e2%82',
    '{"error":',
    '<html>',
    '[]',
    '{}',
    'null',
    '\u0000',
    'ä'.repeat(70_000),
  ]) {
    assert.notEqual(explain(text).certainty, text === '<html>' ? 'code' : 'known', JSON.stringify(text.slice(0, 20)));
  }
  fc.assert(
    fc.property(fc.lorem({ maxCount: 40 }), (text) => {
      assert.equal(explain(text).certainty, 'unknown', text);
    }),
    { numRuns: 500 },
  );
});

const SAYINGS = CATALOGUE.flatMap((row) =>
  row.says.flatMap(({ code, text }) => (text === undefined || text === code ? [] : [{ row, code, text }])),
);

const WRAPPINGS: readonly ((code: string, text: string) => string)[] = [
  (code, text) => `${code}: ${text}`,
  (code, text) => JSON.stringify({ error: code, error_description: text }),
  (code, text) => `12:00:01 WARN [7] refused: ${JSON.stringify({ error: code, error_description: text })}, giving up`,
  (code, text) =>
    `https://app.example/cb?error=${encodeURIComponent(code)}&error_description=${encodeURIComponent(text)}&state=abc`,
  (_code, text) => text,
];

test('whatever is known is found in any case, with dots behind it, encoded once or twice, cut off', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SAYINGS),
      fc.constantFrom(...WRAPPINGS),
      fc.constantFrom(...['as it is', 'upper case', 'dots', 'encoded', 'encoded twice', 'cut off']),
      ({ row, code = 'invalid_grant', text }, wrap, how) => {
        const ways: Readonly<Record<string, () => string>> = {
          'as it is': () => wrap(code, text),
          'upper case': () => wrap(code, text.toUpperCase()),
          dots: () => `${wrap(code, `${text}...`)}`,
          encoded: () => encodeURIComponent(wrap(code, text)),
          'encoded twice': () => encodeURIComponent(encodeURIComponent(wrap(code, text))),
          'cut off': () => `${code}: ${text.slice(0, Math.max(14, text.length - 4))}`,
        };
        const said = ways[how]?.();
        const [endpoint] = row.endpoints;
        const [grant] = row.grants ?? [];
        const given = { ...(endpoint !== undefined && { endpoint }), ...(grant !== undefined && { grant }) };
        const { row: best, others, certainty } = explain(said ?? '', given);
        assert.equal(certainty, 'known', said);
        assert.ok(
          [best, ...others].includes(row),
          `${said}\n${row.id} is not among ${[best, ...others].map((each) => each?.id)}`,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

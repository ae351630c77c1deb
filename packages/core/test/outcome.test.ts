import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuthError, type ErrorClass, MalformedResponseError, OAuthResponseError, TransportError } from '../src/errors.ts';
import { type Outcome, requestOutcome } from '../src/tokens/outcome.ts';

const refusal = (error: string, errorClass: ErrorClass, status = 400): AuthError =>
  new OAuthResponseError('refused', { error, errorClass, status });
const malformed = (status: number): AuthError => new MalformedResponseError('not_json', status, 'not JSON');
const broken = (sent: 'no' | 'maybe'): AuthError => new TransportError('connection_lost', sent, 'broken');

const TABLE: readonly (readonly [string, AuthError, Outcome])[] = [
  ['no byte left', broken('no'), 'unsent'],
  ['broken after it left', broken('maybe'), 'ambiguous'],
  ['a redirect', malformed(302), 'ambiguous'],
  ['200 without JSON', malformed(200), 'ambiguous'],
  ['a page of a proxy', malformed(403), 'rejected'],
  ['too many requests', malformed(429), 'rejected'],
  ['timed out at the server', malformed(408), 'ambiguous'],
  ['a server error', malformed(503), 'ambiguous'],
  ['a server error in OAuth words', refusal('server_error', 'passing', 500), 'ambiguous'],
  ['a dead token in OAuth words, with a server error', refusal('invalid_grant', 'dead', 500), 'ambiguous'],
  ['already being processed', refusal('invalid_grant', 'busy'), 'busy'],
  ['expired refresh token', refusal('invalid_grant', 'dead'), 'dead'],
  ['invalid_grant in unknown words', refusal('invalid_grant', 'unrecognized'), 'dead'],
  ['another error in unknown words', refusal('something_new', 'unrecognized'), 'rejected'],
  ['a wrong consumer secret', refusal('invalid_client', 'setup', 401), 'rejected'],
  ['rate limited', refusal('rate_limit_exceeded', 'passing'), 'rejected'],
];

for (const [what, error, outcome] of TABLE) {
  test(`a request that presents a refresh token, ${what}: ${outcome}`, () => {
    assert.equal(requestOutcome({ error, left: true, presentsRefreshToken: true }), outcome);
  });
}

test('without a refresh token nothing can be dead', () => {
  for (const [, error, outcome] of TABLE) {
    const expected = outcome === 'dead' ? 'rejected' : outcome;
    assert.equal(requestOutcome({ error, left: true, presentsRefreshToken: false }), expected);
  }
});

test('what was never handed to the network is unsent, whatever the error says', () => {
  for (const [, error] of TABLE) assert.equal(requestOutcome({ error, left: false, presentsRefreshToken: true }), 'unsent');
});

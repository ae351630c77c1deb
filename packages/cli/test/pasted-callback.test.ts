import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readPastedCallback } from '../src/login/pasted-callback.ts';
import { UsageError } from '../src/usage-error.ts';

const CALLBACK = 'http://localhost:1717/OauthRedirect';
/** What codes and states are made of, and what makes decoding go wrong. */
const code = fc
  .string({ unit: fc.constantFrom(...'aZ09._-~=+/'), minLength: 1, maxLength: 80 })
  .filter((text) => !/^(?:code|error|state)=/.test(text));

describe('what a person pastes', () => {
  test('the whole address gives code and state, decoded once', () => {
    fc.assert(
      fc.property(code, code, (value, state) => {
        const url = `${CALLBACK}?code=${encodeURIComponent(value)}&state=${encodeURIComponent(state)}`;
        for (const pasted of [
          url,
          `  ${url}\n`,
          `"${url}"`,
          `<${url}>`,
          `${url}#`,
          url.slice(CALLBACK.length),
          url.slice(CALLBACK.length + 1),
        ]) {
          const { kind, parameters } = readPastedCallback(pasted);
          assert.equal(kind, 'callback');
          assert.equal(parameters.get('code'), value);
          assert.equal(parameters.get('state'), state);
        }
      }),
    );
  });

  test('a code alone, encoded or not, is the same code', () => {
    fc.assert(
      fc.property(code, (value) => {
        for (const pasted of [value, encodeURIComponent(value)]) {
          const { kind, parameters } = readPastedCallback(pasted);
          assert.equal(kind, 'code');
          assert.equal(parameters.get('code'), value);
        }
      }),
    );
  });

  test('decoding happens exactly once', () => {
    assert.equal(readPastedCallback('aPrx%3D%3D').parameters.get('code'), 'aPrx==');
    assert.equal(readPastedCallback('aPrx%253D').parameters.get('code'), 'aPrx%3D');
    assert.equal(readPastedCallback(`${CALLBACK}?code=aPrx%253D&state=s`).parameters.get('code'), 'aPrx%3D');
    assert.equal(readPastedCallback(`${CALLBACK}?code=aPrx==&state=s`).parameters.get('code'), 'aPrx==');
    assert.equal(readPastedCallback('a+b').parameters.get('code'), 'a+b');
    assert.equal(readPastedCallback('a%2Bb').parameters.get('code'), 'a+b');
    assert.equal(readPastedCallback(`${CALLBACK}?code=a+b&state=s`).parameters.get('code'), 'a+b');
    assert.equal(readPastedCallback('100%').parameters.get('code'), '100%');
  });

  test('code=… is the code alone; an address without state is not', () => {
    assert.equal(readPastedCallback('code=abc').kind, 'code');
    assert.equal(readPastedCallback(`${CALLBACK}?code=abc`).kind, 'callback');
  });

  test('an error is passed on', () => {
    const { kind, parameters } = readPastedCallback(
      `${CALLBACK}?error=access_denied&error_description=end-user%20denied&state=s`,
    );
    assert.equal(kind, 'callback');
    assert.equal(parameters.get('error'), 'access_denied');
    assert.equal(parameters.get('error_description'), 'end-user denied');
  });

  test('nothing, an address without a code, the address to open, two codes', () => {
    for (const pasted of [
      '',
      '  ',
      '""',
      CALLBACK,
      `${CALLBACK}?x=1`,
      'https://login.salesforce.com/services/oauth2/authorize?response_type=code',
    ]) {
      assert.throws(() => readPastedCallback(pasted), UsageError, pasted);
    }
    assert.throws(() => readPastedCallback(`${CALLBACK}?code=a&code=b&state=s`), UsageError);
    assert.throws(() => readPastedCallback('two words'), UsageError);
  });

  test('whatever is pasted is read or refused, and never shown', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (pasted) => {
        try {
          readPastedCallback(pasted);
        } catch (error) {
          assert.ok(error instanceof UsageError);
          if (pasted.length > 12) assert.ok(!error.message.includes(pasted));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

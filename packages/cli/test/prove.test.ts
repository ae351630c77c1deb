import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessToken, OAuthResponseError } from '@forcemint/core';
import { readTokenError } from '@forcemint/core/salesforce/token-errors';
import { NotedError } from '../src/noted-error.ts';
import { proveUntil, type Tries } from '../src/setup/prove.ts';

const TOKEN: AccessToken = {
  value: 'synthetic',
  tokenType: 'Bearer',
  instanceUrl: 'https://acme.my.salesforce.com',
  scope: 'api',
  issuedAt: 0,
  expiresAt: 7200,
  expirySource: 'policy',
  connection: 'acme',
};

function refused(error: string, description: string): OAuthResponseError {
  const { errorClass, diagnosis } = readTokenError('jwt-bearer', error, description);
  return new OAuthResponseError(`refused: ${error}`, { error, status: 400, errorClass }, { diagnosis });
}

/** Answers one after the other, the last one for good, in a time of their own. */
function tries(answers: readonly (Error | AccessToken)[]) {
  const told: string[] = [];
  let [nowMs, asked] = [0, 0];
  const all: Tries = {
    getToken: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    },
    nowMs: () => nowMs,
    pause: async (forMs) => {
      nowMs += forMs;
    },
    tell: (what) => told.push(what),
  };
  return { all, told, asked: () => asked, nowMs: () => nowMs };
}

const unknown = refused('invalid_client_id', 'client identifier invalid');
const notApproved = refused('invalid_grant', "user hasn't approved this consumer");

test('it goes on until a token comes, and tells what stands in the way when that changes', async () => {
  const { all, told, asked } = tries([unknown, unknown, unknown, notApproved, notApproved, TOKEN]);
  assert.equal(await proveUntil('acme', 600_000, all), TOKEN);
  assert.equal(asked(), 6);
  assert.equal(told.length, 2);
  assert.match(told[0] ?? '', /^invalid_client_id: .* \(forcemint why J9\)$/);
  assert.match(told[1] ?? '', /^invalid_grant: .* \(forcemint why J1\)$/);
});

test('when the time is over, the last refusal is the answer, and how to go on', async () => {
  const { all, nowMs } = tries([unknown, notApproved]);
  await assert.rejects(proveUntil('acme', 60_000, all), (error) => {
    assert.ok(error instanceof NotedError);
    assert.equal(error.cause, notApproved);
    assert.equal(error.fix.at(-1), 'Then try again: forcemint setup acme --prove');
    assert.ok(error.fix.length > 1);
    return true;
  });
  assert.ok(nowMs() <= 60_000, 'no longer than it was told');
});

test('what is a defect is not waited out', async () => {
  const defect = new RangeError('a defect');
  const { all, asked } = tries([defect]);
  await assert.rejects(proveUntil('acme', 600_000, all), defect);
  assert.equal(asked(), 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError, OAuthResponseError, ReauthorizationRequired, StoreError } from '@forcemint/core';
import { type NextTries, proveNext } from '../src/setup/rotate/prove-next.ts';

/** Answers one after the other, the last one for good, in a time of their own. */
function tries(answers: readonly (boolean | Error)[]) {
  const told: string[] = [];
  const askedAtMs: number[] = [];
  let nowMs = 0;
  const all: NextTries = {
    tryNext: async () => {
      const answer = answers[Math.min(askedAtMs.length, answers.length - 1)];
      askedAtMs.push(nowMs);
      if (answer instanceof Error || answer === undefined) throw answer;
      return answer;
    },
    nowMs: () => nowMs,
    pause: async (forMs) => {
      nowMs += forMs;
    },
    tell: (what) => told.push(what),
  };
  return { all, told, askedAtMs };
}

const refused = new OAuthResponseError('refused', { error: 'invalid_grant', status: 400, errorClass: 'setup' });

test('it is tried until it is taken, and what stands in the way is told when it changes', async () => {
  const { all, told, askedAtMs } = tries([refused, refused, false, false, true]);
  assert.equal(await proveNext(600_000, all), true);
  assert.deepEqual(told, ['invalid_grant: refused', 'Salesforce does not take the new one yet; the old one serves meanwhile']);
  assert.deepEqual(askedAtMs, [0, 31_000, 62_000, 93_000, 124_000], 'no more often than renewals may be forced');
});

test('when the time is over it is not taken, and no try is begun that would come too late', async () => {
  const { all, askedAtMs } = tries([false]);
  assert.equal(await proveNext(62_000, all), false);
  assert.deepEqual(askedAtMs, [0, 31_000, 62_000]);
});

test('what waiting does not mend is thrown at once', async () => {
  for (const error of [
    new ReauthorizationRequired('never_authorized', 'nobody has logged in'),
    new ConfigurationError('host_not_allowed', 'not trusted'),
    new StoreError('store_corrupt', 'damaged'),
  ]) {
    await assert.rejects(proveNext(600_000, tries([error]).all), error);
  }
  const held = new ConfigurationError('answer_held', 'held');
  assert.equal(await proveNext(600_000, tries([held, true]).all), true);
});

test('a defect is thrown at once', async () => {
  const { all, told } = tries([new RangeError('a defect')]);
  await assert.rejects(proveNext(600_000, all), RangeError);
  assert.deepEqual(told, []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConfigurationError,
  MalformedResponseError,
  OAuthResponseError,
  ReauthorizationRequired,
  StoreError,
  TransportError,
} from '@forcemint/core';
import { exitCodeOf } from '../src/exit-codes.ts';
import { Interrupted } from '../src/interrupts.ts';
import { NotedError } from '../src/noted-error.ts';
import { errorDocument } from '../src/terminal/error-report.ts';
import { UsageError } from '../src/usage-error.ts';

const refusal = { error: 'invalid_grant', status: 400, errorClass: 'setup' } as const;

test('every kind of failure has its exit code', () => {
  const cases: readonly (readonly [unknown, number])[] = [
    [new UsageError('x'), 2],
    [new ConfigurationError('invalid_setting', 'x'), 2],
    [new ConfigurationError('connection_exists', 'x'), 2],
    [new ConfigurationError('grant_is_shared', 'x'), 2],
    [new ConfigurationError('connection_not_found', 'x'), 6],
    [new ConfigurationError('answer_held', 'x'), 4],
    [new ReauthorizationRequired('refresh_token_dead', 'x'), 3],
    [new OAuthResponseError('x', refusal), 4],
    [new OAuthResponseError('x', refusal, { retryable: true }), 5],
    [new MalformedResponseError('not_json', 200, 'x'), 4],
    [new MalformedResponseError('unexpected_status', 503, 'x', { retryable: true }), 5],
    [new TransportError('timeout', 'maybe', 'x'), 5],
    [new StoreError('store_locked', 'x', { retryable: true }), 5],
    [new StoreError('wrong_master_key', 'x'), 1],
    [new NotedError(new OAuthResponseError('x', refusal), []), 4],
    [new Interrupted('SIGINT'), 130],
    [new Interrupted('SIGTERM'), 143],
    [new Error('x'), 1],
    ['not an error', 1],
  ];
  for (const [error, code] of cases) assert.equal(exitCodeOf(error), code, String(error));
});

test('the error document has what is known, and nothing else', () => {
  const diagnosis = { id: 'J8', cause: 'why', fix: ['do this'], who: 'user', retry: 'fix-first' } as const;
  const error = new OAuthResponseError('what', refusal, { diagnosis, retryAt: 12 });
  assert.deepEqual(errorDocument(error), {
    error: { code: 'oauth_error', message: 'what', cause: 'why', fix: ['do this'], retry: 'fix-first', retry_at: 12, id: 'J8' },
  });
  assert.deepEqual(errorDocument(new NotedError(error, ['that'])).error.fix, ['that']);
  assert.deepEqual(errorDocument(new StoreError('store_locked', 'what', { retryable: true })), {
    error: { code: 'store_locked', message: 'what', fix: [], retry: 'wait' },
  });
  assert.equal(errorDocument(new TypeError('what')).error.code, 'unexpected');
});

import assert from 'node:assert/strict';
import { AuthError } from '@forcemint/core';

/** The named error that a promise is rejected with; it must say why and what to do next. */
export async function failure(promise: Promise<unknown>): Promise<AuthError & { readonly code: string }> {
  const reason: unknown = await promise.then(
    () => assert.fail('should have failed'),
    (error: unknown) => error,
  );
  assert.ok(reason instanceof AuthError, `no named error: ${String(reason)}`);
  assert.ok(reason.message.length > 10, 'it says what happened');
  assert.ok((reason.diagnosis?.cause.length ?? 0) > 10, `${reason.name} ${reason.code} says why: ${reason.message}`);
  assert.ok((reason.diagnosis?.fix.join('').length ?? 0) > 5, `${reason.name} ${reason.code} says what to do: ${reason.message}`);
  return reason;
}

import { type Diagnosis, StoreError, type StoreErrorCode } from '@forcemint/core/errors';

/** What an error of a database means to whoever uses the store. */
export interface Meaning {
  readonly code: StoreErrorCode;
  /** What happened; also its cause. */
  readonly message: string;
  /** What to do next. */
  readonly fix: readonly string[];
  readonly retryable: boolean;
}

/** @param where the store, and what the database called the error */
export function meaningOf({ code, message, fix, retryable }: Meaning, where: string, cause: unknown): StoreError {
  return new StoreError(code, `${message} (${where})`, { cause, retryable, diagnosis: forOperator(message, fix, retryable) });
}

/** For what only who runs the store can mend. */
export function forOperator(cause: string, fix: readonly string[], retryable: boolean): Diagnosis {
  return { cause, fix, who: 'operator', retry: retryable ? 'wait' : 'fix-first' };
}

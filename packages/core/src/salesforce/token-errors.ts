import type { Diagnosis, ErrorClass, Mender, RetryAdvice } from '../errors.ts';
import { TOKEN_ERROR_ROWS } from './token-error-rows.ts';

/** Which request was refused. */
export type RequestKind = 'jwt-bearer' | 'authorization-code' | 'refresh-token' | 'client-credentials';

/** One row: what Salesforce says, and what it means. The only place where the text of its answers is looked at. */
export interface TokenErrorRow {
  /** The requests that are refused so, and the row of the error catalogue for each (J1 … T4): ids are stable. */
  readonly ids: Readonly<Partial<Record<RequestKind, string>>>;
  /** `error`, exactly; absent = any. */
  readonly error?: string;
  /** `error_description` contains one of these, compared without case; absent = any description, or none. */
  readonly descriptions?: readonly string[];
  readonly errorClass: ErrorClass;
  readonly cause: string;
  readonly fix: readonly string[];
  readonly who: Mender;
}

/** Whether the same request may be sent again, for each class of refusals. */
export const RETRY: Readonly<Record<ErrorClass, RetryAdvice>> = {
  busy: 'wait',
  dead: 'reauthorize',
  setup: 'fix-first',
  clock: 'fix-first',
  passing: 'wait',
  unrecognized: 'no',
};

/** What a refusal means: how to take it, and the way out. */
export interface TokenErrorReading {
  readonly errorClass: ErrorClass;
  readonly diagnosis: Diagnosis;
}

/**
 * Reads a token endpoint's refusal (RFC 6749 §5.2; Salesforce Help, "OAuth 2.0 Authorization Errors"). `error` alone never decides: `invalid_grant`
 * has more than fifteen unrelated causes. The first row that fits wins.
 */
export function readTokenError(request: RequestKind, error: string, description: string | undefined): TokenErrorReading {
  const said = (description ?? '').toLowerCase();
  const row = TOKEN_ERROR_ROWS.find(
    (candidate) =>
      candidate.ids[request] !== undefined &&
      (candidate.error === undefined || candidate.error === error) &&
      (candidate.descriptions === undefined || candidate.descriptions.some((part) => said.includes(part))),
  );
  if (row === undefined) return unrecognized(request, error);
  const { ids, errorClass, cause, fix, who } = row;
  const id = ids[request];
  return { errorClass, diagnosis: { ...(id !== undefined && { id }), cause, fix, who, retry: RETRY[errorClass] } };
}

function unrecognized(request: RequestKind, error: string): TokenErrorReading {
  const presentsToken = request === 'refresh-token' && error === 'invalid_grant';
  return {
    errorClass: 'unrecognized',
    diagnosis: {
      cause: 'Salesforce refused in words that this version does not know.',
      fix: [
        'Look at the same attempt in the org: Setup → Login History shows a clearer status.',
        presentsToken
          ? 'Authorize the connection again: forcemint login NAME'
          : 'Compare the connection with the app: forcemint show NAME',
      ],
      who: 'salesforce-admin',
      retry: presentsToken ? 'reauthorize' : 'fix-first',
    },
  };
}

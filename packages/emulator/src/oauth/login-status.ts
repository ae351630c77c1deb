import type { User } from '../org/users.ts';

/** Refusals that come when it is known whose login it is, and what Login History says of them. */
const STATUSES: ReadonlyMap<string, string> = new Map([
  ['A3', 'Failed: Invalid Callback URL'],
  ['A8', 'Failed: Invalid Code Verifier'],
  ['A9', 'Failed: Invalid Code Verifier'],
  ['A11', 'Failed: IP Address Not Allowed'],
  ['J3', 'Failed: Audience Invalid'],
  ['J5', 'Failed: Assertion Expired'],
  ['J7', 'Restricted IP'],
  ['J14', 'Failed: Assertion Invalid'],
  ['J15', 'Failed: Nonce Replay Detected'],
  ['R1', 'Failed: Invalid Token'],
  ['R2', 'Failed: Token request is already being processed'],
  ['R7', 'Failed: IP Address Not Allowed'],
  ['T1', 'Login rate exceeded'],
]);

/** Refusals of a user who may not log in, whatever the reason is. */
const USER_ROWS: ReadonlySet<string> = new Set(['A10', 'J6', 'J8', 'K2', 'K7', 'R6']);

/**
 * The status of a refused login; undefined for a row that no status fits. Page: Object Reference, EventLogFile, "Login Event
 * Type", LOGIN_STATUS.
 */
export function loginStatusOf(row: string | undefined, user: User): string | undefined {
  if (row === undefined) return undefined;
  return USER_ROWS.has(row) ? statusOfUser(user) : STATUSES.get(row);
}

function statusOfUser({ isActive, isFrozen, isApiEnabled }: User): string | undefined {
  if (!isActive) return 'User is inactive';
  if (isFrozen) return 'User is frozen';
  return isApiEnabled ? undefined : 'Failed: OAuth API access disabled';
}

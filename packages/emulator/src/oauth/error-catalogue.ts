import { AUTHORIZE_ROWS } from '../rows/authorize-rows.ts';
import type { OAuthAnswers } from '../rows/row.ts';
import { ANY_GRANT_ROWS, ANY_OAUTH_ROWS, GRANT_ROWS, OTHER_GRANT_ROWS } from '../rows/token-rows.ts';
import { INTROSPECT_ROWS, REVOKE_ROWS } from '../rows/token-state-rows.ts';
import { OAuthError } from './oauth-error.ts';

/** A row of the error catalogue whose answer is an `error` with an `error_description`. */
export type ErrorRow =
  | keyof typeof GRANT_ROWS
  | keyof typeof OTHER_GRANT_ROWS
  | keyof typeof ANY_GRANT_ROWS
  | keyof typeof ANY_OAUTH_ROWS
  | keyof typeof AUTHORIZE_ROWS
  | keyof typeof REVOKE_ROWS
  | keyof typeof INTROSPECT_ROWS;

const ERROR_ROWS: Readonly<Record<ErrorRow, OAuthAnswers>> = {
  ...GRANT_ROWS,
  ...OTHER_GRANT_ROWS,
  ...ANY_GRANT_ROWS,
  ...ANY_OAUTH_ROWS,
  ...AUTHORIZE_ROWS,
  ...REVOKE_ROWS,
  ...INTROSPECT_ROWS,
};

export function isErrorRow(row: string): row is ErrorRow {
  return Object.hasOwn(ERROR_ROWS, row);
}

/** The refusal of that row, to be thrown; of a row with several answers the first, or the one of that variant. */
export function refusal(row: ErrorRow, variant?: string): OAuthError {
  const answers = ERROR_ROWS[row];
  const { error, description } = answers.find((answer) => answer.variant === variant) ?? answers[0];
  return new OAuthError(error, description, row, variant);
}

import { type EmulatorAnswer, htmlAnswer, jsonAnswer, textAnswer } from './http-message.ts';
import { ERROR_CATALOGUE, isErrorRow } from './oauth/error-catalogue.ts';

const HTML_PAGE = '<!doctype html><html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>';

/** Rows whose answers are no OAuth errors: of the REST API (`H`), plain text (`V6` to `V8`), and a page (`T8`). */
const OTHER_ROWS: Readonly<Record<string, () => EmulatorAnswer>> = {
  T8: () => htmlAnswer(200, HTML_PAGE),
  V3: () => jsonAnswer(200, { active: false }),
  V4: () => jsonAnswer(200, { active: false }),
  V6: () => textAnswer(403, 'Bad_OAuth_Token'),
  V7: () => textAnswer(403, 'Missing_OAuth_Token'),
  V8: () => textAnswer(403, 'Bad_OAuth_Token'),
  H1: () => restError(401, 'INVALID_SESSION_ID', 'Session expired or invalid'),
  H2: () => restError(401, 'INVALID_SESSION_ID', 'This session is not valid for use with the REST API'),
  H3: () => restError(401, 'INVALID_SESSION_ID', 'Connected app is not attached to Agent'),
  H4: () => restError(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE'),
  H5: () => restError(403, 'API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'),
  H6: () => restError(403, 'API_CURRENTLY_DISABLED', 'API is disabled for this User'),
  H7: () => restError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
  H8: () => restError(401, 'URL_NOT_RESET', 'Destination URL not reset'),
  H9: () => restError(403, 'INSUFFICIENT_ACCESS', 'insufficient access rights on object id'),
  H10: () => restError(420, 'TOO_MANY_REQUESTS', 'too many requests'),
  H11: () => restError(400, 'MALFORMED_QUERY', "unexpected token: '<EOF>'"),
  H12: () => restError(404, 'NOT_FOUND', 'The requested resource does not exist'),
  H13: () => htmlAnswer(200, HTML_PAGE),
};

/** Row of a refused or reset connection: there is no answer. */
export const CONNECTION_ROW = 'T9';

function restError(status: number, errorCode: string, message: string): EmulatorAnswer {
  return jsonAnswer(status, [{ message, errorCode }]);
}

/** The answer of that row of the error catalogue; undefined when there is no such row. */
export function rowAnswer(row: string): EmulatorAnswer | undefined {
  if (isErrorRow(row)) {
    const [error, description] = ERROR_CATALOGUE[row];
    return jsonAnswer(400, { error, error_description: description });
  }
  return Object.hasOwn(OTHER_ROWS, row) ? OTHER_ROWS[row]?.() : undefined;
}

/** The ids that `row` of a fault may have. */
export function rowIds(): string[] {
  return [...Object.keys(ERROR_CATALOGUE), ...Object.keys(OTHER_ROWS), CONNECTION_ROW];
}

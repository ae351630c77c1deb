/**
 * What Salesforce sends, row by row, written down from the knowledge of its answers and not from the emulator's own table.
 * A row with several answers has a line for each; the first is the default.
 */

/** How many rows each family has: 113 together. */
export const FAMILY_SIZES: Readonly<Record<string, number>> = {
  J: 18,
  A: 14,
  R: 11,
  K: 8,
  X: 3,
  P: 2,
  D: 5,
  S: 2,
  T: 9,
  Z: 19,
  V: 8,
  H: 14,
};

export interface ExpectedError {
  readonly id: string;
  readonly error: string;
  readonly description: string;
  readonly variant?: string;
}

type Line = readonly [id: string, error: string, description: string, variant?: string];

function errors(lines: readonly Line[]): readonly ExpectedError[] {
  return lines.map(([id, error, description, variant]) => ({
    id,
    error,
    description,
    ...(variant === undefined ? {} : { variant }),
  }));
}

/** Rows of the token endpoint; S1, T8, T9 and the page of D5 have tests of their own. */
export const TOKEN_ERRORS: readonly ExpectedError[] = errors([
  ['J1', 'invalid_grant', "user hasn't approved this consumer"],
  ['J2', 'invalid_grant', 'invalid assertion'],
  ['J3', 'invalid_grant', 'audience is invalid'],
  ['J4', 'invalid_grant', 'Audience validation failed', 'audience_validation_failed'],
  ['J4', 'invalid_grant', 'invalid audience', 'invalid_audience'],
  ['J5', 'invalid_grant', 'expired authorization code'],
  ['J6', 'invalid_grant', 'authentication failure', 'authentication_failure'],
  ['J6', 'invalid_grant', 'invalid_grant', 'invalid_grant'],
  ['J7', 'invalid_grant', 'ip restricted or invalid login hours', 'ip_or_login_hours'],
  ['J7', 'invalid_grant', 'ip restricted', 'ip'],
  ['J8', 'invalid_grant', 'inactive user', 'invalid_grant'],
  ['J8', 'inactive_user', 'inactive user', 'inactive_user'],
  ['J9', 'invalid_client_id', 'client identifier invalid'],
  ['J10', 'invalid_app_access', 'user is not admin approved to access this app'],
  ['J11', 'invalid_request', 'refresh_token scope is required and the connected app should be installed and preauthorized'],
  ['J12', 'invalid_request', 'scope parameter not supported'],
  ['J13', 'unsupported_grant_type', 'grant type not supported'],
  ['J14', 'invalid_grant', "Failed: : Couldn't validate jwt token"],
  ['J15', 'bad_jti_claim', 'jti claim has already been used'],
  ['J16', 'invalid_client', 'app must be installed into org'],
  ['J17', 'redirect_uri_mismatch', 'redirect_uri must match configuration'],
  ['J18', 'invalid_grant', 'request not supported on this domain'],
  ['A1', 'invalid_grant', 'expired authorization code'],
  ['A2', 'invalid_grant', 'invalid authorization code'],
  ['A3', 'redirect_uri_mismatch', 'redirect_uri must match configuration'],
  ['A4', 'redirect_uri_missing', 'redirect_uri not provided'],
  ['A5', 'invalid_client', 'invalid client credentials'],
  ['A6', 'invalid_client_id', 'client identifier invalid'],
  ['A7', 'invalid_client_credentials', 'client secret invalid', 'client_secret_invalid'],
  ['A7', 'invalid_client_credentials', 'invalid client credentials', 'invalid_client_credentials'],
  ['A8', 'invalid_grant', 'invalid code verifier'],
  ['A9', 'invalid_request', 'invalid code verifier'],
  ['A10', 'invalid_grant', 'authentication failure'],
  ['A11', 'invalid_grant', 'ip restricted'],
  ['A12', 'invalid_client', 'app must be installed into org'],
  ['A13', 'unsupported_grant_type', 'grant type not supported'],
  ['A14', 'invalid_basic_auth_header', 'invalid basic authorization header'],
  ['R1', 'invalid_grant', 'expired access/refresh token'],
  ['R2', 'invalid_grant', 'token request is already being processed'],
  ['R3', 'invalid_grant', 'expired authorization code'],
  ['R4', 'invalid_client', 'invalid client credentials'],
  ['R5', 'invalid_client_id', 'client identifier invalid'],
  ['R6', 'invalid_grant', 'inactive user', 'inactive_user'],
  ['R6', 'invalid_grant', 'authentication failure', 'authentication_failure'],
  ['R7', 'invalid_grant', 'ip restricted'],
  ['R8', 'inactive_org', 'Data Not Available', 'data_not_available'],
  ['R8', 'inactive_org', 'Data Not Found', 'data_not_found'],
  ['R8', 'inactive_org', 'organization is locked, closed, or suspended', 'inactive_org'],
  ['R9', 'invalid_grant', 'token validity expired'],
  ['R10', 'unsupported_grant_type', 'grant type not supported'],
  ['R11', 'invalid_request', 'scope parameter not supported'],
  ['K1', 'invalid_grant', 'request not supported on this domain'],
  ['K2', 'invalid_grant', 'no client credentials user enabled'],
  ['K3', 'invalid_grant', 'client credentials flow not enabled'],
  ['K4', 'invalid_grant', 'no valid scopes defined', 'invalid_grant'],
  ['K4', 'invalid_scope', 'no valid scopes defined', 'invalid_scope'],
  ['K5', 'invalid_client', 'invalid client credentials'],
  ['K6', 'invalid_client_id', 'client identifier invalid'],
  ['K7', 'invalid_grant', 'invalid user credentials'],
  ['K8', 'oauth_flow_disabled', 'oauth flow disabled'],
  ['X1', 'invalid_request', 'token handler validation failed', 'invalid_request'],
  ['X1', 'invalid_grant', 'token handler validation failed', 'invalid_grant'],
  ['X2', 'invalid_grant', "user hasn't approved this consumer"],
  ['X3', 'invalid_request', 'invalid subject token'],
  ['P1', 'invalid_grant', 'authentication failure'],
  ['P2', 'invalid_grant', 'invalid user credentials'],
  ['D1', 'authorization_pending', 'end-user authorization is pending'],
  ['D2', 'slow_down', 'Polling too quickly'],
  ['D3', 'access_denied', 'end-user denied authorization'],
  ['D4', 'invalid_grant', 'invalid device code', 'invalid_device_code'],
  ['D4', 'invalid_grant', "the Salesforce server isn't able to grant an access token", 'unable_to_grant'],
  ['D5', 'invalid_request', 'app must be installed into org', 'invalid_request'],
  ['D5', 'invalid_client', 'app must be installed into org', 'invalid_client'],
  ['S2', 'invalid_assertion_type', 'assertion type invalid'],
  ['T1', 'rate_limit_exceeded', 'login rate exceeded', 'login_rate_exceeded'],
  ['T1', 'rate_limit_exceeded', 'Number of logins exceeded', 'number_of_logins_exceeded'],
  ['T2', 'inactive_org', 'organization is locked, closed, or suspended'],
  ['T3', 'unknown_error', 'retry your request'],
  ['T4', 'server_error', 'service unavailable', 'server_error'],
  ['T4', 'service_unavailable', 'service unavailable', 'service_unavailable'],
  ['T4', 'system_down', 'system down', 'system_down'],
  ['T5', 'invalid_request', 'must use HTTP POST', 'must_use_post'],
  ['T5', 'invalid_request', 'must use HTTP GET', 'must_use_get'],
  ['T6', 'invalid_request', 'HTTPS required'],
  ['T7', 'invalid_dpop_proof', 'invalid DPoP proof', 'invalid_dpop_proof'],
  ['T7', 'use_dpop_nonce', 'use a nonce in the DPoP proof', 'use_dpop_nonce'],
]);

/** Rows that go back to the redirect URI of a good request. */
export const REDIRECTED_ERRORS: readonly ExpectedError[] = errors([
  ['Z1', 'access_denied', 'end-user denied authorization', 'access_denied'],
  ['Z1', 'access-denied', 'end-user denied authorization', 'access-denied'],
  ['Z5', 'unsupported_response_type', 'response type not supported'],
  ['Z6', 'invalid_request', 'missing required code challenge'],
  ['Z7', 'invalid_scope', 'the requested scope is not allowed'],
  ['Z8', 'immediate_unsuccessful', 'immediate unsuccessful'],
  ['Z15', 'invalid_session_level', 'high assurance session required'],
  ['Z16', 'inactive_user', 'inactive user', 'inactive_user'],
  ['Z16', 'inactive_org', 'organization is locked, closed, or suspended', 'inactive_org'],
  ['Z16', 'rate_limit_exceeded', 'login rate exceeded', 'rate_limit_exceeded'],
  ['Z16', 'invalid_grant', 'invalid user credentials', 'invalid_user_credentials'],
  ['Z16', 'invalid_grant', 'ip restricted or invalid login hours', 'ip_or_login_hours'],
]);

/** Rows that stay on the error page. */
export const PAGE_ERRORS: readonly ExpectedError[] = errors([
  ['Z2', 'redirect_uri_mismatch', 'redirect_uri must match configuration'],
  ['Z3', 'redirect_uri_missing', 'redirect_uri not provided'],
  ['Z4', 'invalid_client_id', 'client identifier invalid'],
  ['Z9', 'invalid_request', 'out-of-band redirect_uri not supported'],
  ['Z10', 'OAUTH_APP_BLOCKED', 'this app is blocked by admin'],
  ['Z11', 'OAUTH_APPROVAL_ERROR_GENERIC', 'An unexpected error has occured during authentication. Please try again.'],
  ['Z12', 'OAUTH_APP_ACCESS_DENIED', 'user is not admin approved to access this app'],
  ['Z13', 'OAUTH_EC_APP_NOT_FOUND', 'External client app is not installed in this org'],
  ['Z14', 'OAUTH_AUTHORIZATION_BLOCKED', 'Cross-org OAuth flows are not supported for this external client app'],
  ['Z18', 'invalid_client_id', 'client identifier invalid'],
]);

/** `[id, status, word, variant]`: one word of plain text. */
export const TEXT_ANSWERS: readonly (readonly [id: string, path: string, status: number, word: string, variant?: string])[] = [
  ['V6', '/services/oauth2/userinfo', 403, 'Bad_OAuth_Token'],
  ['V6', '/id/00D000000000EMUEA2/005000000EMU001AAA', 403, 'Bad_OAuth_Token'],
  ['V7', '/services/oauth2/userinfo', 403, 'Missing_OAuth_Token', 'Missing_OAuth_Token'],
  ['V7', '/id/00D000000000EMUEA2/005000000EMU001AAA', 403, 'Wrong_Org', 'Wrong_Org'],
  ['V7', '/id/00D000000000EMUEA2/005000000EMU001AAA', 404, 'Bad_Id', 'Bad_Id'],
  ['V7', '/id/00D000000000EMUEA2/005000000EMU001AAA', 404, 'Inactive', 'Inactive'],
  ['V8', '/services/oauth2/singleaccess', 403, 'Bad_OAuth_Token'],
];

/** `[id, status, errorCode, message, variant]` of the REST API. */
export const REST_ERRORS: readonly (readonly [id: string, status: number, code: string, message: string, variant?: string])[] = [
  ['H1', 401, 'INVALID_SESSION_ID', 'Session expired or invalid'],
  ['H2', 401, 'INVALID_SESSION_ID', 'This session is not valid for use with the REST API'],
  ['H3', 401, 'INVALID_SESSION_ID', 'Connected app is not attached to Agent'],
  ['H4', 401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE'],
  ['H5', 403, 'API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'],
  ['H6', 403, 'API_CURRENTLY_DISABLED', 'API is disabled for this User'],
  ['H7', 403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'],
  ['H8', 401, 'URL_NOT_RESET', 'Destination URL not reset', '401'],
  ['H8', 500, 'URL_NOT_RESET', 'Destination URL not reset', '500'],
  ['H9', 403, 'FORBIDDEN', 'You do not have access to this', 'FORBIDDEN'],
  ['H9', 403, 'INSUFFICIENT_ACCESS', 'insufficient access rights on object id', 'INSUFFICIENT_ACCESS'],
  ['H10', 420, 'TOO_MANY_REQUESTS', 'too many requests', '420'],
  ['H10', 403, 'TOO_MANY_REQUESTS', 'too many requests', '403'],
  ['H10', 403, 'FORBIDDEN', 'API access control', 'api_access_control'],
  ['H11', 400, 'MALFORMED_QUERY', "unexpected token: '<EOF>'", 'MALFORMED_QUERY'],
  ['H11', 400, 'INVALID_TYPE', "sObject type 'Nothing' is not supported.", 'INVALID_TYPE'],
  ['H11', 400, 'INVALID_FIELD', "No such column 'Nothing' on entity 'User'.", 'INVALID_FIELD'],
  ['H12', 404, 'NOT_FOUND', 'The requested resource does not exist'],
];

/** `[faultcode, message]` of H14. */
export const SOAP_FAULTS: readonly (readonly [code: string, message: string])[] = [
  ['INVALID_LOGIN', 'Invalid username, password, security token; or user locked out.'],
  ['LOGIN_RATE_EXCEEDED', 'login rate exceeded'],
  ['INVALID_OPERATION_WITH_EXPIRED_PASSWORD', 'The password of this user has expired'],
  ['ORG_LOCKED', 'The organization is locked'],
  ['LOGIN_MUST_USE_SECURITY_TOKEN', 'Append the security token to the password'],
  ['API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'],
];

/** Rows whose answers are tested one by one. */
export const SINGLE_ROWS: readonly string[] = ['S1', 'T8', 'T9', 'Z17', 'Z19', 'V1', 'V2', 'V3', 'V4', 'V5', 'H13', 'H14'];

/** Rows of which no sighting of the words of their first answer is known. */
export const UNCONFIRMED: readonly string[] = [
  'J15',
  'A4',
  'A7',
  'A8',
  'A9',
  'A11',
  'A14',
  'R7',
  'K8',
  'D1',
  'D2',
  'D3',
  'D4',
  'S2',
  'T1',
  'T2',
  'T4',
  'T7',
  'T8',
  'Z3',
  'Z5',
  'Z7',
  'Z8',
  'Z9',
  'Z15',
  'Z16',
  'Z17',
  'Z19',
  'V1',
  'V5',
  'V7',
  'V8',
  'H5',
  'H6',
  'H7',
  'H9',
  'H10',
  'H11',
  'H13',
  'H14',
];

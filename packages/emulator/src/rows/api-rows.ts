import type { RowAnswers } from './row.ts';

/** H1 to H12: errors of the REST API. */
export const REST_ROWS: Readonly<Record<string, RowAnswers>> = {
  H1: [{ status: 401, error: 'INVALID_SESSION_ID', description: 'Session expired or invalid' }],
  H2: [{ status: 401, error: 'INVALID_SESSION_ID', description: 'This session is not valid for use with the REST API' }],
  H3: [{ status: 401, error: 'INVALID_SESSION_ID', description: 'Connected app is not attached to Agent' }],
  H4: [{ status: 401, error: 'INVALID_AUTH_HEADER', description: 'INVALID_HEADER_TYPE' }],
  H5: [
    {
      status: 403,
      error: 'API_DISABLED_FOR_ORG',
      description: 'API is not enabled for this Organization or Partner',
      isOurText: true,
    },
  ],
  H6: [{ status: 403, error: 'API_CURRENTLY_DISABLED', description: 'API is disabled for this User', isOurText: true }],
  H7: [{ status: 403, error: 'REQUEST_LIMIT_EXCEEDED', description: 'TotalRequests Limit exceeded.', isOurText: true }],
  H8: [
    { variant: '401', status: 401, error: 'URL_NOT_RESET', description: 'Destination URL not reset' },
    { variant: '500', status: 500, error: 'URL_NOT_RESET', description: 'Destination URL not reset' },
  ],
  H9: [
    { variant: 'FORBIDDEN', status: 403, error: 'FORBIDDEN', description: 'You do not have access to this', isOurText: true },
    {
      variant: 'INSUFFICIENT_ACCESS',
      status: 403,
      error: 'INSUFFICIENT_ACCESS',
      description: 'insufficient access rights on object id',
      isOurText: true,
    },
  ],
  H10: [
    { variant: '420', status: 420, error: 'TOO_MANY_REQUESTS', description: 'too many requests', isOurText: true },
    { variant: '403', status: 403, error: 'TOO_MANY_REQUESTS', description: 'too many requests', isOurText: true },
    { variant: 'api_access_control', status: 403, error: 'FORBIDDEN', description: 'API access control', isOurText: true },
  ],
  H11: [
    {
      variant: 'MALFORMED_QUERY',
      status: 400,
      error: 'MALFORMED_QUERY',
      description: "unexpected token: '<EOF>'",
      isOurText: true,
    },
    {
      variant: 'INVALID_TYPE',
      status: 400,
      error: 'INVALID_TYPE',
      description: "sObject type 'Nothing' is not supported.",
      isOurText: true,
    },
    {
      variant: 'INVALID_FIELD',
      status: 400,
      error: 'INVALID_FIELD',
      description: "No such column 'Nothing' on entity 'User'.",
      isOurText: true,
    },
  ],
  H12: [{ status: 404, error: 'NOT_FOUND', description: 'The requested resource does not exist' }],
};

/** H14: faults of SOAP `login()`. */
export const SOAP_ANSWERS: RowAnswers = [
  {
    variant: 'INVALID_LOGIN',
    error: 'INVALID_LOGIN',
    description: 'Invalid username, password, security token; or user locked out.',
    isOurText: true,
  },
  { variant: 'LOGIN_RATE_EXCEEDED', error: 'LOGIN_RATE_EXCEEDED', description: 'login rate exceeded', isOurText: true },
  {
    variant: 'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
    error: 'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
    description: 'The password of this user has expired',
    isOurText: true,
  },
  { variant: 'ORG_LOCKED', error: 'ORG_LOCKED', description: 'The organization is locked', isOurText: true },
  {
    variant: 'LOGIN_MUST_USE_SECURITY_TOKEN',
    error: 'LOGIN_MUST_USE_SECURITY_TOKEN',
    description: 'Append the security token to the password',
    isOurText: true,
  },
  {
    variant: 'API_DISABLED_FOR_ORG',
    error: 'API_DISABLED_FOR_ORG',
    description: 'API is not enabled for this Organization or Partner',
    isOurText: true,
  },
];

const MAINTENANCE = 'We are down for maintenance.';

/** H13: what comes instead of the REST API while an org is under maintenance or a session has to log in. */
export const REST_PAGE_ANSWERS: RowAnswers = [
  { variant: 'page', status: 200, description: MAINTENANCE, isOurText: true },
  { variant: 'redirect', status: 302, description: 'The page has moved.', location: '/login', isOurText: true },
];

/** T8: HTML where an OAuth answer was expected. */
export const PAGE_ANSWERS: RowAnswers = [
  { variant: 'maintenance', status: 200, description: MAINTENANCE, isOurText: true },
  { variant: 'redirect', status: 302, description: 'The page has moved.', location: '/login', isOurText: true },
  { variant: 'not_found', status: 404, description: 'The page does not exist.', isOurText: true },
];
